// The receiving half of queue_store: which messages, in which order, and repeated attempts.
#include <algorithm>
#include <iterator>

#include "aws/local/sqs/queue_store.hpp"

namespace trainyard::aws::local {

void queue_store::grow_horizon(const entry& added) {
    const std::size_t size = entries_.size();
    if (size <= settings_.look_ahead) {
        if (size == settings_.look_ahead) horizon_ = &*by_age_.rbegin();
        return;
    }
    const key_of_age key;
    if (horizon_ != nullptr && key(added) < key(*horizon_))
        horizon_ = &*std::prev(by_age_.iterator_to(*horizon_));
}

void queue_store::shrink_horizon(const entry& leaving) {
    const key_of_age key;
    if (horizon_ == nullptr || key(leaving) > key(*horizon_)) return;
    const auto next = std::next(by_age_.iterator_to(*horizon_));
    horizon_ = next == by_age_.end() ? nullptr : &*next;
}

queue_store::received queue_store::receive(const receive_request& request, wall_time now, rng& random) {
    advance(now);
    received out;
    if (settings_.fifo) {
        if (replay(request, now, out)) return out;
        receive_fifo(request, now, random, out);
        remember_attempt(request, now, out);
    } else {
        receive_standard(request, now, random, out);
    }
    return out;
}

void queue_store::take(entry& e, const receive_request& request, wall_time now, rng& random, received& out) {
    mark(e.number);
    e.nonce = random.next_u64();
    e.received = now;
    e.visibility_changed = false;
    ++e.message.receive_count;
    if (!e.message.first_received) e.message.first_received = now;
    if (request.visibility.count() > 0) place(e, state::in_flight, now + request.visibility);
    out.messages.push_back({&e.message, make_handle(e)});
}

void queue_store::receive_standard(const receive_request& request, wall_time now, rng& random,
                                   received& out) {
    if (!ready_.empty() || !noisy_.empty()) return receive_fairly(request, now, random, out);
    for (auto next = visible_.begin(); next != visible_.end() && out.messages.size() < request.max;) {
        if (in_flight_ >= settings_.in_flight_limit) {
            out.over_limit = out.messages.empty();
            return;
        }
        entry& e = *next++;  // before it leaves the set
        if (request.max_receive_count != 0 && e.message.receive_count >= request.max_receive_count)
            out.dead_letters.push_back(extract(e));
        else
            take(e, request, now, random, out);
    }
}

void queue_store::receive_fifo(const receive_request& request, wall_time now, rng& random, received& out) {
    std::vector<const group*> done;  // that are ready again under a later key
    for (auto first = ready_.begin(); first != ready_.end() && out.messages.size() < request.max;) {
        const serial key = first->ready;
        if (horizon_ != nullptr && key > horizon_->number) return;
        group* const g = &*first;
        if (std::find(done.begin(), done.end(), g) == done.end()) {
            bool alive = true;  // a dead letter may be the last member, and the group goes with it
            for (auto next = g->members.begin(); alive && out.messages.size() < request.max;) {
                if (in_flight_ >= settings_.in_flight_limit) return;  // never an error on a FIFO queue
                if (next == g->members.end() || next->where != state::visible) break;
                if (horizon_ != nullptr && next->number > horizon_->number) break;
                entry& e = *next++;
                if (request.max_receive_count != 0 && e.message.receive_count >= request.max_receive_count) {
                    alive = g->members.size() > 1;
                    out.dead_letters.push_back(extract(e));
                } else {
                    take(e, request, now, random, out);
                }
            }
            // After dead letters, messages taken with no visibility timeout stand at the front under a new
            // key.
            if (alive && g->ready > key) done.push_back(g);
        }
        first = ready_.upper_bound(key);
    }
}

bool queue_store::replay(const receive_request& request, wall_time now, received& out) {
    if (request.attempt_id.empty()) return false;
    const auto found = attempts_.find(request.attempt_id);
    if (found == attempts_.end()) return false;
    const attempt& a = found->second;
    if (a.max != request.max || a.visibility != request.visibility) return false;
    const bool untouched = std::all_of(a.messages.begin(), a.messages.end(), [&](const auto& m) {
        const auto e = entries_.find(m.first);
        return e != entries_.end() && e->second.nonce == m.second && e->second.where == state::in_flight &&
               !e->second.visibility_changed;
    });
    if (!untouched) return false;
    for (const auto& [number, nonce] : a.messages) {
        entry& e = entries_.find(number)->second;
        mark(number);
        e.received = now;
        place(e, state::in_flight, now + request.visibility);
        out.messages.push_back({&e.message, make_handle(e)});
    }
    return true;
}

void queue_store::remember_attempt(const receive_request& request, wall_time now, const received& out) {
    if (request.attempt_id.empty() || out.messages.empty()) return;
    attempt a{request.max, request.visibility, now, {}};
    for (const delivery& d : out.messages) {
        const auto parts = read_handle(d.handle);
        a.messages.emplace_back(parts->number, parts->nonce);
    }
    attempts_.insert_or_assign(request.attempt_id, std::move(a));
    attempts_age_.emplace_back(now, request.attempt_id);
}

}  // namespace trainyard::aws::local
