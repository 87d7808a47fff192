#include "bench/queue_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "bench/queue_floor.hpp"
#include "bench/queue_setup.hpp"

namespace trainyard::bench {
namespace {

constexpr duration start_delay = std::chrono::milliseconds{5};  // so that all threads start together
constexpr duration drain_patience = std::chrono::seconds{30};
constexpr double floor_seconds = 0.5;
constexpr std::size_t lead_backlog_min = 1'000;
constexpr double lead_part = 0.1;  // of a backlog that is taken before the window: all is warm by then
constexpr std::chrono::milliseconds progress_every{500};

duration seconds(double s) {
    return duration{static_cast<std::int64_t>(s * 1e9)};
}

using threads = std::vector<std::unique_ptr<load_thread>>;

// "round 2/5  98,000 messages/s  0 failures", overwritten in place.
class progress_line {
public:
    explicit progress_line(const threads& all) : all_(all), shown_(::isatty(STDERR_FILENO) != 0) {}
    ~progress_line() {
        if (shown_ && drawn_) std::fputs("\r\x1b[K", stderr);
    }
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    void show(const std::string& what) {
        if (!shown_) return;
        std::uint64_t messages = 0, failures = 0;
        for (const auto& t : all_) messages += t->messages_so_far(), failures += t->failures_so_far();
        const double at = wall_ns();
        const double rate = static_cast<double>(messages - messages_) * 1e9 / std::max(1.0, at - at_);
        const auto line = fmt::format("\r\x1b[K{}  {:.0f} messages/s  {} messages  {} failures", what,
                                      drawn_ ? rate : 0.0, messages, failures);
        std::fputs(line.c_str(), stderr);
        drawn_ = true, messages_ = messages, at_ = at;
    }

private:
    const threads& all_;
    bool shown_, drawn_ = false;
    std::uint64_t messages_ = 0;
    double at_ = 0;
};

template <class T>
T await(std::future<T>& what, progress_line& line, const std::string& text) {
    while (what.wait_for(progress_every) == std::future_status::timeout) line.show(text);
    return what.get();
}

struct runner {
    const queue_plan& plan;
    const queue_target& target;
    threads all{};
    queue_outcome out{};

