#include "bench/queue_consume.hpp"

#include <fmt/format.h>

#include "engine/io/real_clock.hpp"

namespace trainyard::bench {
namespace {

constexpr int quiet_wait_seconds = 5;

aws::sqs::consumer_options options_of(const queue_plan& p) {
    const std::size_t calls = std::max<std::size_t>(1, p.connections / p.threads);
    aws::sqs::consumer_options out;
    out.receive.polls_per_queue = calls;
    out.receive.polls_extra = calls;
    out.batches.batches_in_flight = calls;
    out.batches.linger = duration{static_cast<std::int64_t>(p.linger_ms * 1e6)};
    // A poll that is cut off may still be given messages, which nobody sees until their visibility timeout.
    // So the end of a segment waits for all, and they are short.
    out.receive.long_wait_seconds = p.mode == queue_mode::many ? quiet_wait_seconds : receive_wait_seconds;
    out.receive.busy_wait_seconds = receive_wait_seconds;
    out.poll_grace = std::chrono::seconds{out.receive.long_wait_seconds + 1};
    out.deliver_while_stopping = true;
    return out;
}

}  // namespace

bench_consumer::bench_consumer(boost::asio::io_context& io, load_state& s)
    : state_(s),
      consumer_(io, s.stack->transport(), s.stack->registry(), options_of(s.plan), s.plan.seed + s.number) {
    const std::size_t queues = s.segment.queues == 0 ? s.urls.size() : s.segment.queues;
    for (std::size_t i = 0; i < queues; ++i) {
        aws::sqs::queue_settings q;
        q.name = fmt::format("queue-{}", i);
        q.url = s.urls[i];
        q.where = s.stack->where();
        q.who = s.stack->who();
        consumer_.add_queue(std::move(q), *this);
    }
}

void bench_consumer::set_going(std::size_t messages, mono_time now) {
    goes_round_ = true;
    const std::size_t queues = state_.plan.mode == queue_mode::many ? state_.plan.busy : state_.urls.size();
    for (std::size_t i = 0; i < messages; ++i) send_one(i % queues, now);
}

void bench_consumer::send_one(std::size_t queue, mono_time now) {
    auto done = [this, now](const aws::sqs::sent* sent, const aws::sqs::failed_entry*) {
        ++(sent != nullptr ? sent_ : send_failures_);
        state_.record(queue_op::send, now, io::real_clock().mono());
    };
    if (!consumer_.send(queue, state_.maker.one(now), std::move(done))) ++send_failures_;
}

void bench_consumer::deliver(const aws::sqs::delivery& what) {
    const mono_time now = io::real_clock().mono();
    state_.counts.received += what.messages.size();
    for (const auto& m : what.messages) {
        const auto intended = intended_of(m.message.body);
        const bool ours = intended && *intended >= state_.segment.begin;
        const bool quiet = state_.plan.mode == queue_mode::many && what.queue >= state_.plan.busy;
        if (ours) state_.record(quiet ? queue_op::quiet_message : queue_op::message, *intended, now);
        consumer_.acknowledge(m.ref);
        if (quiet) continue;
        // One that an earlier segment left behind does not go round: there would be more and more.
        if (goes_round_ && ours && !state_.over(now)) send_one(what.queue, now);
    }
    state_.took(what.messages.size());
}

void bench_consumer::abandoned(const aws::sqs::abandoned_entry& what) {
    ++state_.counts.failed_entries;
    state_.last_error = what.code + ": " + what.message;
}

void bench_consumer::add_to(load_counts& c) const {
    const auto& done = consumer_.counts();
    c.sent += sent_;
    c.failed_entries += send_failures_;
    c.deleted += done.deleted;
    c.delete_calls += done.delete_calls;
    c.delete_entries += done.deleted;
}

}  // namespace trainyard::bench
