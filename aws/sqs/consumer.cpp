#include "aws/sqs/consumer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aws/sqs/consumer_impl.hpp"
#include "engine/base/check.hpp"
#include "engine/base/digest.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr duration forever = std::chrono::hours{1};

queue_rules rules_of(const queue_settings& s) {
    queue_rules out;
    out.url = s.url;
    out.receive = s.receive;
    out.fifo = s.url.ends_with(".fifo");
    out.heartbeat = s.heartbeat;
    out.one_at_a_time = s.one_at_a_time;
    out.weight = s.weight;
    return out;
}

}  // namespace

consumer::impl::impl(boost::asio::io_context& context, transport& t, metrics::registry& r, consumer_options o,
                     std::uint64_t seed)
    : io(context),
      calls(t),
      options(std::move(o)),
      registry(r),
      machine(options, rng{seed}),
      wake(context),
      stopped(context),
      drained(context),
      attempt_prefix(fmt::format("{:016x}-", entropy_seed())),
      started(t.time().mono()),
      pollers(context),
      workers(context) {}

// Wakes the pump when it would sleep longer.
void consumer::impl::wake_by(mono_time at) {
    if (at >= pump_wakes) return;
    pump_wakes = at;
    wake.set();
}

// Hands over what there is. A handler may acknowledge from within; what follows from that is handed over by
// the call that runs already.
void consumer::impl::tell() {
    if (telling) return;
    telling = true;
    while (const auto next = machine.take_delivery(now())) queues[next->queue]->handler->deliver(*next);
    while (machine.has_notices()) {
        for (const auto& n : machine.take_notices()) {
            using kind = consumer_machine::notice::kind;
            message_handler& handler = *queues[n.queue]->handler;
            switch (n.what) {
                case kind::hand_off: handler.hand_off(n.which); break;
                case kind::lost: handler.lost(n.which); break;
                case kind::abandoned: handler.abandoned(n.entry); break;
                case kind::sent: break;
            }
            if (n.then) n.then(n.done ? &*n.done : nullptr, n.why ? &*n.why : nullptr);
        }
    }
    telling = false;
}

// Does what is due, and what no lane does by itself.
task<void> consumer::impl::pump() {
    while (!finished) {
        machine.beat(now());
        tell();
        start_polls();
        start_all_batches();
        pump_wakes = std::min(machine.next_due(), now() + forever);
        co_await wake.wait_until(pump_wakes);
    }
}

// The consumer has wished something: what is full goes out now, and the pump knows of the rest.
void consumer::impl::after_wish(queue_number of) {
    if (machine.may_fill(of)) start_batches(of);
    wake_by(machine.has_delivery() && !telling ? mono_time::min() : machine.next_due(of));
    if (stopping && machine.held() == 0) drained.set();
}

task<void> consumer::impl::run() {
    workers.spawn([this] { return pump(); });
    while (!stopping) {
        const mono_time until = now() + forever;
        co_await stopped.wait_until(until);
    }
    co_await wind_down();
}

// No new polls; those under way end, or are cut off; what nobody acknowledged is given back; batches go out.
task<void> consumer::impl::wind_down() {
    machine.stop();
    const mono_time polls_until = now() + options.poll_grace;
    while (machine.polls().polls() > 0 && now() < polls_until) co_await drained.wait_until(polls_until);
    // The answer that is late is waited for as long as anything may still be held: a poll that is cut off
    // hides what it brings.
    const mono_time held_until = now() + options.held_grace;
    while (machine.held() + machine.polls().polls() > 0 && now() < held_until)
        co_await drained.wait_until(held_until);
    pollers.cancel();
    co_await pollers.join();
    machine.give_back_all(now());
    machine.flush();
    wake.set();
    const mono_time flush_until = now() + options.flush_grace;
    while (!machine.batches_idle() && now() < flush_until) co_await drained.wait_until(flush_until);
    finished = true;
    wake.set();
    workers.cancel();
    co_await workers.join();
    machine.abandon_sends();
    tell();
}

