// Entries of batch calls (deletes, visibility changes, sends) collected across their origins into full
// batches. Pure: what goes out, when, and what becomes of each entry. The driver sends and reports.
//
// A batch goes out when it is full by count or by bytes, or when its oldest entry has lingered. An entry that
// failed by the service's fault is tried again, alone with others that wait, after a growing pause; one that
// failed by ours is given up at once, because the same request fails for ever.
//
// Of a group one entry is out at a time: when one of two in a batch fails, the other one must not have gone
// before it. Only the first that waits of a group that has none out can go, so it alone stands where take()
// looks: an entry costs O(log n) of those that can go, however many wait behind others of their groups.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aws/sqs/coalescer_limits.hpp"
#include "engine/base/check.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::sqs {

template <class Entry>
class coalescer {
public:
    using ticket = std::uint64_t;

    struct item {
        ticket id = 0;
        Entry entry;
        std::size_t bytes = 0;
        std::string group;  // entries of one group go out one batch after the other; empty: free
        int attempts = 0;   // made, the running one included
    };
    using batch = std::vector<item>;

    enum class fate : unsigned char { done, waits_for_retry, given_up };
    struct failure {
        bool sender_fault = false;  // repeating cannot help
    };

    coalescer(coalescer_limits limits, rng random) : limits_(limits), random_(random) {
        TY_CHECK(limits.entries >= 1 && limits.entries <= batch_entries_max, "SQS takes 1 to 10 entries");
        TY_CHECK(limits.batches_in_flight >= 1 && limits.attempts >= 1, "something has to go out");
    }

    // Nothing when too many wait, or when the entry alone is larger than a batch may be.
    std::optional<ticket> add(Entry entry, std::size_t bytes, mono_time now, std::string group = {}) {
        if (bytes > limits_.bytes || waiting_ >= limits_.waiting) return std::nullopt;
        const ticket id = next_++;
        const slot s = keep(item{id, std::move(entry), bytes, std::move(group), 0}, now);
        if (slots_[s].what.group.empty()) {
            append(free_, s);
            count_ready(s);
            return id;
        }
        group_state& g = groups_[slots_[s].what.group];
        append(g.waiting, s);
        if (g.waiting.first == s && !g.out) offer(s);
        return id;
    }

    // A batch that goes out now; empty when none is due. `flush`: without waiting for company.
    batch take(mono_time now, bool flush = false) {
        batch out;
        take_into(out, now, flush);
        return out;
    }
    // The same into memory that is used again. True when there is one.
    bool take_into(batch& out, mono_time now, bool flush = false) {
        out.clear();
        if (in_flight_batches_ >= limits_.batches_in_flight || waiting_ == 0) return false;
        while (!pausing_.empty() && pausing_.front().at <= now) {
            const slot s = pop(pausing_).which;
            push(again_, {{}, slots_[s].what.id, s});
            count_ready(s);
        }
        if (ready_ == 0) return false;
        const bool full = ready_ >= limits_.entries || ready_bytes_ > limits_.bytes;
        if (!full && !flush && again_.empty() && now < lingers_until()) return false;
        std::size_t bytes = 0;
        while (ready_ > 0 && out.size() < limits_.entries) {
            const source from = next_source();
            const slot s = from == source::again    ? again_.front().which
                           : from == source::groups ? fronts_.front().which
                                                    : free_.first;
            if (bytes + slots_[s].what.bytes > limits_.bytes) break;  // full by size: what fits goes
            bytes += slots_[s].what.bytes;
            if (from == source::again)
                pop(again_);
            else if (from == source::groups)
                pop(fronts_);
            else
                drop_first(free_);
            --ready_;
            ready_bytes_ -= slots_[s].what.bytes;
            item& i = out.emplace_back(std::move(slots_[s].what));
            ++i.attempts;
            if (!i.group.empty()) {
                group_state& g = groups_.find(i.group)->second;
                drop_first(g.waiting);
                g.out = true;
            }
            release(s);
        }
        ++in_flight_batches_;
        in_flight_ += out.size();
        return true;
    }

    // How the batch ended: every item of it is reported by exactly one of these, then batch_ended().
    fate succeeded(const item& i) {
        count_back();
        leave(i.group);
        return fate::done;
    }
    fate failed(item i, failure why, mono_time now) {
        count_back();
        if (why.sender_fault || i.attempts >= limits_.attempts) {
            leave(i.group);
            return fate::given_up;
        }
        const auto doubled = limits_.pause * (std::int64_t{1} << std::min(i.attempts - 1, 20));
        const duration longest = std::min<duration>(doubled, limits_.pause_max);
        const auto pause = std::chrono::duration_cast<duration>(longest * random_.unit());
        const slot s = keep(std::move(i), now + pause);
        const std::string& name = slots_[s].what.group;
        if (!name.empty()) {
            group_state& g = groups_.find(name)->second;  // before those that came after it
            slots_[s].next = g.waiting.first;
            if (g.waiting.first == none) g.waiting.last = s;
            g.waiting.first = s;
            g.out = false;
        }
        offer(s);
        return fate::waits_for_retry;
    }
    void batch_ended() {
        TY_CHECK(in_flight_batches_ > 0, "a batch was out");
        --in_flight_batches_;
    }

