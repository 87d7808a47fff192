#include "bench/queue_workers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/io/real_clock.hpp"

namespace trainyard::bench {
namespace {

using aws::api_result;
using messages = std::vector<aws::sqs::message>;

constexpr duration error_pause = std::chrono::milliseconds{50};  // an endpoint in trouble is not hammered
constexpr duration poll_deadline = std::chrono::seconds{receive_wait_seconds + 10};

mono_time now() {
    return io::real_clock().mono();
}

// When the next call is to start: at once in a closed loop, as the rate says in an open one. Nothing: the
// segment is over.
task<std::optional<mono_time>> next_start(load_state& s) {
    if (s.plan.rate <= 0) {
        const mono_time at = now();
        co_return s.over(at) ? std::nullopt : std::optional{at};
    }
    const double gap_ns = 1e9 * static_cast<double>(s.plan.batch * s.plan.threads) / s.plan.rate;
    const double first = static_cast<double>(s.number) / static_cast<double>(s.plan.threads);
    const double after = gap_ns * (first + static_cast<double>(s.paced++));
    const mono_time at = s.segment.begin + duration{static_cast<std::int64_t>(after)};
    if (s.over(at)) co_return std::nullopt;
    co_await io::sleep_until(at);
    co_return at;
}

task<bool> send_once(load_state& s, std::string url, mono_time intended) {
    auto entries = s.maker.batch(intended, s.plan.batch);
    const mono_time deadline = now() + call_deadline;
    const auto sent = co_await s.stack->sqs().send_batch(std::move(url), std::move(entries), deadline);
    s.record(queue_op::send, intended, now());
    if (!sent) {
        s.failed(sent.error());
        co_return false;
    }
    s.counts.sent += sent->successful.size();
    s.counts.failed_entries += sent->failed.size();
    co_return true;
}

void arrived(load_state& s, const messages& got, mono_time at) {
    s.counts.received += got.size();
    for (const auto& m : got)
        if (const auto intended = intended_of(m.body); intended && *intended >= s.segment.begin)
            s.record(queue_op::message, *intended, at);
}

task<api_result<messages>> receive_once(load_state& s, std::string url, std::optional<int> visibility) {
    const mono_time start = now();
    aws::sqs::receive_options what;
    what.max_messages = static_cast<int>(s.plan.batch);
    what.wait_seconds = receive_wait_seconds;
    what.visibility_timeout = visibility;
    const mono_time deadline = start + poll_deadline;
    auto got = co_await s.stack->sqs().receive(std::move(url), std::move(what), deadline);
    const mono_time done = now();
    if (!got) {
        s.failed(got.error());
        co_return got;
    }
    s.record(got->empty() ? queue_op::empty_receive : queue_op::receive, start, done);
    arrived(s, *got, done);
    co_return got;
}

task<void> erase_once(load_state& s, std::string url, const messages& which) {
    const mono_time start = now();
    std::vector<aws::sqs::delete_entry> entries;
    entries.reserve(which.size());
    for (const auto& m : which) entries.push_back({fmt::format_int(entries.size()).str(), m.receipt_handle});
    const mono_time deadline = start + call_deadline;
    const auto done = co_await s.stack->sqs().delete_batch(std::move(url), std::move(entries), deadline);
    ++s.counts.delete_calls;
    s.counts.delete_entries += which.size();
    s.record(queue_op::erase, start, now());
    if (!done) {
        s.failed(done.error());
        co_return;
    }
    s.counts.deleted += done->successful.size();
    s.counts.failed_entries += done->failed.size();
    s.took(done->successful.size());
}

// False after an error.
task<bool> receive_and_erase(load_state& s, std::string url) {
    const auto got = co_await receive_once(s, url, std::nullopt);
    if (!got) co_return false;
    if (!got->empty()) co_await erase_once(s, std::move(url), *got);
    co_return true;
}

task<bool> step(load_state& s, queue_role as, std::string url, mono_time start) {
    if (as == queue_role::sender) co_return co_await send_once(s, std::move(url), start);
    if (as == queue_role::receiver) {
        const auto got = co_await receive_once(s, std::move(url), 0);
        co_return got.has_value();
    }
    if (as == queue_role::traveller) {
        const bool sent = co_await send_once(s, url, start);
        if (!sent) co_return false;
    }
    co_return co_await receive_and_erase(s, std::move(url));
}

}  // namespace

load_window& load_state::window_at(mono_time intended) {
    const auto at = std::max<std::int64_t>(0, (intended - first_window()) / segment.window);
    return windows[std::min(static_cast<std::size_t>(at), windows.size() - 1)];
}

void load_state::record(queue_op what, mono_time intended, mono_time done) {
    if (windows.empty() || intended < first_window()) return;
    window_at(intended).latency[static_cast<std::size_t>(what)].record((done - intended).count());
}

void load_state::failed(const aws::api_error& why) {
    ++counts.failed_calls[static_cast<std::size_t>(why.kind)];
    last_error = why.to_string();
}

void load_state::took(std::size_t messages) {
    if (segment.backlog == nullptr || messages == 0) return;
    const auto n = static_cast<std::int64_t>(messages);
    if (segment.backlog->left.fetch_sub(n) > n) return;
    std::int64_t not_yet = 0;
    segment.backlog->emptied_ns.compare_exchange_strong(not_yet, now().time_since_epoch().count());
    stopped = true;
    changed.set();
}

std::optional<queue_role> role_of(const queue_plan& p, std::size_t which) {
    if (p.consumes()) return p.rate > 0 ? std::optional{queue_role::sender} : std::nullopt;
    switch (p.mode) {
        case queue_mode::send: return queue_role::sender;
        case queue_mode::receive: return queue_role::receiver;
        case queue_mode::erase: return queue_role::eraser;
        case queue_mode::roundtrip:
        case queue_mode::fill:
        case queue_mode::many: break;
    }
    if (p.rate <= 0) return queue_role::traveller;
    return which % 2 == 0 ? queue_role::sender : queue_role::eraser;
}

task<void> play(load_state& s, queue_role as, std::size_t lane) {
    // Threads begin at different queues, and every queue has senders and receivers.
    const std::size_t pair = as == queue_role::sender || as == queue_role::eraser ? lane / 2 : lane;
    const std::size_t lanes = (s.plan.connections + s.plan.threads - 1) / s.plan.threads;
    const bool paired = s.plan.rate > 0 && !s.plan.consumes();
    const std::size_t queue = (s.number * lanes + (paired ? pair : lane)) % s.urls.size();
    const bool paced = as == queue_role::sender || as == queue_role::traveller;
    for (;;) {
        std::optional<mono_time> start;
        if (paced)
            start = co_await next_start(s);
        else if (!s.over(now()))
            start = now();
        if (!start) co_return;
        if (s.segment.backlog != nullptr && s.segment.backlog->left.load() <= 0) co_return;
        std::string url = s.urls[queue];
        const bool fine = co_await step(s, as, std::move(url), *start);
        if (fine) continue;
        const mono_time again = now() + error_pause;
        co_await io::sleep_until(again);
    }
}

task<void> fill_backlog(load_state& s, std::size_t lane, std::size_t& left, result<void>& outcome) {
    for (std::size_t turn = lane; left > 0 && outcome; ++turn) {
        const std::size_t count = std::min(left, s.plan.batch);
        left -= count;
        auto entries = s.maker.batch(mono_time{}, count);
        std::string url = s.urls[turn % s.urls.size()];
        const mono_time deadline = now() + call_deadline;
        const auto sent = co_await s.stack->sqs().send_batch(std::move(url), std::move(entries), deadline);
        if (!sent)
            outcome = aws::to_error(sent.error());
        else if (!sent->failed.empty())
            outcome =
                error{errc::io, "a message of the backlog was refused: " + sent->failed.front().message};
    }
}

task<void> send_to_quiet(load_state& s) {
    const auto quiet = static_cast<std::int64_t>(s.urls.size() - s.plan.busy);
    // The last ones need some time to come back.
    const duration gap = (s.end() - s.first_window()) * 9 / 10 / quiet;
    for (std::int64_t i = 0; i < quiet; ++i) {
        const mono_time at = s.first_window() + gap * i;
        co_await io::sleep_until(at);
        const mono_time intended = now();
        auto entries = s.maker.batch(intended, 1);
        std::string url = s.urls[s.plan.busy + static_cast<std::size_t>(i)];
        const mono_time deadline = intended + call_deadline;
        const auto sent = co_await s.stack->sqs().send_batch(std::move(url), std::move(entries), deadline);
        if (!sent) s.failed(sent.error());
    }
}

task<void> drain_queue(load_state& s, std::string url, mono_time until) {
    for (int empty = 0; empty < 2 && now() < until;) {
        const auto got = co_await receive_once(s, url, std::nullopt);
        if (!got) co_return;
        empty = got->empty() ? empty + 1 : 0;
        if (!got->empty()) co_await erase_once(s, url, *got);
    }
}

}  // namespace trainyard::bench
