#include "scheduler/sim/workload.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scheduler/sim/hash.hpp"

namespace trainyard::sim {

index name_list::intern(std::string_view name) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
    const auto number = static_cast<index>(names_.size());
    names_.emplace_back(name);
    by_name_.emplace(names_.back(), number);
    return number;
}

std::int64_t job::units() const {
    std::int64_t sum = 0;
    for (const demand& d : needs) sum += d.units;
    return sum;
}

duration from_seconds(double seconds) {
    return duration{std::llround(seconds * 1e9)};
}

double to_seconds(duration d) {
    return std::chrono::duration<double>(d).count();
}

void sort_jobs(workload& w) {
    if (std::ranges::is_sorted(w.jobs, {}, &job::submit)) return;
    // Places are sorted rather than jobs: a stable sort of values that own memory costs a copy of each.
    std::vector<index> order(w.jobs.size());
    std::iota(order.begin(), order.end(), index{0});
    std::ranges::sort(order, [&](index a, index b) {
        return w.jobs[a].submit != w.jobs[b].submit ? w.jobs[a].submit < w.jobs[b].submit : a < b;
    });
    std::vector<index> place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<index>(i);
    std::vector<job> sorted;
    sorted.reserve(order.size());
    for (const index from : order) {
        sorted.push_back(std::move(w.jobs[from]));
        for (index& d : sorted.back().depends_on) d = place[d];
    }
    w.jobs = std::move(sorted);
}

std::uint64_t digest(const workload& w) {
    hasher h;
    for (const name_list* names : {&w.tenants, &w.classes, &w.resources, &w.pools})
        for (const std::string& n : names->all()) h.text(n);
    for (const job& j : w.jobs) {
        h.text(j.name).number(j.submit.count()).number(j.run.count()).number(j.requested.count());
        h.number(j.tenant)
            .number(j.job_class)
            .number(j.priority)
            .number(j.max_attempts)
            .number(j.preemptible);
        for (const demand& d : j.needs) h.number(d.resource).number(d.units);
        for (const index p : j.pools) h.number(p);
        for (const index d : j.depends_on) h.number(d);
    }
    return h.value();
}

}  // namespace trainyard::sim