    // All that waits, in the order it came; it will not go out.
    std::vector<item> give_up_waiting() {
        std::vector<item> out;
        for (waiter& w : slots_)
            if (w.waits) out.push_back(std::move(w.what));
        std::sort(out.begin(), out.end(), [](const item& a, const item& b) { return a.id < b.id; });
        slots_.clear();
        spare_ = none;
        free_ = {};
        for (auto* heap : {&again_, &fronts_, &pausing_}) heap->clear();
        for (auto& [name, g] : groups_) g.waiting = {};
        std::erase_if(groups_, [](const auto& g) { return !g.second.out; });
        waiting_ = ready_ = ready_bytes_ = 0;
        return out;
    }

    // When take() is worth asking next, if nothing else happens; nothing: not before an add or an end.
    std::optional<mono_time> next_due() const {
        if (in_flight_batches_ >= limits_.batches_in_flight) return std::nullopt;
        if (!again_.empty()) return slots_[again_.front().which].since;
        std::optional<mono_time> at;
        if (ready_ > 0) at = lingers_until();
        if (!pausing_.empty()) at = at ? std::min(*at, pausing_.front().at) : pausing_.front().at;
        return at;
    }

    std::size_t waiting() const { return waiting_; }
    // As many entries can go as fill a batch, or one that may by its size.
    bool may_fill() const { return ready_ >= limits_.entries || ready_bytes_ >= limits_.bytes; }
    std::size_t in_flight() const { return in_flight_; }
    bool idle() const { return waiting_ == 0 && in_flight_ == 0; }

private:
    using slot = std::uint32_t;
    static constexpr slot none = ~slot{0};

    // Entries stay where they are and are named by their slots, which are used again: a steady stream
    // allocates nothing.
    struct waiter {
        item what;
        mono_time since{};  // fresh: when it came; again: when it may go
        slot next = none;   // in its list, or the next spare one
        bool waits = false;
    };
    struct list {
        slot first = none, last = none;
    };
    struct group_state {
        list waiting;  // by ticket
        bool out = false;
    };
    // A slot in a heap, by time and then by ticket.
    struct place {
        mono_time at{};
        ticket id = 0;
        slot which = none;
    };
    using places = std::vector<place>;
    enum class source : unsigned char { again, groups, free };

    static bool later(const place& a, const place& b) { return a.at != b.at ? a.at > b.at : a.id > b.id; }
    static void push(places& heap, place p) {
        heap.push_back(p);
        std::push_heap(heap.begin(), heap.end(), later);
    }
    static place pop(places& heap) {
        std::pop_heap(heap.begin(), heap.end(), later);
        const place out = heap.back();
        heap.pop_back();
        return out;
    }

    slot keep(item what, mono_time since) {
        if (spare_ == none) {
            spare_ = static_cast<slot>(slots_.size());
            slots_.emplace_back();
        }
        const slot s = spare_;
        waiter& w = slots_[s];
        spare_ = w.next;
        w = {std::move(what), since, none, true};
        ++waiting_;
        return s;
    }
    void release(slot s) {
        slots_[s].waits = false;
        slots_[s].next = spare_;
        spare_ = s;
        --waiting_;
    }
    void append(list& to, slot s) {
        if (to.first == none)
            to.first = s;
        else
            slots_[to.last].next = s;
        to.last = s;
    }
    void drop_first(list& of) {
        of.first = slots_[of.first].next;
        if (of.first == none) of.last = none;
    }

    // The entry may go as far as its group is concerned: at once when fresh, after its pause when not.
    void offer(slot s) {
        const waiter& w = slots_[s];
        if (w.what.attempts > 0) return push(pausing_, {w.since, w.what.id, s});
        push(fronts_, {{}, w.what.id, s});
        count_ready(s);
    }
    void count_ready(slot s) {
        ++ready_;
        ready_bytes_ += slots_[s].what.bytes;
    }
    void count_back() {
        TY_CHECK(in_flight_ > 0, "an item was out");
        --in_flight_;
    }
    // The group's entry that was out has come to its end: the next one may go.
    void leave(const std::string& name) {
        if (name.empty()) return;
        const auto g = groups_.find(name);
        g->second.out = false;
        if (g->second.waiting.first == none)
            groups_.erase(g);
        else
            offer(g->second.waiting.first);
    }

    // What goes next: retries first, then by ticket.
    source next_source() const {
        if (!again_.empty()) return source::again;
        if (fronts_.empty()) return source::free;
        if (free_.first == none) return source::groups;
        return fronts_.front().id < slots_[free_.first].what.id ? source::groups : source::free;
    }
    // Of the oldest fresh entry that can go; there is one.
    mono_time lingers_until() const {
        const slot oldest = next_source() == source::groups ? fronts_.front().which : free_.first;
        return slots_[oldest].since + limits_.linger;
    }

    coalescer_limits limits_;
    rng random_;
    ticket next_ = 1;
    std::vector<waiter> slots_;
    slot spare_ = none;
    list free_;       // fresh, of no group
    places fronts_;   // fresh, the first of its group
    places pausing_;  // failed and not due
    places again_;    // failed and due; of a group they hold the first entry alone, while none is out
    std::unordered_map<std::string, group_state> groups_;  // with an entry that waits or is out
    std::size_t in_flight_batches_ = 0, in_flight_ = 0;
    std::size_t waiting_ = 0, ready_ = 0, ready_bytes_ = 0;  // ready: in free_, fronts_ or again_
};

}  // namespace trainyard::aws::sqs
