#include <vector>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

struct tally {
    amount jobs, restored_jobs;
    std::vector<amount> used, restored;  // by resource
};

void count(tally& t, const job_state& j, const needs& demand, std::size_t resources) {
    t.used.resize(resources);
    t.restored.resize(resources);
    t.jobs += amount{1};
    if (j.restored) t.restored_jobs += amount{1};
    for (const need& n : demand) {
        t.used[n.resource] += n.instances;
        if (j.restored) t.restored[n.resource] += n.instances;
    }
}

// Only restored jobs may stand above a limit, and by no more than what they hold.
template <class State>
void check_counts(const State& s, tally t) {
    t.used.resize(s.lines.size());
    t.restored.resize(s.lines.size());
    TY_CHECK(s.jobs == t.jobs && s.restored_jobs == t.restored_jobs, "the job count differs from the jobs");
    TY_CHECK(s.jobs <= s.jobs_max + s.restored_jobs, "more jobs than jobs_max");
    for (std::size_t r = 0; r < s.lines.size(); ++r)
        TY_CHECK(s.lines[r].used == t.used[r] && s.lines[r].restored == t.restored[r],
                 "the usage of a resource differs from the jobs");
}

}  // namespace

void scheduler::check_invariants() const {
    const impl& x = *impl_;
    const std::size_t resources = x.fleet.resource_names().size();
    std::vector<tally> by_pool(x.fleet.pools().size()), by_tenant(x.fleet.tenants().size());
    std::vector<std::size_t> shape_jobs(x.shapes.size()), shape_waiting(x.shapes.size()),
        waiting(by_tenant.size());
    std::size_t pending = 0;
    for (const auto& [id, j] : x.jobs) {
        const shape_state& s = x.shapes[j.shape];
        TY_CHECK(s.key && j.key.id == id, "a job belongs to no shape");
        ++shape_jobs[j.shape];
        TY_CHECK(s.queue.contains(j.key) == !j.pool, "a job is queued when and only when it waits");
        if (j.pool) {
            count(by_pool[*j.pool], j, s.key->demand, resources);
            count(by_tenant[s.key->tenant], j, s.key->demand, resources);
        } else {
            ++shape_waiting[j.shape];
            ++waiting[s.key->tenant];
            ++pending;
        }
    }
    TY_CHECK(pending == x.pending, "the number of pending jobs differs from the jobs");
    for (std::size_t p = 0; p < by_pool.size(); ++p) {
        const pool_state& s = x.fleet.pools()[p];
        check_counts(s, by_pool[p]);
        for (const pool_line& l : s.lines)
            TY_CHECK(l.used <= l.limit + l.restored, "a pool is over its limit");
        TY_CHECK(!s.budget || *s.budget >= 0, "a start budget is overdrawn");
        for (std::size_t r = 0; r < s.lines.size(); ++r) {
            const gate& g = s.lines[r].gate;
            const auto timer = std::tuple{g.until, static_cast<index>(p), static_cast<index>(r)};
            TY_CHECK(g.now != gate::state::blocked || x.fleet.timers().contains(timer),
                     "a block has no timer");
            const auto probe = x.jobs.find(g.probe);
            TY_CHECK(g.now != gate::state::probing || (probe != x.jobs.end() && probe->second.pool == p),
                     "a probe is no started job of its pool");
        }
    }
    std::size_t ready = 0, turns = 0;
    for (std::size_t t = 0; t < by_tenant.size(); ++t) {
        const tenant_state& s = x.fleet.tenants()[t];
        check_counts(s, by_tenant[t]);
        for (const tenant_line& l : s.lines)
            TY_CHECK(l.used <= l.quota + l.restored, "a tenant is over its quota");
        TY_CHECK(s.share == x.fleet.compute_share(s), "a share differs from the usage");
        const tenant_queue& q = x.tenant_queues[t];
        TY_CHECK(q.pending == waiting[t], "the pending count of a tenant differs from the jobs");
        TY_CHECK(q.turn.has_value() == !q.ready.empty(),
                 "a tenant has a turn when and only when it has a ready shape");
        TY_CHECK(!q.turn || (x.turns.contains(*q.turn) && *q.turn == x.turn_of(static_cast<index>(t))),
                 "a tenant's turn is outdated");
        ready += q.ready.size();
        turns += q.turn ? 1 : 0;
    }
    TY_CHECK(turns == x.turns.size(), "the order of tenants has a stray entry");
    std::size_t live = 0, stalled = 0;
    for (std::size_t i = 0; i < x.shapes.size(); ++i) {
        const shape_state& s = x.shapes[i];
        TY_CHECK(s.jobs == shape_jobs[i] && s.queue.size() == shape_waiting[i],
                 "a shape's counts differ from the jobs");
        TY_CHECK((s.key != nullptr) == (s.jobs > 0), "a shape without jobs is kept");
        if (!s.key) continue;
        ++live;
        const auto id = static_cast<index>(i);
        TY_CHECK(x.shape_index.contains(*s.key) && x.shape_index.at(*s.key) == id, "a shape is not indexed");
        TY_CHECK(s.ready.has_value() == (!s.stalled && !s.queue.empty()),
                 "a shape is ready, stalled or empty");
        TY_CHECK(!s.ready || *s.ready == *s.queue.begin(), "a shape is listed with another head");
        TY_CHECK(!s.ready || x.tenant_queues[s.key->tenant].ready.contains({*s.ready, id}),
                 "a ready shape is lost");
        TY_CHECK(s.stalled == x.stalled.contains(id), "a stalled shape is lost");
        ready -= s.ready ? 1 : 0;
        stalled += s.stalled ? 1 : 0;
    }
    TY_CHECK(ready == 0, "a tenant lists a shape that is not ready");
    TY_CHECK(live == x.shape_index.size() && stalled == x.stalled.size(), "an index has a stray shape");
}

}  // namespace trainyard::policy
