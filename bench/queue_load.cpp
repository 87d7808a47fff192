#include "bench/queue_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <functional>
#include <numeric>

#include "bench/queue_consume.hpp"
#include "bench/queue_workers.hpp"
#include "bench/report.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::bench {
namespace {

constexpr duration tick_longest = std::chrono::milliseconds{250},
                   tick_shortest = std::chrono::milliseconds{20};
constexpr duration lead_step = std::chrono::milliseconds{2};
// Messages of a closed round trip: a batch each in sends, queue, polls and deletes.
constexpr std::size_t going_a_lane = 4;
constexpr std::int64_t ticks_a_window = 10;

mono_time now() {
    return io::real_clock().mono();
}

}  // namespace

std::string_view to_string(queue_op o) {
    switch (o) {
        case queue_op::send: return "send";
        case queue_op::receive: return "receive";
        case queue_op::empty_receive: return "empty receive";
        case queue_op::erase: return "delete";
        case queue_op::message: return "message";
        case queue_op::quiet_message: return "first message of a quiet queue";
    }
    return "";
}

load_counts& load_counts::operator+=(const load_counts& b) {
    sent += b.sent, received += b.received, deleted += b.deleted;
    requests += b.requests, delete_calls += b.delete_calls, delete_entries += b.delete_entries;
    failed_entries += b.failed_entries, allocations += b.allocations, cpu_ns += b.cpu_ns;
    server_cpu_ns += b.server_cpu_ns;
    for (std::size_t i = 0; i < failed_calls.size(); ++i) failed_calls[i] += b.failed_calls[i];
    return *this;
}

load_counts& load_counts::operator-=(const load_counts& b) {
    sent -= b.sent, received -= b.received, deleted -= b.deleted;
    requests -= b.requests, delete_calls -= b.delete_calls, delete_entries -= b.delete_entries;
    failed_entries -= b.failed_entries, allocations -= b.allocations, cpu_ns -= b.cpu_ns;
    server_cpu_ns -= b.server_cpu_ns;
    for (std::size_t i = 0; i < failed_calls.size(); ++i) failed_calls[i] -= b.failed_calls[i];
    return *this;
}

std::uint64_t load_counts::failures() const {
    return std::accumulate(failed_calls.begin(), failed_calls.end(), failed_entries);
}

struct load_thread::impl {
    impl(const queue_plan& p, const queue_target& at, const std::vector<std::string>& queue_urls,
         std::size_t number, std::uint64_t (*allocations)())
        : target(at),
          count_allocations(allocations),
          thread(fmt::format("load-{}", number)),
          group(thread.context()),
          state(thread.context(), p, queue_urls, number) {}

    std::size_t lanes() const {
        // Those of the first threads are one more where the number does not divide.
        const auto& p = state.plan;
        return p.connections / p.threads + (state.number < p.connections % p.threads ? 1 : 0);
    }
    load_counts snapshot();
    task<void> open(result<void>& outcome);
    task<void> lead_in();
    task<void> watch(segment_result& out);
    void start_consumer(io::task_group& players);
    task<void> run(load_segment what, segment_result& out);
    task<void> fill(std::size_t messages, result<void>& outcome);
    task<void> drain(mono_time until);

    // On the thread: what `make` gives, then `after`.
    void start(std::function<task<void>()> make, std::function<void()> after);

    const queue_target& target;
    std::uint64_t (*count_allocations)();
    io::io_thread thread;
    io::task_group group;
    load_state state;
    std::unique_ptr<client_stack> stack;
    std::atomic<std::uint64_t> messages_shown{0}, failures_shown{0};
    std::optional<bench_consumer> consumer;  // of the segment that runs
    bool closed = false;
};

load_counts load_thread::impl::snapshot() {
    load_counts out = state.counts;
    if (consumer) consumer->add_to(out);
    out.requests = stack->requests();
    out.allocations = count_allocations == nullptr ? 0 : count_allocations();
    out.cpu_ns = thread_cpu_ns();
    if (target.own && state.number == 0)
        if (const auto use = use_of(target.own->pid())) out.server_cpu_ns = use->cpu_seconds * 1e9;
    const auto mode = state.plan.mode;
    const auto& done = mode == queue_mode::send      ? out.sent
                       : mode == queue_mode::receive ? out.received
                                                     : out.deleted;
    messages_shown.store(done, std::memory_order_relaxed);
    failures_shown.store(out.failures(), std::memory_order_relaxed);
    return out;
}

task<void> load_thread::impl::open(result<void>& outcome) {
    // Every queue of a consumer has a poll open.
    const std::size_t calls = lanes() + (state.plan.consumes() ? state.urls.size() : 0);
    auto opened =
        co_await client_stack::open(thread.context(), target, calls, state.plan.seed + state.number);
    if (!opened) {
        outcome = opened.error();
        co_return;
    }
    stack = std::move(*opened);
    state.stack = stack.get();
}

task<void> load_thread::impl::lead_in() {
    const auto& what = state.segment;
    co_await io::sleep_until(state.first_window());
    if (what.backlog == nullptr) co_return;
    const std::int64_t whole = what.backlog->left.load();
    while (what.backlog->left.load() > whole - what.lead_messages && !state.over(now())) {
        const mono_time again = now() + lead_step;
        co_await io::sleep_until(again);
    }
}

