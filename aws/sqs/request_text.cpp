#include "aws/sqs/request_text.hpp"

#include <charconv>

#include "aws/sqs/answer.hpp"
#include "engine/base/plain_run.hpp"

namespace trainyard::aws::sqs {

namespace {

bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void put_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : text) {
        if (!needs_escape(c)) {
            out += c;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
        }
    }
}

// URLs and receipt handles have nothing to escape, but nobody promises that.
void put_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;
    while (plain + json::run_bytes <= text.size() && json::rare_bytes(text.data() + plain) == 0)
        plain += json::run_bytes;
    out.append(text.substr(0, plain));
    put_escaped(out, text.substr(plain));
    out += '"';
}

void put_number(std::string& out, int n) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out.append(digits, end);
}

void begin_entry(std::string& out, std::size_t entry, std::string_view receipt_handle) {
    if (entry > 0) out += ',';
    out.append(R"({"Id":")").append(entry_id(entry)).append(R"(","ReceiptHandle":)");
    put_string(out, receipt_handle);
}

}  // namespace

void write_receive(std::string& out, std::string_view queue_url, const receive_options& o,
                   std::string_view wanted_attributes) {
    out.assign(R"({"QueueUrl":)");
    put_string(out, queue_url);
    put_number(out.append(R"(,"MaxNumberOfMessages":)"), o.max_messages);
    put_number(out.append(R"(,"WaitTimeSeconds":)"), o.wait_seconds);
    if (o.visibility_timeout) put_number(out.append(R"(,"VisibilityTimeout":)"), *o.visibility_timeout);
    if (!o.receive_attempt_id.empty())
        put_string(out.append(R"(,"ReceiveRequestAttemptId":)"), o.receive_attempt_id);
    out.append(R"(,"MessageSystemAttributeNames":)").append(wanted_attributes);
    out.append(R"(,"MessageAttributeNames":["All"]})");
}

void begin_batch(std::string& out, std::string_view queue_url) {
    out.assign(R"({"QueueUrl":)");
    put_string(out, queue_url);
    out.append(R"(,"Entries":[)");
}

void add_delete(std::string& out, std::size_t entry, std::string_view receipt_handle) {
    begin_entry(out, entry, receipt_handle);
    out += '}';
}

void add_visibility(std::string& out, std::size_t entry, std::string_view receipt_handle,
                    int timeout_seconds) {
    begin_entry(out, entry, receipt_handle);
    put_number(out.append(R"(,"VisibilityTimeout":)"), timeout_seconds);
    out += '}';
}

void end_batch(std::string& out) {
    out.append("]}");
}

}  // namespace trainyard::aws::sqs
