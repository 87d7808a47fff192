#include "scheduler/cli/simulate_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ostream>

#include "engine/base/json.hpp"
#include "engine/report/text.hpp"

namespace trainyard::cli {
namespace {

constexpr std::size_t groups_shown = 20;

// Milliseconds are as fine as a log is; whole seconds stay whole.
double rounded(double seconds) {
    return static_cast<double>(std::llround(seconds * 1e3)) / 1e3;
}
double seconds(duration d) {
    return rounded(sim::to_seconds(d));
}

void write_distribution(json::writer& w, std::string_view key, const sim::distribution& d) {
    w.key(key).begin_object().member("mean", d.mean).member("p50", d.p50).member("p90", d.p90);
    w.member("p95", d.p95).member("p99", d.p99).member("max", d.max).end_object();
}

void write_group(json::writer& w, const sim::group& g) {
    w.begin_object().member("name", g.name).member("jobs", g.jobs);
    write_distribution(w, "wait", g.wait);
    write_distribution(w, "completion", g.completion);
    write_distribution(w, "bounded_slowdown", g.slowdown);
    w.member("unit_seconds", g.unit_seconds).member("preemptions", g.preemptions);
    w.member("lost_unit_seconds", g.lost_unit_seconds).end_object();
}

// Columns as wide as their widest cell; the first to the left, the others to the right.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> width;
    for (const auto& row : rows)
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (c == width.size()) width.push_back(0);
            width[c] = std::max(width[c], row[c].size());
        }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c)
            line +=
                c == 0 ? fmt::format("{:<{}}", row[c], width[c]) : fmt::format("  {:>{}}", row[c], width[c]);
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

std::string time_text(double s) {
    return report::format(s, report::unit::seconds);
}

using cell = std::function<std::string(const simulated&)>;

void add_row(std::vector<std::vector<std::string>>& rows, std::string name, const std::vector<simulated>& all,
             const cell& text) {
    rows.push_back({std::move(name)});
    for (const simulated& s : all) rows.back().push_back(text(s));
}

std::string group_table(std::string_view title, const std::vector<simulated>& all,
                        std::vector<sim::group> sim::summary::* member) {
    const std::vector<sim::group>& first = all.front().summary.*member;
    if (first.size() < 2) return {};
    std::vector<std::vector<std::string>> rows{{std::string{title}, "jobs"}};
    for (const simulated& s : all)
        for (const char* what : {"mean wait", "p95 wait", "slowdown"})
            rows[0].push_back(all.size() == 1 ? what : fmt::format("{} {}", s.summary.policy, what));
    for (std::size_t i = 0; i < std::min(first.size(), groups_shown); ++i) {
        rows.push_back({first[i].name, fmt::format("{}", first[i].jobs)});
        for (const simulated& s : all) {
            const auto& groups = s.summary.*member;
            const auto same = std::ranges::find(groups, first[i].name, &sim::group::name);
            rows.back().push_back(time_text(same->wait.mean));
            rows.back().push_back(time_text(same->wait.p95));
            rows.back().push_back(report::format(same->slowdown.mean));
        }
    }
    std::string out = "\n" + aligned(rows);
    if (first.size() > groups_shown) out += fmt::format("and {} more\n", first.size() - groups_shown);
    return out;
}

}  // namespace

void write_jobs(std::ostream& out, const sim::workload& w, const policy::settings& s, const sim::record& r,
                const std::string& policy) {
    for (const sim::attempt& a : r.attempts) {
        const sim::outcome& o = r.outcomes[a.job];
        const bool last = a.start == o.start && a.end == o.end && a.how != sim::stop::preempted;
        if (!last || (o.fate != sim::fate::finished && o.fate != sim::fate::failed)) continue;
        const sim::job& j = w.jobs[a.job];
        json::writer line;
        line.begin_object().member("job", j.name).member("tenant", w.tenants[j.tenant]);
        line.member("pool", s.pools[o.pool].name).member("units", j.units());
        line.member("submit", seconds(j.submit))
            .member("start", seconds(o.start))
            .member("end", seconds(o.end));
        line.member("attempts", o.attempts);
        if (o.fate == sim::fate::failed) line.member("state", "failed");
        if (!policy.empty()) line.member("policy", policy);
        line.end_object();
        out << line.text() << '\n';
    }
}

