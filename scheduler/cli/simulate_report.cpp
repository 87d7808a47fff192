#include <fmt/format.h>

#include <algorithm>

#include "engine/report/page.hpp"
#include "scheduler/cli/simulate_output.hpp"

namespace trainyard::cli {
namespace {

namespace plots = trainyard::report;

constexpr std::size_t tenants_drawn = 12;

plots::line line_of(std::string name, const sim::time_series& s, double begin, double scale) {
    plots::line l{std::move(name), {}, true};
    for (const auto& b : s.buckets()) l.points.push_back({sim::to_seconds(b.begin) - begin, b.mean * scale});
    return l;
}

template <class Series>
plots::line_plot over_time(std::string title, plots::axis y, const std::vector<simulated>& all,
                           const Series& series) {
    plots::line_plot p;
    p.title = std::move(title);
    p.x = {.title = "time since the first submission", .unit = plots::unit::seconds};
    p.y = std::move(y);
    for (const simulated& s : all) p.lines.push_back(series(s));
    return p;
}

plots::bar_plot waits_by_group(std::string title, const std::vector<simulated>& all,
                               std::vector<sim::group> sim::summary::* member) {
    plots::bar_plot p;
    p.title = std::move(title);
    p.value = {.title = "mean wait", .unit = plots::unit::seconds};
    for (const simulated& s : all) p.series.push_back(s.summary.policy);
    const auto& first = all.front().summary.*member;
    for (std::size_t g = 0; g < std::min(first.size(), tenants_drawn); ++g) {
        p.groups.push_back({first[g].name, {}});
        for (const simulated& s : all) {
            const auto& groups = s.summary.*member;
            p.groups.back().bars.push_back(
                {std::ranges::find(groups, first[g].name, &sim::group::name)->wait.mean});
        }
    }
    if (first.size() > tenants_drawn)
        p.note = fmt::format("The {} of {} with most work.", tenants_drawn, first.size());
    return p;
}

plots::table summary_table(const std::vector<simulated>& all) {
    plots::table t;
    t.columns = {{"policy", false}, {"finished"},    {"mean wait"},      {"p95 wait"},
                 {"max wait"},      {"slowdown"},    {"makespan"},       {"utilisation"},
                 {"share error"},   {"preemptions"}, {"lost unit-hours"}};
    t.note =
        "Slowdown is bounded (10 s) and averaged over jobs; share error is what tenants lack of their fair "
        "shares, "
        "as a part of the fleet, averaged over time.";
    for (const simulated& s : all) {
        const sim::summary& x = s.summary;
        const auto time = [](double v) { return plots::format(v, plots::unit::seconds); };
        t.rows.push_back({x.policy, fmt::format("{} of {}", x.finished, x.jobs), time(x.all.wait.mean),
                          time(x.all.wait.p95), time(x.all.wait.max), plots::format(x.all.slowdown.mean),
                          time(x.makespan), plots::format(x.utilisation, plots::unit::percent),
                          plots::format(x.share_error, plots::unit::percent),
                          fmt::format("{}", x.all.preemptions),
                          plots::format(x.all.lost_unit_seconds / 3600)});
    }
    return t;
}

plots::table group_table(const simulated& s, std::string_view what, const std::vector<sim::group>& groups) {
    plots::table t;
    t.title = fmt::format("{}, by {}", s.summary.policy, what);
    t.columns = {{std::string{what}, false}, {"jobs"},     {"mean wait"},  {"p50"},        {"p95"}, {"max"},
                 {"mean completion"},        {"slowdown"}, {"unit-hours"}, {"preemptions"}};
    for (const sim::group& g : groups) {
        const auto time = [](double v) { return plots::format(v, plots::unit::seconds); };
        t.rows.push_back({g.name, fmt::format("{}", g.jobs), time(g.wait.mean), time(g.wait.p50),
                          time(g.wait.p95), time(g.wait.max), time(g.completion.mean),
                          plots::format(g.slowdown.mean), plots::format(g.unit_seconds / 3600),
                          fmt::format("{}", g.preemptions)});
    }
    return t;
}

plots::percentile_plot spread(std::string title, plots::axis value, const std::vector<simulated>& all,
                              std::vector<double> simulated::* member) {
    plots::percentile_plot p;
    p.title = std::move(title);
    p.value = std::move(value);
    for (const simulated& s : all) p.curves.push_back(plots::distribution_of(s.summary.policy, s.*member));
    return p;
}

}  // namespace

std::string html_of(const sim::workload& w, const std::vector<simulated>& all,
                    const std::vector<std::string>& pools, const manifest& what) {
    plots::page page{"Simulation of " + w.source,
                     fmt::format("{} jobs of {} tenants", w.jobs.size(), w.tenants.size())};
    page.heading("Result").add(summary_table(all));
    page.add(spread("Wait", {.title = "wait", .unit = plots::unit::seconds, .scale = plots::scale::log}, all,
                    &simulated::waits));
    page.add(spread("Bounded slowdown", {.title = "slowdown", .scale = plots::scale::log}, all,
                    &simulated::slowdowns));
    page.heading("Over time");
    const auto used = [](const simulated& s) {
        return line_of(s.summary.policy, s.used, s.summary.begin, s.capacity > 0 ? 1 / s.capacity : 1);
    };
    page.add(over_time(
        all.front().capacity > 0 ? "Utilisation" : "Units in use",
        {.unit = all.front().capacity > 0 ? plots::unit::percent : plots::unit::plain, .low = 0}, all, used));
    page.add(over_time("Jobs waiting", {.title = "jobs", .low = 0}, all, [](const simulated& s) {
        return line_of(s.summary.policy, s.waiting, s.summary.begin, 1);
    }));
    if (w.tenants.size() > 1)
        page.add(over_time(
            "Share error", {.title = "missing of fair shares", .unit = plots::unit::percent, .low = 0}, all,
            [](const simulated& s) { return line_of(s.summary.policy, s.share_error, s.summary.begin, 1); }));
    if (pools.size() > 1)
        for (const simulated& s : all) {
            plots::line_plot p;
            p.title = "Units in use by pool, " + s.summary.policy;
            p.x = {.title = "time since the first submission", .unit = plots::unit::seconds};
            p.y = {.title = "units", .low = 0};
            for (std::size_t i = 0; i < pools.size(); ++i)
                p.lines.push_back(line_of(pools[i], s.used_by_pool[i], s.summary.begin, 1));
            page.add(p);
        }
    page.heading("By tenant and class");
    if (w.tenants.size() > 1) page.add(waits_by_group("Mean wait by tenant", all, &sim::summary::tenants));
    if (w.classes.size() > 1) page.add(waits_by_group("Mean wait by class", all, &sim::summary::classes));
    for (const simulated& s : all) {
        page.add(group_table(s, "tenant", s.summary.tenants));
        if (w.classes.size() > 1) page.add(group_table(s, "class", s.summary.classes));
    }
    page.heading("What was simulated").manifest(what);
    return page.html();
}

}  // namespace trainyard::cli
