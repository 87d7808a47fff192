// One pass over the waiting jobs of a lane: which of them start now, and where.
#include <algorithm>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {

std::int64_t scheduler::impl::end_of_run(const waiting_job& j) const {
    const std::int64_t from = now.time_since_epoch().count();
    return j.expected > end_of_time - from ? end_of_time : from + j.expected;
}

// Whether somebody else's room would be taken.
bool scheduler::impl::kept(index pool, const needs& n, const waiting_job& j) const {
    const std::int64_t end = end_of_run(j);
    return std::ranges::any_of(
        kept_, [&](const reservation& r) { return r.job != j.id && r.conflicts(pool, n, end); });
}

bool scheduler::impl::may(index shape) const {
    const shape_key& k = *shapes[shape].key;
    const demand_class& c = fleet.at(k.demand);
    if (!c.below_limits) return false;
    if (!tenants.obstacle_for(k.leaf, c.key->demand)) return true;
    return c.key->fall_back != no_index &&
           !tenants.obstacle_for(k.leaf, fleet.at(c.key->fall_back).key->demand);
}

choice scheduler::impl::choose_class(index demand, index leaf, index lane, const waiting_job& j) {
    choice out;
    const needs& n = fleet.at(demand).key->demand;
    const index kind = fleet.at(demand).key->kind;
    fleet.each_open(demand, [&](index p) {
        if (lanes.size() > 1 && fleet.pools()[p].lane != lane) return;
        if (!kept_.empty() && kept(p, n, j)) return;
        if (out.pool == no_index || fleet.better(p, out.pool, n, kind)) out = {p, demand, false};
    });
    if (out && (tenants.obstacle_for(leaf, n) || (!preemption.claims.empty() && spoils_claim(leaf, n, j.id))))
        out = {};
    return out;
}

choice scheduler::impl::choose(index shape, index lane, const waiting_job& j) {
    const shape_key& k = *shapes[shape].key;
    if (!fleet.at(k.demand).below_limits) return {};
    choice out = choose_class(k.demand, k.leaf, lane, j);
    const index back = fleet.at(k.demand).key->fall_back;
    if (out || back == no_index) return out;
    out = choose_class(back, k.leaf, lane, j);
    out.fell_back = static_cast<bool>(out);
    return out;
}

// The first job in order that its limits admit; `with_room`: that could start now, too.
candidate scheduler::impl::find(index lane, bool with_room, const search_filter& f) {
    struct refusal {
        tenant_obstacle why;
        index leaf;
        std::size_t bit;
    };
    std::vector<refusal> refusals;
    std::int64_t longest = -1;
    for (const reservation& r : kept_)
        if (r.at != end_of_time) longest = std::max(longest, r.at - now.time_since_epoch().count());
    const auto accept = [&](index shape, waiting_job& job) {
        ++examined;
        const shape_state& s = shapes[shape];
        const shape_key& k = *s.key;
        if (with_room && k.gang != no_index && s.stalled_at == changes) return false;
        const demand_class& c = fleet.at(k.demand);
        // Who can start nowhere for a pause holds up nobody, and no room is kept for it.
        if (!c.below_limits || fleet.paused_everywhere(k.demand)) return false;
        if (c.key->fall_back != no_index) {
            if (!may(shape)) return false;
        } else if (const tenant_obstacle o = tenants.obstacle_for(k.leaf, c.key->demand)) {
            if (c.bit != class_mask::shared_bit) refusals.push_back({o, k.leaf, c.bit});
            return false;
        }
        job = s.queue.front();
        if (!with_room || k.gang != no_index || choose(shape, lane, job)) return true;
        // A job further behind may be short enough to end before the room is needed.
        const waiting_job* shorter = s.queue.first_within(longest);
        if (!shorter) return false;
        job = *shorter;
        return static_cast<bool>(choose(shape, lane, job));
    };
    const candidate found = lanes[lane]->jobs.first(f, accept);
    for (const refusal& r : refusals) {
        tenants.refuse(r.why, r.leaf, r.bit);
        for (const auto& l : lanes) l->jobs.update_tenant(r.why.whole ? r.why.node : r.leaf);
    }
    return found;
}

// What could still start beside the reservation: classes whose only room lies in its pool must be short.
search_filter scheduler::impl::filter_for(const reservation& r) const {
    search_filter f;
    f.open = fleet.fitting();
    f.need_max = fleet.most_room();
    if (r.pool == no_index) return f;
    f.free = f.open;
    f.runtime_max = r.at == end_of_time ? end_of_time : r.at - now.time_since_epoch().count();
    for (const reservation::line& l : r.lines) {
        if (l.resource == no_index && l.spare > 0) continue;  // it takes nobody's slot
        const auto& affected = l.resource == no_index ? fleet.pools()[r.pool].classes
                                                      : fleet.pools()[r.pool].lines[l.resource].classes;
        for (const index c : affected) {
            const demand_class& x = fleet.at(c);
            if (x.bit == class_mask::shared_bit || !f.free.test(x.bit) || !x.fallen_from.empty()) continue;
            if (x.key->fall_back != no_index || !r.conflicts(r.pool, x.key->demand, end_of_time)) continue;
            bool elsewhere = false;
            fleet.each_open(c, [&](index p) { elsewhere = elsewhere || p != r.pool; });
            if (!elsewhere) f.free.clear(x.bit);
        }
    }
    return f;
}