    result<void> open(const std::vector<std::string>& urls, std::uint64_t (*count_allocations)());
    result<void> fill(progress_line& line, const std::string& text);
    result<void> segment(load_segment what, bool measured, progress_line& line, const std::string& text);
    result<void> all_rounds(progress_line& line);
    result<void> many_rounds(progress_line& line);
    void add(std::vector<segment_result>& parts);
};

result<void> runner::open(const std::vector<std::string>& urls, std::uint64_t (*count_allocations)()) {
    for (std::size_t i = 0; i < plan.threads; ++i) {
        all.push_back(std::make_unique<load_thread>(plan, target, urls, i, count_allocations));
        if (const auto opened = all.back()->open(); !opened) return opened.error();
    }
    return {};
}

result<void> runner::fill(progress_line& line, const std::string& text) {
    std::vector<std::future<result<void>>> pending;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::size_t share = plan.messages / all.size() + (i < plan.messages % all.size() ? 1 : 0);
        pending.push_back(all[i]->fill(share));
    }
    result<void> outcome;
    for (auto& p : pending)
        if (auto done = await(p, line, text + ", filling"); !done) outcome = done.error();
    return outcome;
}

// Windows of all threads side by side are one round.
void runner::add(std::vector<segment_result>& parts) {
    for (std::size_t w = 0; w < parts.front().windows.size(); ++w) {
        load_window round = std::move(parts.front().windows[w]);
        for (std::size_t i = 1; i < parts.size(); ++i) {
            if (w >= parts[i].windows.size()) continue;
            const load_window& other = parts[i].windows[w];
            round.ended = std::max(round.ended, other.ended);
            round.used += other.used;
            for (std::size_t o = 0; o < queue_ops; ++o) round.latency[o].merge(other.latency[o]);
        }
        out.rounds.push_back(std::move(round));
    }
    // Ticks of the threads fall together but for a few microseconds.
    for (std::size_t t = 0; t < parts.front().ticks.size(); ++t) {
        load_tick sum = parts.front().ticks[t];
        for (std::size_t i = 1; i < parts.size(); ++i)
            sum.counts += parts[i].ticks[std::min(t, parts[i].ticks.size() - 1)].counts;
        out.ticks.push_back(std::move(sum));
    }
}

result<void> runner::segment(load_segment what, bool measured, progress_line& line, const std::string& text) {
    shared_backlog backlog;
    if (plan.drains()) {
        if (const auto filled = fill(line, text); !filled) return filled.error();
        backlog.left = static_cast<std::int64_t>(plan.messages);
        what.backlog = &backlog;
        if (plan.messages >= lead_backlog_min)
            what.lead_messages = static_cast<std::int64_t>(static_cast<double>(plan.messages) * lead_part);
    }
    what.begin = io::real_clock().mono() + start_delay;
    std::vector<std::future<segment_result>> pending;
    for (auto& t : all) pending.push_back(t->run(what));
    std::vector<segment_result> parts;
    for (auto& p : pending) parts.push_back(await(p, line, text));
    for (const auto& p : parts)
        if (!p.last_error.empty()) out.last_error = p.last_error;
    if (!measured) return {};
    add(parts);
    return {};
}

result<void> runner::all_rounds(progress_line& line) {
    result<floor_sample> sample = floor_sample{};
    if (plan.floor) sample = take_floor_sample(plan, target.own->at());
    if (!sample) return sample.error();
    if (plan.mode == queue_mode::receive)
        if (const auto filled = fill(line, "backlog"); !filled) return filled.error();
    load_segment what;
    what.window = seconds(plan.window_seconds());
    out.began = io::real_clock().mono();
    if (!plan.drains()) {
        // One segment: an open loop must not lose what is late to the next round's start.
        what.lead = seconds(plan.warm_seconds);
        what.windows = plan.rounds;
        return segment(what, true, line, "running");
    }
    load_segment warm = what;
    warm.window = seconds(plan.warm_seconds);
    if (const auto ran = segment(warm, false, line, "warm-up"); !ran) return ran.error();
    for (std::size_t i = 0; i < plan.rounds; ++i) {
        const auto text = fmt::format("round {}/{}", i + 1, plan.rounds);
        if (const auto ran = segment(what, true, line, text); !ran) return ran.error();
        if (!plan.floor) continue;
        const auto cost = measure_floor(plan, *sample, floor_seconds);
        if (!cost) return cost.error();
        out.floor_us.push_back(*cost);
    }
    return {};
}

// The few alone, then all of them, in turns; in the end all of them with a message to each quiet queue, whose
// calls must not count in the comparison.
result<void> runner::many_rounds(progress_line& line) {
    load_segment what;
    what.lead = seconds(plan.warm_seconds);
    what.window = seconds(plan.window_seconds());
    out.began = io::real_clock().mono();
    std::vector<load_window> beside;
    for (std::size_t i = 0; i < plan.rounds; ++i)
        for (const bool alone : {true, false}) {
            what.queues = alone ? plan.busy : plan.queues;
            const auto text = fmt::format("round {}/{}, {} queues", i + 1, plan.rounds, what.queues);
            if (const auto ran = segment(what, true, line, text); !ran) return ran.error();
            (alone ? out.alone : beside).push_back(std::move(out.rounds.back()));
            out.rounds.pop_back();
        }
    what.quiet_messages = true;
    what.window = seconds(plan.seconds);
    if (const auto ran = segment(what, true, line, "a message to each quiet queue"); !ran) return ran.error();
    out.quiet = std::move(out.rounds.back());
    out.rounds = std::move(beside);
    return {};
}

result<void> check_carried(const queue_plan& p, const queue_outcome& o) {
    std::uint64_t carried = 0;
    bool unreachable = !o.rounds.empty();
    for (const auto& r : o.rounds) {
        carried += messages_of(p.mode, r.used);
        unreachable =
            unreachable &&
            r.used.failed_calls[static_cast<std::size_t>(aws::failure::unreachable)] == r.used.failures();
    }
    if (carried > 0) return {};
    return error{unreachable ? errc::unreachable : errc::io,
                 "no message was carried; " + (o.last_error.empty() ? "no call ended" : o.last_error)};
}

}  // namespace

result<queue_outcome> run_queue(const queue_plan& p, std::uint64_t (*count_allocations)()) {
    if (const auto fine = check(p); !fine) return fine.error();
    auto target = open_target(p);
    if (!target) return target.error();
    const auto urls = open_queues(p, *target);
    if (!urls) return urls.error();
    runner r{p, *target};
    r.out.counted_allocations = count_allocations != nullptr;
    result<void> ran = r.open(*urls, count_allocations);
    if (ran) {
        progress_line line(r.all);
        ran = p.mode == queue_mode::fill   ? r.fill(line, "backlog")
              : p.mode == queue_mode::many ? r.many_rounds(line)
                                           : r.all_rounds(line);
    }
    if (ran && !p.queue_urls.empty() && p.mode != queue_mode::fill) {
        const auto drained = r.all.front()->drain(io::real_clock().mono() + drain_patience);
        drained.wait();
    }
    r.all.clear();
    close_queues(p, *target, *urls);
    if (!ran) return ran.error();
    r.out.queue_urls = *urls;
    if (p.mode == queue_mode::fill) return std::move(r.out);
    if (const auto carried = check_carried(p, r.out); !carried) return carried.error();
    return std::move(r.out);
}

}  // namespace trainyard::bench
