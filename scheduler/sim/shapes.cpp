#include "scheduler/sim/shapes.hpp"

#include <algorithm>

namespace trainyard::sim {
namespace {

// -1, 0 or 1.
int compare(const std::vector<demand>& a, const std::vector<demand>& b) {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].resource != b[i].resource) return a[i].resource < b[i].resource ? -1 : 1;
        if (a[i].units != b[i].units) return a[i].units < b[i].units ? -1 : 1;
    }
    return 0;
}

}  // namespace

bool shape_cache::less::operator()(index a, index b) const {
    const job &x = w.jobs[a], &y = w.jobs[b];
    if (x.tenant != y.tenant) return x.tenant < y.tenant;
    if (x.priority != y.priority) return x.priority < y.priority;
    if (x.preemptible != y.preemptible) return y.preemptible;
    if (const int needs = compare(x.needs, y.needs); needs != 0) return needs < 0;
    return x.pools < y.pools;
}

policy::pending_job shape_cache::pending(index job, duration runtime) const {
    const sim::job& j = w_.jobs[job];
    policy::pending_job p;
    p.id = job + std::uint64_t{1};
    p.tenant = w_.tenants[j.tenant];
    p.priority = j.priority;
    for (const demand& d : j.needs) p.demand.push_back({w_.resources[d.resource], d.units});
    for (const index pool : j.pools) p.pools.push_back(w_.pools[pool]);
    p.submitted = wall_time{j.submit};
    p.runtime = runtime;
    p.preemptible = j.preemptible;
    for (const index d : j.depends_on) p.depends_on.push_back(d + std::uint64_t{1});
    return p;
}

const shape_cache::known& shape_cache::entry(index job) {
    if (const auto found = known_.find(job); found != known_.end()) return found->second;
    policy::pending_job p = pending(job, duration{1});
    p.depends_on.clear();
    known k;
    k.impossible = scheduler_.impossible(p);
    if (!k.impossible) k.shape = scheduler_.shape_of(p);
    return known_.emplace(job, std::move(k)).first->second;
}

}  // namespace trainyard::sim