void scheduler::impl::record(std::uint64_t job, index leaf, const choice& c, index lane, reason why,
                             std::uint64_t other) {
    decision_ring::entry& e = ring.next();
    e.at = now;
    e.job = job;
    e.other = other;
    e.leaf = leaf;
    e.pool = c.pool;
    e.why = why;
    e.share = tenants.at(leaf).share;
    if (why == reason::preempted) return;
    const needs& n = fleet.at(c.demand).key->demand;
    const index kind = fleet.at(c.demand).key->kind;
    std::size_t count = 0;
    const auto put = [&](index p) {
        if (count == e.scores.size()) return;
        fleet.fill(e.scores[count++], p, n, kind);
    };
    put(c.pool);
    fleet.each_open(c.demand, [&](index p) {
        if (p != c.pool && fleet.pools()[p].lane == lane) put(p);
    });
}

void scheduler::impl::start_one(index shape, const waiting_job& j, const choice& c, index lane, reason why,
                                decision& out) {
    const index leaf = shapes[shape].key->leaf;
    std::uint64_t reserved_for = 0;
    if (why == reason::backfilled && !kept_.empty()) reserved_for = kept_.back().job;
    record(j.id, leaf, c, lane, why, reserved_for);
    const index slot = hold_room(j.id, shape, c.demand, c.pool, j, false);
    slots[slot].fell_back = c.fell_back;
    const needs& n = fleet.at(c.demand).key->demand;
    for (reservation& r : kept_) r.started(c.pool, n, slots[slot].end());
    out.starts.push_back({j.id, fleet.pool_names().name(c.pool), c.fell_back});
}

// False when a gang has no room for all of it.
bool scheduler::impl::start(index shape, const waiting_job& j, index lane, reason why, decision& out) {
    if (shapes[shape].key->gang != no_index) {
        if (shapes[shape].stalled_at == changes) return false;
        const bool all = start_gang(shape, j, lane, out);
        if (!all) shapes[shape].stalled_at = changes;
        return all;
    }
    const choice c = choose(shape, lane, j);
    if (!c) return false;
    end_claim(j.id);
    dequeue(shape, j);
    waiting.erase(j.id);
    start_one(shape, j, c, lane, why, out);
    return true;
}

void scheduler::impl::pass(index number, std::size_t max, decision& out) {
    lane& l = *lanes[number];
    l.held.reset();
    keep_claimed();
    if (l.how == backfill::conservative) return pass_conservative(number, max, out);
    const bool greedy = l.how == backfill::greedy;
    while (out.starts.size() < max) {
        search_filter f;
        if (greedy) f = filter_for({});
        if (!greedy && l.held) f = filter_for(*l.held);
        const bool with_room = greedy || l.held;
        const candidate c = find(number, with_room, f);
        if (!c.found) {
            l.idle = true;
            return;
        }
        if (start(c.shape, c.job, number, l.held ? reason::backfilled : reason::in_order, out)) continue;
        if (with_room) continue;
        // The first job without room.
        if (l.how == backfill::none) {
            l.idle = true;
            return;
        }
        l.held = reserve(l, number, c.shape, c.job);
        kept_.push_back(*l.held);
        if (l.how == backfill::easy_sjbf) {
            shortest_first(number, max, out);
            l.idle = out.starts.size() < max;
            return;
        }
    }
}

void scheduler::impl::shortest_first(index lane, std::size_t max, decision& out) {
    std::vector<std::pair<index, waiting_job>> order = lanes[lane]->jobs.list(config.lookahead);
    std::vector<std::size_t> by_runtime(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) by_runtime[i] = i;
    std::ranges::sort(by_runtime, {}, [&](std::size_t i) { return std::pair{order[i].second.expected, i}; });
    for (const std::size_t i : by_runtime) {
        if (out.starts.size() >= max) return;
        const auto& [shape, job] = order[i];
        ++examined;
        if (job.id == lanes[lane]->held->job || !may(shape) || !fleet.fits(shapes[shape].key->demand))
            continue;
        start(shape, job, lane, reason::backfilled, out);
    }
}

decision scheduler::decide(wall_time now, std::size_t max) {
    impl& x = *impl_;
    advance(now);
    decision out;
    if (x.tenants.at(policy::tenants::root).paused) {
        out.unsatisfiable.swap(x.unsatisfiable);
        return out;
    }
    x.start_claimed(out, max);
    for (index l = 0; l < x.lanes.size() && out.starts.size() < max; ++l)
        if (!x.lanes[l]->idle) x.pass(l, max, out);
    x.preempt(out);
    out.unsatisfiable.swap(x.unsatisfiable);
    return out;
}

}  // namespace trainyard::policy
