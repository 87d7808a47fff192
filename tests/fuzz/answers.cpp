// Bodies of 2xx answers (the codecs of aws/sqs, aws/sagemaker and aws/sts). The first byte chooses the
// decoder.
#include <algorithm>
#include <set>

#include "aws/sagemaker/codec.hpp"
#include "aws/sqs/codec.hpp"
#include "aws/sts/codec.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

template <class T>
void check(const result<T>& got) {
    if (!got)
        require(is_one_line(got.error().message) && !got.error().message.empty(), "a refusal is one line");
}

void check_batch(std::string_view body) {
    const std::vector<std::string> ids{"0", "1", "2"};
    const auto got = aws::sqs::decode_batch(body, ids);
    check(got);
    if (!got) return;
    std::multiset<std::string> named(got->successful.begin(), got->successful.end());
    for (const auto& f : got->failed) named.insert(f.id);
    require(std::equal(named.begin(), named.end(), ids.begin(), ids.end()), "each entry has one outcome");
}

void check_role(std::string_view body) {
    const auto got = aws::sts::decode_assume_role(body);
    check(got);
    if (!got) return;
    require(!got->access_key_id.empty() && !got->secret_access_key.empty() && !got->session_token.empty(),
            "keys are whole");
    require(got->expires_at.has_value(), "and of limited life");
}

void check_receive(std::string_view body) {
    const auto got = aws::sqs::decode_receive(body);
    check(got);
    if (!got) return;
    for (const auto& m : *got)
        require(!m.message_id.empty() && !m.receipt_handle.empty(), "a message can be named and deleted");
}

}  // namespace

void run_answers(std::string_view input) {
    if (input.empty()) return;
    const auto choice = static_cast<unsigned char>(input.front()) % 11U;
    const std::string_view body = input.substr(1);
    switch (choice) {
        case 0: return check(aws::sqs::decode_queue_url(body));
        case 1: return check(aws::sqs::decode_attributes(body));
        case 2: return check(aws::sqs::decode_list_queues(body));
        case 3: return check(aws::sqs::decode_send(body, aws::sqs::send_entry{}));
        case 4: return check_receive(body);
        case 5: return check_batch(body);
        case 6: return check(aws::sagemaker::decode_create(body));
        case 7: return check(aws::sagemaker::decode_describe(body));
        case 8: return check(aws::sagemaker::decode_list(body));
        case 9: return check(aws::sts::decode_get_caller_identity(body));
        default: return check_role(body);
    }
}

}  // namespace trainyard::fuzz
