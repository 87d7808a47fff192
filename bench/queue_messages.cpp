#include "bench/queue_messages.hpp"

#include <fmt/format.h>

#include <charconv>

namespace trainyard::bench {
namespace {

// A job as people send it; text and punctuation in the proportions of JSON.
constexpr std::string_view job =
    R"(,"kind":"training","name":"resnet50-sweep-17","tenant":"vision/detection","priority":"high",)"
    R"("request":{"RoleArn":"${pool.execution_role}","InstanceType":"ml.g5.2xlarge","InstanceCount":2})";
constexpr std::string_view head = R"({"sent":)";
constexpr std::size_t digits = 19;  // of an int64
constexpr std::string_view note = R"(,"note":")", tail = R"("})";

}  // namespace

message_maker::message_maker(const queue_plan& p, std::size_t number)
    : plan_(p), prefix_(fmt::format("{:x}-{}-", p.seed, number)) {
    const std::size_t frame = head.size() + digits + note.size() + tail.size();
    std::size_t left = p.body_bytes - frame;
    if (left > job.size()) {
        padding_ = job;
        left -= job.size();
    }
    padding_.append(note).append(left, 'x').append(tail);
}

aws::sqs::send_entry message_maker::one(mono_time intended) {
    aws::sqs::send_entry out;
    out.body.reserve(plan_.body_bytes);
    // A number has no leading zeros; spaces before it are JSON too.
    fmt::format_to(std::back_inserter(out.body), "{}{:>{}}{}", head, intended.time_since_epoch().count(),
                   digits, padding_);
    if (plan_.fifo) {
        out.group_id = fmt::format("g{}", next_ % plan_.groups);
        out.deduplication_id = fmt::format("{}{}", prefix_, next_);
    }
    ++next_;
    return out;
}

std::vector<aws::sqs::send_entry> message_maker::batch(mono_time intended, std::size_t count) {
    std::vector<aws::sqs::send_entry> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(one(intended));
        out.back().id = fmt::format_int(i).str();
    }
    return out;
}

std::optional<mono_time> intended_of(std::string_view body) {
    if (!body.starts_with(head) || body.size() < head.size() + digits) return std::nullopt;
    auto number = body.substr(head.size(), digits);
    number.remove_prefix(std::min(number.find_first_not_of(' '), digits));
    std::int64_t ns = 0;
    const char* const last = number.data() + number.size();
    if (number.empty() || std::from_chars(number.data(), last, ns).ptr != last) return std::nullopt;
    return mono_time{duration{ns}};
}

}  // namespace trainyard::bench
