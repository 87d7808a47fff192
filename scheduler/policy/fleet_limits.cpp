// What changes how much a pool takes: limits that are set or learned, start budgets, and the gates of
// refusals.
#include <algorithm>

#include "scheduler/policy/fleet.hpp"

namespace trainyard::policy {

bool fleet::set_limit(index pool, index resource, amount limit) {
    pool_line& l = pools_[pool].lines[resource];
    if (!l.offered || l.source != limit_source::discovered || l.limit == limit) return false;
    l.limit = limit;
    l.outgrown = l.used > limit ? l.used : amount{};
    capacity_[resource] = {};
    for (const pool_state& p : pools_) capacity_[resource] += p.lines[resource].limit;
    changed(pool, resource);
    find_most_room();
    return true;
}

void fleet::set_budget(index pool, std::int64_t starts) {
    pools_[pool].budget = std::max<std::int64_t>(0, starts);
    changed_open(pool);
}

void fleet::set_budget(index pool, index kind, std::int64_t starts) {
    auto& budgets = pools_[pool].kind_budgets;
    if (budgets.size() <= kind) budgets.resize(kind + 1);
    budgets[kind] = std::max<std::int64_t>(0, starts);
    changed_shut(pool, kind);
}

void fleet::return_start(index pool, index kind) {
    pay(pool, kind, -1);
    changed_open(pool);
}

void fleet::block(index pool, index resource, wall_time until) {
    pools_[pool].lines[resource].learned.reset();
    close(pool, resource, until);
}

void fleet::close(index pool, index resource, wall_time until) {
    pool_line& l = pools_[pool].lines[resource];
    gate& g = l.gate;
    if (g.now == gate::state::blocked) {
        until = std::max(until, g.until);
        timers_.erase({g.until, pool, resource});
    }
    g = {gate::state::blocked, until, 0};
    ++l.refusals;
    timers_.insert({until, pool, resource});
    changed(pool, resource);
}

// Several starts may be under way when the first is refused. Each refusal lowers what is learned, until all
// that remains in use was accepted.
//
// A probe may be taken where nothing was raised: a job has ended that is still counted here. One or two of
// them prove nothing, and once their room is counted back, starts up to there would be refused. Where AWS
// says what its limit is, that settles it.
void fleet::refuse(index pool, index resource, amount refused, wall_time until,
                   std::optional<amount> stated) {
    constexpr int doubtful = 2;
    pool_line& l = pools_[pool].lines[resource];
    const amount in_use = l.used;
    amount now = in_use > refused ? in_use - refused : amount{};
    if (stated)
        now = std::min(now, *stated);
    else if (l.learned && l.probes_taken > 0 && l.probes_taken <= doubtful)
        now = std::min(now, l.refused_above);
    l.learned = l.refused_above = now;
    l.probes_taken = 0;
    close(pool, resource, until);
}

// Whether the limit is higher than what was learned, only the probe tells. After one that was accepted the
// next may follow at once.
void fleet::accept(index pool, index resource, std::uint64_t job) {
    pool_line& l = pools_[pool].lines[resource];
    if (!l.learned) return unblock(pool, resource);
    if (l.gate.now != gate::state::probing || l.gate.probe != job) return;
    if (l.used >= l.limit) return unblock(pool, resource);
    l.refusals /= 2;
    ++l.probes_taken;
    l.learned = std::max(*l.learned, l.used);
    l.gate = {gate::state::probe_due, {}, 0};
    changed(pool, resource);
}

void fleet::unblock(index pool, index resource) {
    pool_line& l = pools_[pool].lines[resource];
    l.refusals /= 2;
    l.learned.reset();
    if (l.gate.now == gate::state::free) return;
    if (l.gate.now == gate::state::blocked) timers_.erase({l.gate.until, pool, resource});
    l.gate = {};
    changed(pool, resource);
}

void fleet::open_gates(wall_time now) {
    while (!timers_.empty() && std::get<0>(*timers_.begin()) <= now) {
        const auto [until, pool, resource] = *timers_.begin();
        timers_.erase(timers_.begin());
        pools_[pool].lines[resource].gate = {gate::state::probe_due, {}, 0};
        changed(pool, resource);
    }
}

}  // namespace trainyard::policy
