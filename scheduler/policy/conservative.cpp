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
    for (const auto& [shape, job] : lanes[number]->jobs.list(config.lookahead)) {
        if (out.starts.size() >= max) return;
        ++examined;
        if (!may(shape)) continue;
        const shape_key& k = *shapes[shape].key;
        const needs& n = fleet.at(k.demand).key->demand;
        const std::int64_t from = now.time_since_epoch().count();
        if (preemption.claims.contains(job.id)) continue;
        const auto place = profile.earliest(fleet.at(k.demand).key->pools, n, job.expected, number);
        const bool starts_now = place.pool != no_index && place.at == from;
        // Where the profile has room the job may start; `choose` adds what no profile knows.
        if (starts_now && k.gang == no_index) {
            choice best;
            fleet.each_open(k.demand, [&](index p) {
                if (fleet.pools()[p].lane != number || !profile.has_room(p, n, from, job.expected)) return;
                if (best.pool == no_index || fleet.better(p, best.pool, n)) best = {p, k.demand, false};
            });
            if (best) {
                dequeue(shape, job);
                waiting.erase(job.id);
                start_one(shape, job, best, number, reason::in_order, out);
                profile.took(best.pool, n, from, job.expected);
                continue;
            }
        } else if (starts_now) {
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
