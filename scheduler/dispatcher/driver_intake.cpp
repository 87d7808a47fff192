// Messages in, deletes and rejected copies out: by the consumer of aws/sqs.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "scheduler/dispatcher/driver.hpp"

namespace trainyard::dispatcher {
namespace {

constexpr std::size_t payload_bytes_max = 4U << 20U;  // a request of SageMaker's has less than 1 MiB
constexpr int payload_retry_seconds = 30;

// What the lifecycle needs of an SQS message.
lifecycle::incoming_message to_incoming(const std::string& queue, const aws::sqs::message_view& m) {
    lifecycle::incoming_message in;
    in.queue = queue;
    in.message_id = m.id;
    in.deduplication_id = m.deduplication_id;
    in.group_id = m.group_id;
    in.body = m.body;
    in.receive_count = static_cast<int>(std::clamp<std::int64_t>(m.receive_count, 1, 1'000'000));
    for (const auto& a : m.attributes)
        if (a.name.starts_with("trainyard.")) in.attributes.emplace(a.name, a.value);
    return in;
}

// The lifecycle gives back with a delete what it was given with the message: here the consumer's reference,
// because the consumer knows the newest receipt handle.
std::string to_token(aws::sqs::message_ref ref) {
    return fmt::format("{}.{}", ref.slot, ref.turn);
}
aws::sqs::message_ref from_token(const std::string& token) {
    aws::sqs::message_ref out;
    const char* const end = token.data() + token.size();
    const auto slot = std::from_chars(token.data(), end, out.slot);
    if (slot.ptr != end) std::from_chars(slot.ptr + 1, end, out.turn);
    return out;
}

// Repeating cannot help.
bool is_final(aws::failure kind) {
    return kind == aws::failure::not_found || kind == aws::failure::invalid_request ||
           kind == aws::failure::access_denied;
}

}  // namespace

void driver::open_queues() {
    for (const auto& [name, link] : aws_.queues) {
        aws::sqs::queue_settings s;
        s.name = name;
        s.url = link.url;
        s.where = link.where;
        s.who = link.who;
        s.weight = link.settings.weight;
        // A message whose body is fetched from S3 must not be overtaken by the next one of its group.
        s.one_at_a_time = link.settings.group_order != "none" && !link.settings.payload_buckets.empty();
        intake& in = intakes_[name];
        in.queue = consumer_.add_queue(s, *this);
        queue_names_.push_back(name);
        if (link.reject_url.empty()) continue;
        s.name = name + " rejects";
        s.url = link.reject_url;
        s.receive = false;
        in.rejects = consumer_.add_queue(std::move(s), *this);
        queue_names_.emplace_back();
    }
}

void driver::follow_pauses() {
    for (auto& [name, in] : intakes_) {
        const bool paused = core_.pauses().contains({lifecycle::pause::of::queue, name});
        if (paused == in.paused) continue;
        in.paused = paused;
        if (!paused) in.resumed = time_.mono();
        consumer_.set_receiving(in.queue, !paused);
    }
}

void driver::deliver(const aws::sqs::delivery& what) {
    const std::string& queue = queue_names_[what.queue];
    for (const aws::sqs::received& m : what.messages) {
        lifecycle::incoming_message in = to_incoming(queue, m.message);
        const auto pointer = aws::sqs::read_payload_pointer(m.message);
        if (!pointer) {
            take_message(queue, m.ref, in);
            continue;
        }
        const queue_link& link = aws_.queues.at(queue);
        const auto& allowed = link.settings.payload_buckets;
        if (!*pointer) {
            in.unreadable = pointer->error().message;
        } else if (std::find(allowed.begin(), allowed.end(), (*pointer)->bucket) == allowed.end()) {
            in.unreadable =
                fmt::format("its body is in S3 bucket '{}', which is not in payload_buckets of queue {}",
                            (*pointer)->bucket, queue);
        } else if ((*pointer)->size > payload_bytes_max) {
            in.unreadable = fmt::format("its body in S3 has {} bytes; at most {} are read", (*pointer)->size,
                                        payload_bytes_max);
        } else {
            ++effects_running_;
            workers_.spawn([this, queue, ref = m.ref, in = std::move(in), at = **pointer] {
                return fetch_payload(queue, ref, in, at);
            });
            continue;
        }
        take_message(queue, m.ref, in);
    }
    follow_consumer();
    work_.set();
}

void driver::take_message(const std::string& queue, aws::sqs::message_ref ref,
                          const lifecycle::incoming_message& in) {
    const auto open = reading_.begin(lifecycle::dedup_key(in));
    core_.machine().handle_message(in, to_token(ref), core_.rules(queue), time_.wall());
}

task<void> driver::fetch_payload(std::string queue, aws::sqs::message_ref ref, lifecycle::incoming_message in,
                                 aws::sqs::payload_pointer at) {
    aws::s3::client& payloads = *aws_.queues.at(queue).payloads;
    const std::string bucket = at.bucket, key = at.key;
    const mono_time until = deadline();
    auto body = co_await payloads.get_object(bucket, key, payload_bytes_max, until);
    --effects_running_;
    drained_.set();
    if (body) {
        in.body = std::move(*body);
    } else if (is_final(body.error().kind)) {
        in.unreadable =
            fmt::format("its body is not to be had: s3://{}/{}: {}", bucket, key, body.error().to_string());
    } else {
        consumer_.give_back(ref, payload_retry_seconds);
        co_return;
    }
    take_message(queue, ref, in);
    work_.set();
}

void driver::delete_message(const lifecycle::effect::delete_message& what) {
    consumer_.acknowledge(from_token(what.receipt_handle));
}

void driver::abandoned(const aws::sqs::abandoned_entry& what) {
    if (what.kind == aws::sqs::request_kind::erase) delete_failures_.add();
}

// The counters and the credit follow the consumer. Records that are no message's take room of the ledger that
// messages then cannot have.
void driver::follow_consumer() {
    const auto& now = consumer_.counts();
    received_.add(static_cast<double>(now.received - shown_.received));
    deleted_.add(static_cast<double>(now.deleted - shown_.deleted));
    shown_ = now;
    const std::size_t others = uncommitted_records_ - std::min(uncommitted_records_, consumer_.held());
    consumer_.set_credit(uncommitted_records_max - std::min(others, uncommitted_records_max));
}

void driver::copied(const std::string& job, bool done) {
    (done ? rejected_copies_ : failed_copies_).add();
    if (const auto id = lifecycle::parse_job_id(job)) core_.machine().handle_told(*id, done, time_.wall());
    answered();
}

void driver::copy_rejected(lifecycle::effect::copy_rejected what) {
    const queue_link& q = aws_.queues.at(what.queue);
    if (q.reject_url.empty()) return answered();
    aws::sqs::send_entry copy =
        make_copy(q.reject_url, std::move(what.body), what.reason, what.job, "rejected");
    auto then = [this, job = what.job](const aws::sqs::sent* done, const aws::sqs::failed_entry*) {
        copied(job, done != nullptr);
    };
    if (consumer_.send(*intakes_.at(what.queue).rejects, copy, std::move(then))) return;
    // The consumer has stopped, or is full.
    workers_.spawn([this, queue = what.queue, copy, job = what.job] { return copy_alone(queue, copy, job); });
}

task<void> driver::copy_alone(std::string queue, aws::sqs::send_entry copy, std::string job) {
    queue_link& q = aws_.queues.at(queue);
    const std::string url = q.reject_url;
    const mono_time until = deadline();
    const auto sent = co_await q.client.send(url, std::move(copy), until);
    copied(job, sent.has_value());
}

void driver::count_recorded(const std::map<std::string, std::uint64_t>& by_queue) {
    for (const auto& [queue, jobs] : by_queue)
        if (const auto found = intakes_.find(queue); found != intakes_.end()) found->second.recorded += jobs;
}

std::map<std::string, queue_report> driver::queue_reports() const {
    std::map<std::string, queue_report> out;
    for (const auto& [name, in] : intakes_) {
        const auto polled = consumer_.report(in.queue);
        out[name] = {polled.last_success, polled.polls, polled.received, in.recorded,
                     consumer_.deleted(in.queue)};
    }
    return out;
}

std::map<std::string, mono_time> driver::last_polls() const {
    std::map<std::string, mono_time> out;
    for (const auto& [name, in] : intakes_)
        out[name] = std::max(consumer_.report(in.queue).last_success.value_or(started_),
                             in.resumed.value_or(started_));
    return out;
}

}  // namespace trainyard::dispatcher
