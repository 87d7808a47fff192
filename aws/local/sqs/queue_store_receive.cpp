// The receiving half of queue_store: which messages, in which order, and repeated attempts.
#include <algorithm>
#include <utility>
#include <vector>

#include "aws/local/sqs/queue_store.hpp"

namespace trainyard::aws::local {

namespace {

constexpr std::size_t cache_line = 64;

void fetch(const void* from, std::size_t bytes) {
    const char* const at = static_cast<const char*>(from);
    for (std::size_t i = 0; i < bytes; i += cache_line) __builtin_prefetch(at + i);
}

// The messages of one group come from afar when many groups were sent in turns: all are waited for at once.
template <class Entry>
void fetch_early(const std::vector<Entry*>& entries) {
    constexpr std::size_t most = 1024;  // of a body: the rest comes while the beginning is read
    for (const Entry* const e : entries) fetch(e, sizeof *e);
    for (const Entry* const e : entries)
        fetch(e->message.body.data(), std::min(e->message.body.size(), most));
}

}  // namespace

// New messages stand behind all others.
void queue_store::grow_horizon(serial added) {
    if (entries_.size() == settings_.look_ahead) horizon_ = added;
}

// The horizon only moves on, so each number is passed once.
void queue_store::shrink_horizon(serial leaving) {
    if (horizon_ == 0 || leaving > horizon_) return;
    do ++horizon_;
    while (horizon_ <= last_ && !entries_.contains(horizon_));
    if (horizon_ > last_) horizon_ = 0;
}

// From nothing: restored messages come in any order.
void queue_store::find_horizon() {
    if (std::exchange(horizon_known_, true)) return;
    horizon_ = 0;
    const std::size_t place = settings_.look_ahead - 1;
    if (entries_.size() <= place) return;
    std::vector<serial> numbers;
    numbers.reserve(entries_.size());
    for (const auto& [number, e] : entries_) numbers.push_back(number);
    const auto last_seen = numbers.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(numbers.begin(), last_seen, numbers.end());
    horizon_ = *last_seen;
}

queue_store::received queue_store::receive(const receive_request& request, wall_time now, rng& random) {
    advance(now);
    received out;
    constexpr std::size_t usual_most = 10;
    out.messages.reserve(std::min(request.max, usual_most));
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
    find_horizon();
    std::vector<const group*> done;  // that are ready again under a later key
    for (auto first = ready_.begin(); first != ready_.end() && out.messages.size() < request.max;) {
        const serial key = first->ready;
        if (horizon_ != 0 && key > horizon_) return;
        group* const g = &*first;
        if (std::find(done.begin(), done.end(), g) == done.end()) {
            if (in_flight_ >= settings_.in_flight_limit) return;  // never an error on a FIFO queue
            // After dead letters, messages taken with no visibility timeout stand at the front under a new
            // key.
            if (receive_of_group(*g, request, now, random, out) && g->ready > key) done.push_back(g);
        }
        first = ready_.upper_bound(key);
    }
}

// False when the group is gone: a dead letter may be its last member.
bool queue_store::receive_of_group(group& g, const receive_request& request, wall_time now, rng& random,
                                   received& out) {
    std::vector<entry*> run;
    serial behind = 0;
    while (out.messages.size() < request.max) {
        g.members.next(behind, request.max - out.messages.size(), run);
        if (run.empty()) return true;
        fetch_early(run);
        for (entry* const e : run) {
            if (in_flight_ >= settings_.in_flight_limit || e->where != state::visible) return true;
            if (horizon_ != 0 && e->number > horizon_) return true;
            behind = e->number;
            const bool dead =
                request.max_receive_count != 0 && e->message.receive_count >= request.max_receive_count;
            if (!dead) {
                take(*e, request, now, random, out);
                continue;
            }
            const bool last = g.members.size() == 1;
            out.dead_letters.push_back(extract(*e));
            if (last) return false;
        }
    }
    return true;
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
