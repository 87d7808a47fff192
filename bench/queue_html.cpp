// A run of the queue harness as one HTML file: manifest, figures, and how they came about over time.
#include <fmt/format.h>

#include <limits>

#include "bench/queue_run.hpp"
#include "engine/report/page.hpp"

namespace trainyard::bench {
namespace {

namespace html = trainyard::report;

constexpr double ns = 1e9;

double seconds_since(mono_time begin, mono_time at) {
    return std::chrono::duration<double>(at - begin).count();
}

// One value for each pair of ticks; `of` gets the counts between them and the seconds.
template <class Of>
html::line over_time(const queue_outcome& o, std::string name, Of of) {
    html::line out;
    out.name = std::move(name);
    for (std::size_t i = 1; i < o.ticks.size(); ++i) {
        load_counts used = o.ticks[i].counts;
        used -= o.ticks[i - 1].counts;
        const double at = seconds_since(o.began, o.ticks[i].at),
                     took = seconds_since(o.ticks[i - 1].at, o.ticks[i].at);
        // What happens between segments is not measured: a gap.
        if (o.ticks[i].first)
            out.points.push_back({at, std::numeric_limits<double>::quiet_NaN()});
        else if (took > 0)
            out.points.push_back({at, of(used, took)});
    }
    return out;
}

html::axis time_axis() {
    return {.title = "since the start", .unit = html::unit::seconds};
}

html::line_plot throughput(const queue_plan& p, const queue_outcome& o) {
    html::line_plot out;
    out.title = "Messages carried a second";
    out.x = time_axis();
    out.y = {.title = "messages/s", .low = 0.0};
    out.lines.push_back(over_time(o, "messages", [&p](const load_counts& c, double took) {
        return static_cast<double>(messages_of(p.mode, c)) / took;
    }));
    out.lines.push_back(over_time(o, "failures", [](const load_counts& c, double took) {
        return static_cast<double>(c.failures()) / took;
    }));
    return out;
}

html::line_plot cpu(const queue_plan& p, const queue_outcome& o) {
    html::line_plot out;
    out.title = "CPU time a message";
    out.x = time_axis();
    out.y = {.title = "CPU a message", .unit = html::unit::seconds, .low = 0.0};
    const auto each = [&p](double used_ns, const load_counts& c) {
        const auto messages = static_cast<double>(messages_of(p.mode, c));
        return messages == 0 ? 0 : used_ns / ns / messages;
    };
    out.lines.push_back(
        over_time(o, "client", [&each](const load_counts& c, double) { return each(c.cpu_ns, c); }));
    if (o.rounds.front().used.server_cpu_ns > 0) {
        out.lines.push_back(over_time(
            o, "server", [&each](const load_counts& c, double) { return each(c.server_cpu_ns, c); }));
        out.note = "The kernel counts the server's time in steps of 10 ms.";
    }
    return out;
}

html::distribution curve(queue_op what, const latency_histogram& h) {
    html::distribution out;
    out.name = std::string{to_string(what)};
    double seen = 0;
    h.visit([&](std::int64_t value, std::uint64_t times) {
        seen += static_cast<double>(times);
        out.quantiles.push_back({seen / static_cast<double>(h.count()), static_cast<double>(value) / ns});
    });
    return out;
}

html::percentile_plot latencies(const queue_plan& p, const queue_outcome& o) {
    html::percentile_plot out;
    out.title = "Time of calls and messages";
    out.note = p.rate > 0 ? "Sends and messages are timed from their intended start."
                          : "Calls are corrected for coordinated omission by the median of their kind.";
    out.value = {.title = "time", .unit = html::unit::seconds, .scale = html::scale::log};
    for (std::size_t i = 0; i < queue_ops; ++i) {
        const auto what = static_cast<queue_op>(i);
        const auto h = latency_of(p, o, what);
        if (h.count() > 0) out.curves.push_back(curve(what, h));
    }
    return out;
}

html::table figures(const report& r) {
    html::table out;
    out.columns = {{"figure", false}, {"value"}, {"unit", false}, {"floor"}, {"ratio"}, {"spread"}};
    for (const figure& f : r.figures)
        out.rows.push_back({f.name, html::format(f.value), f.unit, f.floor ? html::format(*f.floor) : "",
                            f.ratio ? fmt::format("{:.2f}", *f.ratio) : "",
                            fmt::format("{:.1f} %", f.spread * 100)});
    return out;
}

}  // namespace

std::string queue_html(const queue_plan& p, const queue_outcome& o, const report& r) {
    html::page out("trainyard-bench queue",
                   fmt::format("{}, {}", to_string(p.mode), p.fifo ? "FIFO" : "standard"));
    std::vector<std::pair<std::string, std::string>> manifest{{"version", TRAINYARD_VERSION},
                                                              {"machine", machine()}};
    manifest.insert(manifest.end(), r.parameters.begin(), r.parameters.end());
    manifest.emplace_back("seed", std::to_string(r.seed));
    out.manifest(manifest);
    out.heading("Over time").add(throughput(p, o)).add(cpu(p, o));
    if (auto times = latencies(p, o); !times.curves.empty()) out.heading("Time").add(times);
    out.heading("Figures").add(figures(r));
    return out.html();
}

}  // namespace trainyard::bench
