// What a run of the queue harness says: its figures.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/queue_run.hpp"

namespace trainyard::bench {
namespace {

struct percentile {
    const char* name;
    double q;
};
constexpr std::array percentiles{percentile{"p50", 0.50}, percentile{"p90", 0.90}, percentile{"p99", 0.99},
                                 percentile{"p99.9", 0.999}, percentile{"p99.99", 0.9999}};
constexpr double ns_per_ms = 1e6, ns_per_us = 1e3;

// One number of each round.
template <class Of>
std::vector<double> each(const queue_outcome& o, Of of) {
    std::vector<double> out;
    for (const load_window& r : o.rounds) out.push_back(of(r));
    return out;
}

double carried(const queue_plan& p, const load_window& r) {
    return static_cast<double>(std::max<std::uint64_t>(1, messages_of(p.mode, r.used)));
}

double seconds_of(const load_window& r) {
    return std::max(1e-9, std::chrono::duration<double>(r.ended - r.began).count());
}

std::vector<double> rates(const queue_plan& p, const std::vector<load_window>& of) {
    std::vector<double> out;
    for (const load_window& r : of) out.push_back(carried(p, r) / seconds_of(r));
    return out;
}

std::vector<double> cpu_us(const queue_plan& p, const std::vector<load_window>& of) {
    std::vector<double> out;
    for (const load_window& r : of) out.push_back(r.used.cpu_ns / ns_per_us / carried(p, r));
    return out;
}

void add_many(const queue_plan& p, const queue_outcome& o, report& into) {
    const auto beside = [&](const char* what) {
        return fmt::format("{}, floor: {} queues alone", what, p.busy);
    };
    into.figures.push_back(
        round_figure(beside("messages carried"), rates(p, o.rounds), "/s", rates(p, o.alone)));
    into.figures.push_back(
        round_figure(beside("client CPU a message"), cpu_us(p, o.rounds), "us", cpu_us(p, o.alone)));
    const auto& quiet = o.quiet.latency[static_cast<std::size_t>(queue_op::quiet_message)];
    into.figures.push_back(
        {"quiet queues whose message came", static_cast<double>(quiet.count()), "queues", {}, {}, 0});
    into.figures.back().better = better_when::larger;
}

void add_costs(const queue_plan& p, const queue_outcome& o, report& into) {
    auto& out = into.figures;
    out.push_back(round_figure("messages carried", rates(p, o.rounds), "/s"));
    const auto cpu = cpu_us(p, o.rounds);
    if (o.floor_us.empty())
        out.push_back(round_figure("client CPU a message", cpu, "us"));
    else
        out.push_back(round_figure("client CPU a message, floor: raw exchange, hashes, one look", cpu, "us",
                                   o.floor_us));
    if (o.rounds.front().used.server_cpu_ns > 0)
        out.push_back(round_figure(
            "server CPU a message",
            each(o, [&p](const load_window& r) { return r.used.server_cpu_ns / ns_per_us / carried(p, r); }),
            "us"));
    if (o.counted_allocations)
        out.push_back(round_figure("heap allocations a message",
                                   each(o,
                                        [&p](const load_window& r) {
                                            return static_cast<double>(r.used.allocations) / carried(p, r);
                                        }),
                                   "allocations"));
    out.push_back(round_figure(
        "API calls a message",
        each(o, [&p](const load_window& r) { return static_cast<double>(r.used.requests) / carried(p, r); }),
        "calls"));
    if (p.mode == queue_mode::erase || p.mode == queue_mode::roundtrip)
        out.push_back(round_figure(
            "delete batch fill",
            each(o,
                 [](const load_window& r) {
                     const auto calls = std::max<std::uint64_t>(1, r.used.delete_calls);
                     return static_cast<double>(r.used.delete_entries) / static_cast<double>(calls);
                 }),
            "of 10"));
}

// The time of a call as the load would have met it had it not waited: see latency_histogram.hpp. In an open
// loop sends and messages are timed from their intended start, so that nothing is left to correct.
latency_histogram corrected(const queue_plan& p, queue_op what, const latency_histogram& h) {
    const bool intended = p.rate > 0 && (what == queue_op::send || what == queue_op::message);
    // A consumer that waits for messages omits nothing; in a closed loop the calls follow each other at once.
    if (intended || p.rate > 0 || what == queue_op::quiet_message || what == queue_op::message ||
        what == queue_op::empty_receive)
        return h;
    return h.corrected(h.value_at(0.5));
}

void add_latencies(const queue_plan& p, const queue_outcome& o, queue_op what, report& into) {
    const auto index = static_cast<std::size_t>(what);
    std::vector<latency_histogram> by_round;
    for (const load_window& r : o.rounds) by_round.push_back(corrected(p, what, r.latency[index]));
    const latency_histogram whole = latency_of(p, o, what);
    if (whole.count() == 0) return;
    const auto title = [what](const char* of) { return fmt::format("{}: {}", to_string(what), of); };
    for (const auto& [name, q] : percentiles) {
        std::vector<double> values;
        for (const auto& h : by_round)
            if (h.count() > 0) values.push_back(static_cast<double>(h.value_at(q)) / ns_per_ms);
        figure f{title(name), 0, "ms", {}, {}, 0};
        if (!values.empty()) f = round_figure(f.name, std::move(values), f.unit);
        // Far percentiles need all the values that there are.
        f.value = static_cast<double>(whole.value_at(q)) / ns_per_ms;
        into.figures.push_back(std::move(f));
    }
    into.figures.push_back({title("max"), static_cast<double>(whole.largest()) / ns_per_ms, "ms", {}, {}, 0});
}

void add_failures(const queue_outcome& o, report& into) {
    load_counts all;
    for (const load_window& r : o.rounds) all += r.used;
    const auto add = [&into](std::string name, std::uint64_t n) {
        into.figures.push_back({std::move(name), static_cast<double>(n), "errors", {}, {}, 0});
    };
    for (std::size_t i = 0; i < all.failed_calls.size(); ++i)
        if (all.failed_calls[i] > 0)
            add(fmt::format("failed calls: {}", aws::to_string(static_cast<aws::failure>(i))),
                all.failed_calls[i]);
    if (all.failed_entries > 0) add("failed entries of batches", all.failed_entries);
    add("failures in all", all.failures());
}

}  // namespace

std::uint64_t messages_of(queue_mode m, const load_counts& c) {
    switch (m) {
        case queue_mode::send:
        case queue_mode::fill: return c.sent;
        case queue_mode::receive: return c.received;
        case queue_mode::erase:
        case queue_mode::roundtrip:
        case queue_mode::many: break;
    }
    return c.deleted;
}

latency_histogram latency_of(const queue_plan& p, const queue_outcome& o, queue_op what) {
    latency_histogram whole;
    const auto index = static_cast<std::size_t>(what);
    for (const load_window& r : o.rounds) whole.merge(r.latency[index]);
    if (what == queue_op::quiet_message) whole.merge(o.quiet.latency[index]);
    return corrected(p, what, whole);
}

report queue_report(const queue_plan& p, const queue_outcome& o) {
    report out;
    out.bench = "queue";
    out.parameters = parameters_of(p);
    out.seed = p.seed;
    if (p.mode == queue_mode::fill) {
        for (const auto& url : o.queue_urls) out.parameters.emplace_back("queue url", url);
        out.figures.push_back({"messages sent", static_cast<double>(p.messages), "messages", {}, {}, 0});
        return out;
    }
    p.mode == queue_mode::many ? add_many(p, o, out) : add_costs(p, o, out);
    for (std::size_t i = 0; i < queue_ops; ++i) add_latencies(p, o, static_cast<queue_op>(i), out);
    add_failures(o, out);
    return out;
}

}  // namespace trainyard::bench
