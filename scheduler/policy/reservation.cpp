#include "scheduler/policy/reservation.hpp"

#include <algorithm>

#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

// The earliest end after which `wanted` are free, when `free` are now.
std::int64_t earliest_end(const endings& ends, std::int64_t free, std::int64_t wanted) {
    std::int64_t at = free >= wanted ? 0 : end_of_time;
    if (at == end_of_time)
        ends.each([&](const ending& e) {
            free += e.instances;
            if (free < wanted) return true;
            at = e.at;
            return false;
        });
    return at;
}

std::int64_t free_at(const endings& ends, std::int64_t free, std::int64_t at) {
    ends.each([&](const ending& e) {
        if (e.at > at) return false;
        free += e.instances;
        return true;
    });
    return free;
}

// Below 0 where restored jobs hold more than the limit.
std::int64_t free_now(amount limit, amount used) {
    return limit.is_unlimited() ? end_of_time / 2 : limit.count() - used.count();
}

}  // namespace

// When the pool will have room for the demand, as far as the expected runtimes tell; a job that runs longer
// than expected counts as ending at once.
std::int64_t scheduler::impl::earliest(index pool, const needs& n) const {
    const pool_state& p = fleet.pools()[pool];
    std::int64_t at = now.time_since_epoch().count();
    for (const need& x : n) {
        const pool_line& l = p.lines[x.resource];
        const bool blocked = l.gate.now == gate::state::blocked;
        const bool learned = blocked && l.learned && x.instances <= *l.learned;
        const amount limit = learned ? std::min(l.limit, *l.learned) : l.limit;
        at =
            std::max(at, earliest_end(ends_[pool][x.resource], free_now(limit, l.used), x.instances.count()));
        if (blocked && !learned) at = std::max(at, l.gate.until.time_since_epoch().count());
    }
    if (!p.jobs_max.is_unlimited())
        at = std::max(at, earliest_end(ends_[pool].back(), free_now(p.jobs_max, p.jobs), 1));
    return at;
}

reservation scheduler::impl::reserve_in(index pool, std::uint64_t job, const needs& n,
                                        std::int64_t at) const {
    reservation r;
    r.job = job;
    r.pool = pool;
    r.at = at;
    const pool_state& p = fleet.pools()[pool];
    for (const need& x : n) {
        const pool_line& l = p.lines[x.resource];
        if (l.limit.is_unlimited()) continue;
        const std::int64_t free = free_at(ends_[pool][x.resource], free_now(l.limit, l.used), at);
        r.lines.push_back({x.resource, free - x.instances.count(), x.instances.count()});
    }
    if (!p.jobs_max.is_unlimited())
        r.lines.push_back({no_index, free_at(ends_[pool].back(), free_now(p.jobs_max, p.jobs), at) - 1, 1});
    return r;
}

// In the pool where the job can start first.
reservation scheduler::impl::reserve(lane& l, index number, index shape, const waiting_job& j) {
    const shape_key& k = *shapes[shape].key;
    const needs n = k.gang == no_index ? fleet.at(k.demand).key->demand : needs_of_gang(held.gang_at(k.gang));
    const demand_class& c = fleet.at(k.demand);
    if (l.times.size() <= k.demand) l.times.resize(fleet.class_slots());
    lane::class_times& known = l.times[k.demand];
    if (known.number != c.number || k.gang != no_index || known.pools.size() < fleet.pools().size()) {
        known.number = k.gang == no_index ? c.number : 0;
        known.pools.assign(fleet.pools().size(), {});
    }
    const std::int64_t from = now.time_since_epoch().count();
    index best = no_index;
    std::int64_t best_at = end_of_time;
    for (const index p : c.key->pools) {
        const pool_state& s = fleet.pools()[p];
        if (s.lane != number || s.paused || (k.gang != no_index && !fleet.can_hold(p, n))) continue;
        std::uint64_t version = s.jobs < s.jobs_max ? 0 : s.version << 32U;
        for (const need& x : n) version += s.lines[x.resource].version;
        lane::known_time& t = known.pools[p];
        if (t.version != version || t.at < from) t = {version, earliest(p, n)};
        if (best == no_index || t.at < best_at ||
            (t.at == best_at && fleet.better(p, best, n, c.key->kind))) {
            best = p;
            best_at = t.at;
        }
    }
    if (best == no_index || best_at == end_of_time) {
        reservation none;
        none.job = j.id;
        return none;
    }
    return reserve_in(best, j.id, n, best_at);
}

}  // namespace trainyard::policy