// Takes what the windows used at their boundaries, and ticks between them.
task<void> load_thread::impl::watch(segment_result& out) {
    const auto& what = state.segment;
    const duration step = std::clamp(what.window / ticks_a_window, tick_shortest, tick_longest);
    std::size_t window = 0;
    co_await lead_in();
    const mono_time first = now();
    load_counts before = snapshot();
    state.windows[0].began = first;
    out.ticks.push_back({first, before, true});
    while (window < state.windows.size()) {
        const mono_time window_end =
            state.first_window() + what.window * static_cast<std::int64_t>(window + 1);
        const mono_time until = std::min(window_end, now() + step);
        co_await state.changed.wait_until(until);
        const bool emptied = what.backlog != nullptr && what.backlog->left.load() <= 0;
        const mono_time at = emptied ? mono_time{duration{what.backlog->emptied_ns.load()}} : now();
        const load_counts counts = snapshot();
        out.ticks.push_back({at, counts});
        if (at < window_end && !emptied) continue;
        state.windows[window].ended = at;
        state.windows[window].used = counts;
        state.windows[window].used -= before;
        before = counts;
        ++window;
        if (emptied) state.windows.resize(window);
        if (window < state.windows.size()) state.windows[window].began = at;
    }
    if (consumer) consumer->stop();
}

void load_thread::impl::start_consumer(io::task_group& players) {
    consumer.emplace(thread.context(), state);
    players.spawn([this] { return consumer->run(); });
    const auto mode = state.plan.mode;
    if ((mode == queue_mode::roundtrip && state.plan.rate <= 0) || mode == queue_mode::many)
        consumer->set_going(going_a_lane * lanes() * state.plan.batch, now());
    if (state.segment.quiet_messages) players.spawn([this] { return send_to_quiet(state); });
}

task<void> load_thread::impl::run(load_segment what, segment_result& out) {
    state.segment = what;
    state.windows.assign(what.windows, {});
    state.stopped = false;
    state.paced = 0;
    state.last_error.clear();
    {
        io::task_group players(thread.context());
        co_await io::sleep_until(what.begin);
        players.spawn([this, &out] { return watch(out); });
        if (state.plan.consumes()) start_consumer(players);
        for (std::size_t i = 0; i < lanes(); ++i)
            if (const auto role = role_of(state.plan, i))
                players.spawn([this, i, as = *role] { return play(state, as, i); });
        co_await players.join();
    }
    if (consumer) consumer->add_to(state.counts);
    consumer.reset();
    out.windows = std::move(state.windows);
    state.windows.clear();
    out.last_error = state.last_error;
}

task<void> load_thread::impl::fill(std::size_t messages, result<void>& outcome) {
    io::task_group players(thread.context());
    std::size_t left = messages;
    for (std::size_t i = 0; i < lanes(); ++i)
        players.spawn([this, i, &left, &outcome] { return fill_backlog(state, i, left, outcome); });
    co_await players.join();
}

task<void> load_thread::impl::drain(mono_time until) {
    io::task_group players(thread.context());
    for (std::size_t i = 0; i < std::max(lanes(), state.urls.size()); ++i)
        players.spawn(
            [this, i, until] { return drain_queue(state, state.urls[i % state.urls.size()], until); });
    co_await players.join();
}

void load_thread::impl::start(std::function<task<void>()> make, std::function<void()> after) {
    struct runner {
        static task<void> run(std::function<task<void>()> what, std::function<void()> then) {
            co_await what();
            then();
        }
    };
    boost::asio::post(thread.context(), [this, make = std::move(make), after = std::move(after)] {
        group.spawn([make, after] { return runner::run(make, after); });
    });
}

load_thread::load_thread(const queue_plan& p, const queue_target& at,
                         const std::vector<std::string>& queue_urls, std::size_t number,
                         std::uint64_t (*count_allocations)())
    : impl_(std::make_unique<impl>(p, at, queue_urls, number, count_allocations)) {}

load_thread::~load_thread() {
    close();
}

result<void> load_thread::open() {
    result<void> outcome;
    std::promise<void> done;
    impl_->start([this, &outcome] { return impl_->open(outcome); }, [&done] { done.set_value(); });
    done.get_future().wait();
    return outcome;
}

std::future<segment_result> load_thread::run(load_segment what) {
    auto done = std::make_shared<std::promise<segment_result>>();
    auto out = std::make_shared<segment_result>();
    impl_->start([this, what, out] { return impl_->run(what, *out); },
                 [done, out] { done->set_value(std::move(*out)); });
    return done->get_future();
}

std::future<result<void>> load_thread::fill(std::size_t messages) {
    auto done = std::make_shared<std::promise<result<void>>>();
    auto out = std::make_shared<result<void>>();
    impl_->start([this, messages, out] { return impl_->fill(messages, *out); },
                 [done, out] { done->set_value(*out); });
    return done->get_future();
}

std::future<void> load_thread::drain(mono_time until) {
    auto done = std::make_shared<std::promise<void>>();
    impl_->start([this, until] { return impl_->drain(until); }, [done] { done->set_value(); });
    return done->get_future();
}

void load_thread::close() {
    if (std::exchange(impl_->closed, true)) return;
    std::promise<void> done;
    if (impl_->stack) {
        impl_->start([this] { return impl_->stack->close(); }, [&done] { done.set_value(); });
        done.get_future().wait();
    }
    impl_->thread.join();
}

std::uint64_t load_thread::messages_so_far() const {
    return impl_->messages_shown.load(std::memory_order_relaxed);
}

std::uint64_t load_thread::failures_so_far() const {
    return impl_->failures_shown.load(std::memory_order_relaxed);
}

}  // namespace trainyard::bench