void write_summary(std::ostream& out, const sim::summary& s) {
    json::writer w;
    w.begin_object().key("summary").begin_object().member("policy", s.policy);
    w.member("jobs", s.jobs).member("finished", s.finished).member("failed", s.failed);
    w.member("impossible", s.impossible)
        .member("unsatisfiable", s.unsatisfiable)
        .member("waiting", s.waiting);
    w.member("attempts", static_cast<std::int64_t>(s.attempts)).member("makespan", rounded(s.makespan));
    w.member("utilisation", s.utilisation);
    write_distribution(w, "wait", s.all.wait);
    write_distribution(w, "completion", s.all.completion);
    write_distribution(w, "bounded_slowdown", s.all.slowdown);
    w.key("share_error")
        .begin_object()
        .member("mean", s.share_error)
        .member("max", s.share_error_max)
        .end_object();
    w.member("preemptions", s.all.preemptions).member("lost_unit_seconds", s.all.lost_unit_seconds);
    w.key("tenants").begin_array();
    for (const sim::group& g : s.tenants) write_group(w, g);
    w.end_array().key("classes").begin_array();
    for (const sim::group& g : s.classes) write_group(w, g);
    w.end_array().member("digest", fmt::format("{:016x}", s.digest)).end_object().end_object();
    out << w.text() << '\n';
}

std::string table_of(const sim::workload& w, const std::vector<simulated>& all) {
    std::vector<std::vector<std::string>> rows;
    add_row(rows, "", all, [](const simulated& s) { return s.summary.policy; });
    add_row(rows, "jobs finished", all,
            [](const simulated& s) { return fmt::format("{} of {}", s.summary.finished, s.summary.jobs); });
    const auto count = [&](std::string name, std::size_t sim::summary::* member) {
        if (std::ranges::any_of(all, [&](const simulated& s) { return s.summary.*member > 0; }))
            add_row(rows, std::move(name), all,
                    [&](const simulated& s) { return fmt::format("{}", s.summary.*member); });
    };
    count("failed", &sim::summary::failed);
    count("can never start", &sim::summary::impossible);
    count("depend on a failed job", &sim::summary::unsatisfiable);
    count("still waiting", &sim::summary::waiting);
    add_row(rows, "makespan", all, [](const simulated& s) { return time_text(s.summary.makespan); });
    if (std::ranges::any_of(all, [](const simulated& s) { return s.capacity > 0; }))
        add_row(rows, "utilisation", all, [](const simulated& s) {
            return report::format(s.summary.utilisation, report::unit::percent);
        });
    const auto spread = [&](const std::string& name, sim::distribution sim::group::* member, report::unit u) {
        const auto add = [&](std::string_view part, double sim::distribution::* value) {
            add_row(rows, fmt::format("{} {}", name, part), all, [&, value](const simulated& s) {
                return report::format(s.summary.all.*member.*value, u);
            });
        };
        add("mean", &sim::distribution::mean);
        add("p50", &sim::distribution::p50);
        add("p95", &sim::distribution::p95);
        add("p99", &sim::distribution::p99);
        add("max", &sim::distribution::max);
    };
    spread("wait", &sim::group::wait, report::unit::seconds);
    spread("completion", &sim::group::completion, report::unit::seconds);
    spread("bounded slowdown", &sim::group::slowdown, report::unit::plain);
    if (w.tenants.size() > 1)
        add_row(rows, "share error mean", all, [](const simulated& s) {
            return report::format(s.summary.share_error, report::unit::percent);
        });
    if (std::ranges::any_of(all,
                            [](const simulated& s) { return s.summary.attempts > s.summary.finished; })) {
        add_row(rows, "attempts", all,
                [](const simulated& s) { return fmt::format("{}", s.summary.attempts); });
        add_row(rows, "preemptions", all,
                [](const simulated& s) { return fmt::format("{}", s.summary.all.preemptions); });
        add_row(rows, "lost unit-hours", all,
                [](const simulated& s) { return report::format(s.summary.all.lost_unit_seconds / 3600); });
    }
    return aligned(rows) + group_table("tenant", all, &sim::summary::tenants) +
           group_table("class", all, &sim::summary::classes);
}

}  // namespace trainyard::cli
