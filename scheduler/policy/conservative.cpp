// Conservative backfill: every job without room has a reservation, made anew in each pass in the order of the
// jobs.
#include <algorithm>
#include <map>

#include "scheduler/policy/profile.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {

void scheduler::impl::pass_conservative(index number, std::size_t max, decision& out) {
    room_profile profile(fleet, ends_, now.time_since_epoch().count());
    for (const reservation& r : kept_)
        if (r.pool != no_index) profile.keep(r);
    const std::int64_t from = now.time_since_epoch().count();
    // Where the job may start now without taking what is reserved.
    const auto choose_beside = [&](index demand, index leaf, const waiting_job& j) {
        choice best;
        const needs& n = fleet.at(demand).key->demand;
        if (tenants.obstacle_for(leaf, n) || (!preemption.claims.empty() && spoils_claim(leaf, n, j.id)))
            return best;
        fleet.each_open(demand, [&](index p) {
            if (fleet.pools()[p].lane != number || !profile.has_room(p, n, from, j.expected)) return;
            if (best.pool == no_index || fleet.better(p, best.pool, n, fleet.at(demand).key->kind))
                best = {p, demand, false};
        });
        return best;
    };
    for (const auto& listed : lanes[number]->jobs.list(config.lookahead)) {
        if (out.starts.size() >= max) return;
        const index shape = listed.first;
        const waiting_job job = listed.second;
        ++examined;
        if (preemption.claims.contains(job.id) || !may(shape)) continue;
        const shape_key& k = *shapes[shape].key;
        const index demand = k.demand, leaf = k.leaf;
        const needs& n = fleet.at(demand).key->demand;
        if (k.gang == no_index) {
            choice c = choose_beside(demand, leaf, job);
            if (const index back = fleet.at(demand).key->fall_back; !c && back != no_index) {
                c = choose_beside(back, leaf, job);
                c.fell_back = true;
            }
            if (c) {
                dequeue(shape, job);
                waiting.erase(job.id);
                start_one(shape, job, c, number, reason::in_order, out);
                profile.took(c.pool, fleet.at(c.demand).key->demand, from, job.expected);
                continue;
            }
        }
        const auto place = profile.earliest(fleet.at(demand).key->pools, n, job.expected, number);
        if (k.gang != no_index && place.pool != no_index && place.at == from) {
            const std::size_t before = out.starts.size();
            if (start(shape, job, number, reason::in_order, out)) {
                for (std::size_t i = before; i < out.starts.size(); ++i) {
                    const started_job& s = started(out.starts[i].job);
                    profile.took(s.pool, fleet.at(s.demand).key->demand, from, s.expected);
                }
                continue;
            }
        }
        if (place.pool != no_index) profile.take(place.pool, n, place.at, job.expected);
    }
    lanes[number]->idle = true;
}

}  // namespace trainyard::policy
