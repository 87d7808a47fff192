// Messages in, deletes out.
#include <charconv>

#include "scheduler/dispatcher/driver.hpp"

namespace trainyard::dispatcher {
namespace {

constexpr duration poll_error_pause = std::chrono::seconds{1};
constexpr duration poll_error_pause_max = std::chrono::seconds{30};
constexpr std::size_t deletes_in_flight_max = 16;  // batches of one queue

// What the lifecycle needs of an SQS message.
lifecycle::incoming_message to_incoming(const std::string& queue, aws::sqs::message& m) {
    lifecycle::incoming_message in;
    in.queue = queue;
    in.message_id = std::move(m.message_id);
    if (const auto found = m.system_attributes.find("MessageDeduplicationId");
        found != m.system_attributes.end())
        in.deduplication_id = found->second;
    if (const auto found = m.system_attributes.find("ApproximateReceiveCount");
        found != m.system_attributes.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), in.receive_count);
    in.body = std::move(m.body);
    for (auto& [name, value] : m.attributes)
        if (name.starts_with("trainyard.")) in.attributes.emplace(name, std::move(value.value));
    return in;
}

}  // namespace

// One long poll at a time, always: an idle queue costs no more than that.
task<void> driver::receive_steadily(std::string queue) {
    queue_link& link = aws_.queues.at(queue);
    duration pause = poll_error_pause;
    while (!state_.stopping) {
        const bool received = co_await receive_once(link, options_.poll_wait_seconds);
        if (received || state_.stopping) {
            pause = poll_error_pause;
            continue;
        }
        const mono_time until = time_.mono() + pause;
        co_await stopped_.wait_until(until);
        pause = std::min(2 * pause, poll_error_pause_max);
    }
}

// Further receivers run only while receives come back full.
task<void> driver::receive_backlog(std::string queue) {
    queue_link& link = aws_.queues.at(queue);
    io::event& busy = *busy_.at(queue);
    while (!state_.stopping) {
        const mono_time until = time_.mono() + std::chrono::hours{1};
        if (!co_await busy.wait_until(until)) continue;
        std::uint64_t before = 0;
        do {
            before = core_.machine().counts().received;
            if (state_.stopping) co_return;
            if (!co_await receive_once(link, 0)) break;
        } while (core_.machine().counts().received > before);
    }
}

// False after an error.
task<bool> driver::receive_once(queue_link& q, int wait_seconds) {
    while (overloaded() && !state_.stopping) {
        const mono_time until = time_.mono() + std::chrono::seconds{1};
        co_await drained_.wait_until(until);
    }
    if (state_.stopping) co_return true;
    aws::sqs::receive_options options;
    options.wait_seconds = wait_seconds;
    const std::string url = q.url;
    // Never cut off lightly: an aborted long poll can hide up to ten messages for a visibility timeout.
    const mono_time until = time_.mono() + std::chrono::seconds{wait_seconds + 10};
    auto messages = co_await q.client.receive(url, options, until);
    if (!messages) co_return false;
    const std::string& name = q.settings.name;
    state_.last_poll[name] = time_.mono();
    if (messages->empty()) co_return true;
    received_.add(static_cast<double>(messages->size()));
    const wall_time at = time_.wall();
    for (aws::sqs::message& m : *messages) {
        const std::string handle = m.receipt_handle;
        const lifecycle::incoming_message in = to_incoming(name, m);
        core_.machine().handle_message(in, handle, core_.rules(name), at);
    }
    work_.set();
    if (messages->size() == aws::sqs::batch_entries_max) busy_.at(name)->set();
    co_return true;
}

// Deletes leave in batches of ten, or when the oldest has waited for ack_linger.
task<void> driver::acknowledge(std::string queue) {
    acks& a = *acks_.at(queue);
    while (!finished_) {
        const bool full = a.waiting.size() >= aws::sqs::batch_entries_max;
        const bool due = !a.waiting.empty() && time_.mono() >= a.oldest + options_.ack_linger;
        if ((!full && !due) || a.in_flight >= deletes_in_flight_max) {
            const mono_time idle = time_.mono() + std::chrono::hours{1};
            const bool held = a.waiting.empty() || a.in_flight >= deletes_in_flight_max;
            const mono_time until = held ? idle : a.oldest + options_.ack_linger;
            co_await a.changed.wait_until(until);
            continue;
        }
        const std::size_t n = std::min(a.waiting.size(), aws::sqs::batch_entries_max);
        std::vector<aws::sqs::delete_entry> entries(
            std::make_move_iterator(a.waiting.begin()),
            std::make_move_iterator(a.waiting.begin() + static_cast<std::ptrdiff_t>(n)));
        a.waiting.erase(a.waiting.begin(), a.waiting.begin() + static_cast<std::ptrdiff_t>(n));
        a.oldest = time_.mono();
        for (std::size_t i = 0; i < entries.size(); ++i) entries[i].id = std::to_string(i);
        ++a.in_flight;
        workers_.spawn([this, queue, e = std::move(entries)] { return delete_some(queue, e); });
    }
}

// A delete that fails is not repeated here: the message comes back, is recognised, and is deleted with its
// new handle.
task<void> driver::delete_some(std::string queue, std::vector<aws::sqs::delete_entry> entries) {
    queue_link& q = aws_.queues.at(queue);
    const std::size_t asked = entries.size();
    const std::string url = q.url;
    const mono_time until = deadline();
    const auto outcome = co_await q.client.delete_batch(url, std::move(entries), until);
    const std::size_t gone = outcome ? outcome->successful.size() : 0;
    deleted_.add(static_cast<double>(gone));
    if (gone < asked) delete_failures_.add(static_cast<double>(asked - gone));
    acks& a = *acks_.at(queue);
    --a.in_flight;
    a.changed.set();
    drained_.set();
}

task<void> driver::copy_rejected(lifecycle::effect::copy_rejected what) {
    queue_link& q = aws_.queues.at(what.queue);
    if (!q.reject_url.empty()) {
        const std::string url = q.reject_url, group = "rejected";
        const bool sent = co_await send_copy(q, url, what.body, what.reason, what.job, group);
        if (sent) rejected_copies_.add();
    }
    answered();
}

}  // namespace trainyard::dispatcher
