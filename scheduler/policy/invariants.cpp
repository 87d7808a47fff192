#include <algorithm>
#include <map>
#include <vector>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

struct pool_tally {
    amount jobs, restored_jobs;
    std::map<index, amount> used, restored;
};

// Only restored jobs may stand above a limit, and by no more than what they hold.
void check_pool(const pool_state& s, pool_tally t) {
    TY_CHECK(s.jobs == t.jobs && s.restored_jobs == t.restored_jobs,
             "the job count of a pool differs from the jobs");
    TY_CHECK(s.jobs <= s.jobs_max + s.restored_jobs, "a pool has more jobs than its jobs_max");
    for (index r = 0; r < s.lines.size(); ++r) {
        TY_CHECK(s.lines[r].used == t.used[r] && s.lines[r].restored == t.restored[r],
                 "the usage of a pool differs from the jobs");
        TY_CHECK(s.lines[r].used <= std::max(s.lines[r].limit, s.lines[r].outgrown) + s.lines[r].restored,
                 "a pool is over its limit");
    }
    TY_CHECK(!s.budget || *s.budget >= 0, "a start budget is overdrawn");
    for (const auto& left : s.kind_budgets)
        TY_CHECK(!left || *left >= 0, "a start budget of a kind is overdrawn");
}

}  // namespace

void scheduler::check_invariants() const {
    const impl& x = *impl_;
    std::vector<pool_tally> pools(x.fleet.pools().size());
    std::vector<std::size_t> shape_jobs(x.shapes.size());
    std::map<index, std::pair<amount, amount>> kinds, groups;
    policy::tenants recounted = x.tenants.emptied();
    std::size_t running = 0, ends = 0, ends_wanted = 0;
    for (index i = 0; i < x.slots.size(); ++i) {
        const started_job& s = x.slots[i];
        if (s.shape == no_index) continue;
        ++running;
        const id_table::entry* e = x.running.find(s.id);
        TY_CHECK(e && e->shape == i, "a started job is not found by its id");
        TY_CHECK(!x.waiting.find(s.id) && !x.held.contains(s.id), "a started job waits");
        ++shape_jobs[s.shape];
        const shape_key& k = *x.shapes[s.shape].key;
        const class_key& c = *x.fleet.at(k.demand).key;
        const needs& n = x.fleet.at(s.demand).key->demand;
        recounted.take(k.leaf, n, s.restored);
        pool_tally& p = pools[s.pool];
        p.jobs += amount{1};
        if (s.restored) p.restored_jobs += amount{1};
        for (const need& m : n) {
            p.used[m.resource] += m.instances;
            if (s.restored) p.restored[m.resource] += m.instances;
            TY_CHECK(x.ends_[s.pool][m.resource].find({s.end(), s.id, 0}), "an expected end is missing");
        }
        ends_wanted += n.size() + (x.fleet.pools()[s.pool].jobs_max.is_unlimited() ? 0 : 1);
        for (auto* counts : {&kinds, &groups}) {
            const index which = counts == &kinds ? c.kind : c.group;
            if (which == no_index) continue;
            (*counts)[which].first += amount{1};
            if (s.restored) (*counts)[which].second += amount{1};
        }
    }
    TY_CHECK(running == x.running.size(), "the number of started jobs differs from the jobs");
    for (const auto& pool : x.ends_)
        for (const endings& e : pool) ends += e.size();
    TY_CHECK(ends == ends_wanted, "a stray expected end");
    for (index p = 0; p < pools.size(); ++p) {
        check_pool(x.fleet.pools()[p], pools[p]);
        for (index r = 0; r < x.fleet.resource_names().size(); ++r) {
            const gate& g = x.fleet.pools()[p].lines[r].gate;
            TY_CHECK(g.now != gate::state::blocked || x.fleet.timers().contains({g.until, p, r}),
                     "a block has no timer");
            const id_table::entry* probe = x.running.find(g.probe);
            TY_CHECK(g.now != gate::state::probing || (probe && x.slots[probe->shape].pool == p),
                     "a probe is no started job of its pool");
        }
    }
    for (const auto& [counts, tallies] :
         {std::pair{&kinds, &x.fleet.kinds()}, std::pair{&groups, &x.fleet.groups()}})
        for (index i = 0; i < tallies->size(); ++i) {
            const tally& t = (*tallies)[i];
            const auto it = counts->find(i);
            const auto want = it == counts->end() ? std::pair<amount, amount>{} : it->second;
            TY_CHECK(t.used == want.first && t.restored == want.second,
                     "a count of jobs differs from the jobs");
            TY_CHECK(t.used <= t.max + t.restored, "more jobs of a kind or group than allowed");
        }
    std::size_t waiting = 0, live = 0;
    for (index i = 0; i < x.shapes.size(); ++i) {
        const shape_state& s = x.shapes[i];
        TY_CHECK(s.key || (s.queue.empty() && s.jobs == 0), "a free shape has jobs");
        if (!s.key) continue;
        ++live;
        const auto at = x.shape_index.find(*s.key);
        TY_CHECK(at != x.shape_index.end() && at->second == i, "a shape is not indexed");
        s.queue.each([&](const waiting_job& j) {
            recounted.count_pending(s.key->leaf, true);
            ++shape_jobs[i];
            if (s.key->gang != no_index) return true;
            ++waiting;
            const id_table::entry* e = x.waiting.find(j.id);
            TY_CHECK(e && e->shape == i && e->submitted == j.submitted,
                     "a waiting job is not found by its id");
            return true;
        });
        TY_CHECK(s.jobs == shape_jobs[i], "a shape's count differs from the jobs");
        TY_CHECK(s.jobs > 0 || s.pinned, "a shape without jobs is kept");
    }
    TY_CHECK(waiting == x.waiting.size(), "the number of waiting jobs differs from the queues");
    TY_CHECK(live == x.shape_index.size(), "the index of shapes has a stray entry");
    x.tenants.check_equal(recounted);
    x.tenants.check_limits();
    x.fleet.check();
    for (const auto& l : x.lanes) l->jobs.check();
    for (const auto& [job, claim] : x.preemption.claims) {
        TY_CHECK(x.waiting.find(job), "a claim belongs to no waiting job");
        for (const std::uint64_t v : claim.victims) {
            const id_table::entry* e = x.running.find(v);
            TY_CHECK(e && x.slots[e->shape].stopping, "a victim is not stopping");
        }
    }
}

}  // namespace trainyard::policy