void consumer::impl::refresh_metrics() {
    const mono_time at = now();
    for (queue_number n = 0; n < queues.size(); ++n) queues[n]->metrics.show(machine.figures(n));
    for (std::size_t i = 0; i < machine.polls().queues(); ++i) {
        const auto r = machine.polls().queue(i);
        const duration since = at - r.last_success.value_or(started);
        queues[machine.polled(i)]->metrics.show_polls(r, std::chrono::duration<double>(since).count());
    }
}

consumer::consumer(boost::asio::io_context& io, transport& t, metrics::registry& registry,
                   consumer_options options, std::uint64_t seed)
    : impl_(std::make_shared<impl>(io, t, registry, std::move(options), seed)) {
    registry.on_render([of = std::weak_ptr<impl>{impl_}] {
        if (const auto me = of.lock()) me->refresh_metrics();
    });
}
consumer::~consumer() = default;

queue_number consumer::add_queue(queue_settings settings, message_handler& handler) {
    impl& me = *impl_;
    queue_metrics figures{me.registry, settings.name, settings.receive};
    const queue_number number = me.machine.add_queue(rules_of(settings));
    me.queues.push_back(
        std::make_unique<impl::queue>(impl::queue{std::move(settings), &handler, std::move(figures)}));
    return number;
}

task<void> consumer::run() {
    return impl_->run();
}

void consumer::stop() {
    impl_->stopping = true;
    impl_->stopped.set();
}

void consumer::set_credit(std::size_t messages) {
    receiver& polls = impl_->machine.polls();
    const std::size_t before = polls.credit();
    polls.set_credit(std::min(messages, impl_->options.receive.credit));
    if (before == 0 && polls.credit() > 0) impl_->wake_by(mono_time::min());
}

void consumer::set_receiving(queue_number of, bool on) {
    impl_->machine.set_receiving(of, on);
    if (on) impl_->wake_by(mono_time::min());
}

void consumer::acknowledge(message_ref which) {
    const auto of = impl_->machine.queue_of(which);
    if (!of) return;
    impl_->machine.acknowledge(which, impl_->now());
    impl_->after_wish(*of);
}

void consumer::give_back(message_ref which, int after_seconds) {
    const auto of = impl_->machine.queue_of(which);
    if (!of) return;
    impl_->machine.give_back(which, after_seconds, impl_->now());
    impl_->after_wish(*of);
}

void consumer::extend(message_ref which, int seconds) {
    const auto of = impl_->machine.queue_of(which);
    if (!of) return;
    impl_->machine.extend(which, seconds, impl_->now());
    impl_->after_wish(*of);
}

const message_view* consumer::find(message_ref which) const {
    return impl_->machine.find(which);
}

bool consumer::send(queue_number to, send_entry what, send_outcome then) {
    if (impl_->finished || !impl_->machine.send(to, {std::move(what), std::move(then)}, impl_->now()))
        return false;
    impl_->after_wish(to);
    return true;
}

std::size_t consumer::held() const {
    return impl_->machine.slots();
}
receiver::report consumer::report(queue_number of) const {
    return impl_->machine.report(of);
}
std::uint64_t consumer::deleted(queue_number of) const {
    return impl_->machine.figures(of).batches[static_cast<std::size_t>(request_kind::erase)].done;
}
const consumer_counts& consumer::counts() const {
    return impl_->machine.counts();
}
bool consumer::idle() const {
    return impl_->machine.slots() == 0 && impl_->machine.batches_idle();
}

std::string resend_id(std::string_view job, int attempt) {
    constexpr std::size_t id_max = 128;  // SQS's limit
    std::string out = std::string{job} + "-" + std::to_string(attempt);
    const bool fits = out.size() <= id_max &&
                      std::all_of(out.begin(), out.end(), [](char c) { return c > ' ' && c <= '~'; });
    return fits ? out : sha256_hex(out);
}

}  // namespace trainyard::aws::sqs
