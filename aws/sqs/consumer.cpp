#include "aws/sqs/consumer.hpp"

#include <algorithm>

#include "aws/sqs/consumer_impl.hpp"
#include "engine/base/check.hpp"
#include "engine/base/digest.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr duration forever = std::chrono::hours{1};

// Whatever is held has its place in these beyond the rest, so no delete and no give-back is refused.
coalescer_limits limits_of(const consumer_options& o) {
    coalescer_limits out = o.batches;
    out.waiting += o.receive.credit;
    return out;
}

}  // namespace

consumer::impl::impl(boost::asio::io_context& context, transport& t, metrics::registry& r, consumer_options o,
                     std::uint64_t seed)
    : io(context),
      calls(t),
      options(std::move(o)),
      random(seed),
      polls(options.receive),
      kept(options.remembered),
      beats(options.keep_alive),
      registry(r),
      wake(context),
      stopped(context),
      drained(context),
      pollers(context),
      workers(context) {
    started = now();
}

// Wakes the pump when it would sleep longer.
void consumer::impl::wake_by(mono_time at) {
    if (at >= pump_wakes) return;
    pump_wakes = at;
    wake.set();
}

mono_time consumer::impl::next_due() const {
    mono_time at = now() + forever;
    const auto sooner = [&at](std::optional<mono_time> t) {
        if (t) at = std::min(at, *t);
    };
    sooner(polls.next_due());
    sooner(beats.next_due());
    for (const consumed_queue* q : active) {
        sooner(q->erase.next_due());
        sooner(q->visibility.next_due());
        sooner(q->outbox.next_due());
    }
    return at;
}

// Does what is due, and what no lane does by itself.
task<void> consumer::impl::pump() {
    while (!finished) {
        deliver_ready();
        beat(now());
        start_all_polls();
        for (std::size_t i = 0; i < active.size();) {
            consumed_queue& q = *active[i];
            start_batches(q);
            if (q.waits()) {
                ++i;
                continue;
            }
            q.active = false;
            active[i] = active.back();
            active.pop_back();
        }
        pump_wakes = next_due();
        co_await wake.wait_until(pump_wakes);
    }
}

void consumer::impl::beat(mono_time at) {
    if (beats.held() == 0) return;
    constexpr std::size_t at_once = 1'000;
    const auto commands = beats.take(at, at_once);
    for (const auto& b : commands.extend) {
        const message_ref which = ref_of(b.message);
        change(queue_of(which.slot), {visibility_change::purpose::beat, which, b.timeout_seconds});
    }
    for (const heartbeat::key k : commands.hand_off) {
        const message_ref which = ref_of(k);
        if (names(which)) queue_of(which.slot).handler->hand_off(which);
    }
    for (const heartbeat::key k : commands.lost) {
        const message_ref which = ref_of(k);
        if (!names(which) || kept.stage_of(which.slot) != custody::stage::held) continue;
        consumed_queue& q = queue_of(which.slot);
        give_back_group(q, which.slot);
        kept.lost(which.slot);
        free_slot(which.slot);
        q.handler->lost(which);
    }
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
    polls.stop();
    const mono_time polls_until = now() + options.poll_grace;
    while (polls.polls() > 0 && now() < polls_until) co_await drained.wait_until(polls_until);
    pollers.cancel();
    co_await pollers.join();
    const mono_time held_until = now() + options.held_grace;
    while (kept.held() > 0 && now() < held_until) co_await drained.wait_until(held_until);
    for (custody::slot s = 0; s < kept.slot_bound(); ++s)
        if (kept.stage_of(s) == custody::stage::held) give_back_slot(s, 0);
    flushing = true;
    wake.set();
    const mono_time flush_until = now() + options.flush_grace;
    const auto all_idle = [this] {
        return std::all_of(queues.begin(), queues.end(), [](const auto& q) { return q->idle(); });
    };
    while (!all_idle() && now() < flush_until) co_await drained.wait_until(flush_until);
    finished = true;
    wake.set();
    workers.cancel();
    co_await workers.join();
}

void consumer::impl::refresh_metrics() {
    const mono_time at = now();
    for (const consumed_queue* q : polled) {
        const auto r = polls.queue(q->polled_as);
        const duration since = at - r.last_success.value_or(started);
        q->figures.seconds_since_poll.set(std::chrono::duration<double>(since).count());
        q->figures.open_polls.set(static_cast<double>(r.polls));
        q->figures.at_in_flight_limit.set(r.state == receiver::state::at_in_flight_limit ? 1 : 0);
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
    const queue_number number = me.queues.size();
    const rng random = me.random.split(settings.name + std::to_string(number));
    auto made = std::make_unique<consumed_queue>(std::move(settings), handler, limits_of(me.options), random,
                                                 me.registry);
    made->number = number;
    if (made->settings.receive) {
        const bool fifo = made->settings.url.ends_with(".fifo");
        made->polled_as = me.polls.add_queue(made->settings.weight, fifo);
        me.polled.push_back(made.get());
    }
    me.queues.push_back(std::move(made));
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
    impl_->polls.set_credit(std::min(messages, impl_->options.receive.credit));
    impl_->wake_by(mono_time::min());
}

void consumer::acknowledge(message_ref which) {
    impl_->acknowledge(which);
}
void consumer::give_back(message_ref which, int after_seconds) {
    impl_->give_back(which, after_seconds);
}
void consumer::extend(message_ref which, int seconds) {
    if (!impl_->names(which)) return;
    impl_->change(impl_->queue_of(which.slot), {visibility_change::purpose::extend, which, seconds});
}
const message_view* consumer::find(message_ref which) const {
    return impl_->names(which) ? &impl_->view(which.slot) : nullptr;
}

bool consumer::send(queue_number to, send_entry what, send_outcome then) {
    consumed_queue& q = *impl_->queues.at(to);
    std::size_t bytes = what.body.size();
    for (const auto& [name, a] : what.attributes) bytes += name.size() + a.data_type.size() + a.value.size();
    if (q.outbox.waiting() >= impl_->options.batches.waiting) return false;
    const std::string group = what.group_id;
    outgoing entry{std::move(what), std::move(then)};
    if (!q.outbox.add(std::move(entry), bytes, impl_->now(), group)) return false;
    impl_->after_add(q);
    return true;
}

std::size_t consumer::held() const {
    return impl_->kept.slots();
}
receiver::report consumer::report(queue_number of) const {
    const consumed_queue& q = *impl_->queues.at(of);
    return q.settings.receive ? impl_->polls.queue(q.polled_as) : receiver::report{};
}
const consumer_counts& consumer::counts() const {
    return impl_->counts;
}
bool consumer::idle() const {
    const auto idle = [](const auto& q) { return q->idle(); };
    return impl_->kept.slots() == 0 && std::all_of(impl_->queues.begin(), impl_->queues.end(), idle);
}

std::string resend_id(std::string_view job, int attempt) {
    constexpr std::size_t id_max = 128;  // SQS's limit
    std::string out = std::string{job} + "-" + std::to_string(attempt);
    const bool fits = out.size() <= id_max &&
                      std::all_of(out.begin(), out.end(), [](char c) { return c > ' ' && c <= '~'; });
    return fits ? out : sha256_hex(out);
}

}  // namespace trainyard::aws::sqs
