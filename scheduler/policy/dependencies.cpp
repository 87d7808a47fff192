// Jobs that wait for other jobs, and gangs: how they come into the queues and out of them.
#include <algorithm>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

waiting_job waiting_of(const pending_job& j, duration expected) {
    return {j.submitted.time_since_epoch().count(), j.id, expected.count()};
}

}  // namespace

void scheduler::impl::add_held(const pending_job& j) {
    TY_CHECK(!running.find(j.id) && !waiting.find(j.id) && !held.contains(j.id), "a job was added twice");
    std::vector<std::uint64_t> known;
    for (const std::uint64_t d : j.depends_on)
        if (running.find(d) || waiting.find(d) || held.contains(d)) known.push_back(d);
    held.add(j, known);
    if (held.find(j.id)->ready()) settle_held(j.id);
}

// Everything that the job waited for has come: into its queue, or to its gang.
void scheduler::impl::settle_held(std::uint64_t id) {
    const pending_job& j = held.find(id)->job;
    if (j.gang.empty()) {
        const pending_job ready = held.take(id);
        const index shape = shape_for(ready);
        const waiting_job w = waiting_of(ready, expected(ready.runtime));
        TY_CHECK(waiting.insert({id, w.submitted, shape, 0}), "a job was added twice");
        ++shapes[shape].jobs;
        enqueue(shape, w);
        return;
    }
    const index g = held.gang_index(j.gang, j.gang_size);
    unqueue_gang(g);
    held.join(id);
    queue_gang(g);
}

void scheduler::impl::queue_gang(index g) {
    const gang& x = held.gang_at(g);
    if (x.ready.empty() || x.ready.size() + x.gone < x.size) return;
    const pending_job& leader = held.find(x.ready.front())->job;
    duration longest{};
    for (const std::uint64_t id : x.ready) longest = std::max(longest, expected(held.find(id)->job.runtime));
    const index shape = shape_for(leader, g);
    ++shapes[shape].jobs;
    held.gang_at(g).shape = shape;
    held.gang_at(g).queued = waiting_of(leader, longest);
    enqueue(shape, held.gang_at(g).queued);
}

void scheduler::impl::unqueue_gang(index g) {
    const index shape = std::exchange(held.gang_at(g).shape, no_index);
    if (shape == no_index) return;
    dequeue(shape, held.gang_at(g).queued);
    drop_job_of(shape);
}

bool scheduler::impl::remove_held(std::uint64_t id) {
    const held_job* h = held.find(id);
    if (!h) return false;
    if (const index g = h->gang; g != no_index) {
        unqueue_gang(g);
        const bool last = held.gang_at(g).members == 1;
        held.leave(id);
        if (!last) queue_gang(g);
    }
    held.take(id);
    end_of(id, outcome::failed);
    return true;
}

void scheduler::impl::end_of(std::uint64_t id, outcome how) {
    const held_jobs::news n = held.ended(id, how);
    for (const std::uint64_t ready : n.ready) settle_held(ready);
    for (const std::uint64_t hopeless : n.unsatisfiable) {
        if (!held.contains(hopeless)) continue;  // it depended on one before it, too
        held.take(hopeless);
        unsatisfiable.push_back(hopeless);
        end_of(hopeless, outcome::failed);
    }
}

void scheduler::impl::requeue_member(std::uint64_t id) {
    held.add(held.member_back(id), {});
    settle_held(id);
}

needs scheduler::impl::needs_of_gang(const gang& g) {
    std::vector<demand_line> all;
    for (const std::uint64_t id : g.ready) {
        const std::vector<demand_line>& d = held.find(id)->job.demand;
        all.insert(all.end(), d.begin(), d.end());
    }
    return fleet.intern(all);
}

bool scheduler::impl::start_gang(index shape, const waiting_job& leader, index lane, decision& out) {
    const index g = shapes[shape].key->gang;
    const std::vector<std::uint64_t> members = held.gang_at(g).ready;
    const std::vector<reservation> kept_before = kept_;
    std::vector<index> held_slots;
    std::vector<choice> choices;
    for (const std::uint64_t id : members) {
        const pending_job& j = held.find(id)->job;
        const index own = shape_for(j);
        const waiting_job w = waiting_of(j, expected(j.runtime));
        const choice c = fleet.at(shapes[own].key->demand).below_limits ? choose(own, lane, w) : choice{};
        ++shapes[own].jobs;
        if (!c) {
            drop_job_of(own);
            break;
        }
        choices.push_back(c);
        held_slots.push_back(hold_room(id, own, c.demand, c.pool, w, false));
        slots[held_slots.back()].fell_back = c.fell_back;
        for (reservation& r : kept_) r.started(c.pool, fleet.at(c.demand).key->demand, end_of_run(w));
    }
    if (held_slots.size() < members.size()) {
        kept_ = kept_before;
        for (std::size_t i = held_slots.size(); i-- > 0;) {
            const index own = slots[held_slots[i]].shape, pool = slots[held_slots[i]].pool;
            const index kind = fleet.at(shapes[own].key->demand).key->kind;
            return_quietly(held_slots[i]);
            fleet.return_start(pool, kind);
            drop_job_of(own);
        }
        return false;
    }
    dequeue(shape, leader);
    held.gang_at(g).shape = no_index;
    drop_job_of(shape);
    for (std::size_t i = 0; i < members.size(); ++i) {
        const started_job& s = slots[held_slots[i]];
        record(members[i], shapes[s.shape].key->leaf, choices[i], lane, reason::gang, 0);
        held.member_started(members[i]);
        out.starts.push_back({members[i], fleet.pool_names().name(s.pool), s.fell_back});
    }
    return true;
}

}  // namespace trainyard::policy
