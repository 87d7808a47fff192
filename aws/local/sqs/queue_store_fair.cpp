// Fair queues: the tenants of a standard queue, and whose messages go first. Queues whose messages have no
// group never come here.
#include <algorithm>

#include "aws/local/sqs/queue_store.hpp"

namespace trainyard::aws::local {

void queue_store::join(entry& e, wall_time when) {
    e.home = &*groups_.try_emplace(e.message.group_id).first;
    group& g = e.home->second;
    ++g.alive;
    leave(g);
    g.last_send = std::max(g.last_send, when);
    g.rested = false;
    enter(g);
}

void queue_store::leave(group& g) {
    if (g.noisy) noisy_until_.erase({g.last_send + noisy_for, &g});
    if (g.ready == 0) return;
    if (g.noisy)
        noisy_.erase(noisy_.iterator_to(g));
    else
        ready_.erase(ready_.iterator_to(g));
    g.ready = 0;
}

void queue_store::enter(group& g) {
    g.ready = g.waiting.empty() ? 0 : g.waiting.begin()->number;
    const bool many =
        !g.rested && g.in_flight >= settings_.noisy_from && g.in_flight * noisy_share > in_flight_;
    g.noisy = g.ready != 0 && (g.noisy || many);
    if (g.noisy) noisy_until_.emplace(std::pair{g.last_send + noisy_for, &g}, &g);
    if (g.ready == 0) return;
    if (g.noisy)
        noisy_.insert(g);
    else
        ready_.insert(g);
}

void queue_store::quieten(wall_time now) {
    while (!noisy_until_.empty() && noisy_until_.begin()->first.first <= now) {
        group& g = *noisy_until_.begin()->second;
        leave(g);
        g.noisy = false;
        g.rested = true;
        g.ready = g.waiting.begin()->number;
        ready_.insert(g);
    }
}

void queue_store::place_of_tenant(entry& e, state s, wall_time due) {
    group& g = e.home->second;
    leave(g);
    if (e.where == state::visible) g.waiting.erase(g.waiting.iterator_to(e));
    if (e.where == state::in_flight) --g.in_flight;
    if (e.where == state::delayed || e.where == state::in_flight) {
        timers_.erase(timers_.iterator_to(e));
        --(e.where == state::delayed ? delayed_ : in_flight_);
    }
    e.where = s;
    e.due = due;
    if (s == state::visible) g.waiting.insert(g.waiting.end(), e);
    if (s == state::in_flight) ++g.in_flight;
    if (s == state::delayed || s == state::in_flight) {
        timers_.insert(timers_.end(), e);
        ++(s == state::delayed ? delayed_ : in_flight_);
    }
    enter(g);
}

void queue_store::forget(entry& e) {
    place_of_tenant(e, state::detached, e.due);
    named_group& home = *e.home;
    if (--home.second.alive > 0) return;
    leave(home.second);
    groups_.erase(groups_.find(home.first));
}

// Null when the message of that number, which has no tenant and is quiet, goes before all of theirs; 0: there
// is none.
queue_store::entry* queue_store::first_of_tenants(serial before) {
    if (!ready_.empty() && (before == 0 || ready_.begin()->ready < before))
        return &*ready_.begin()->waiting.begin();
    if (before != 0 || noisy_.empty()) return nullptr;
    return &*noisy_.begin()->waiting.begin();
}

void queue_store::receive_fairly(const receive_request& request, wall_time now, rng& random, received& out) {
    std::vector<entry*> shown;  // delivered without a visibility timeout; not twice in one answer
    for (auto next = visible_.begin(); out.messages.size() < request.max;) {
        if (in_flight_ >= settings_.in_flight_limit) {
            out.over_limit = out.messages.empty();
            break;
        }
        const bool lone = next != visible_.end();
        entry* e = first_of_tenants(lone ? next->number : 0);
        const bool of_tenant = e != nullptr;
        if (!of_tenant) {
            if (!lone) break;
            e = &*next++;  // before it leaves the set
        }
        if (request.max_receive_count != 0 && e->message.receive_count >= request.max_receive_count) {
            out.dead_letters.push_back(extract(*e));
            continue;
        }
        take(*e, request, now, random, out);
        if (!of_tenant || e->where != state::visible) continue;
        place_of_tenant(*e, state::detached, e->due);
        shown.push_back(e);
    }
    for (entry* e : shown) place_of_tenant(*e, state::visible, e->due);
}

}  // namespace trainyard::aws::local
