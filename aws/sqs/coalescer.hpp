// Entries of batch calls (deletes, visibility changes, sends) collected across their origins into full
// batches. Pure: what goes out, when, and what becomes of each entry. The driver sends and reports.
//
// A batch goes out when it is full by count or by bytes, or when its oldest entry has lingered. An entry that
// failed by the service's fault is tried again, alone with others that wait, after a growing pause; one that
// failed by ours is given up at once, because the same request fails for ever.
#pragma once

#include <algorithm>
#include <array>
#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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
        if (bytes > limits_.bytes || waiting() >= limits_.waiting) return std::nullopt;
        const ticket id = next_++;
        grow(fresh_);
        waiting_bytes_ += bytes;
        fresh_.push_back({item{id, std::move(entry), bytes, std::move(group), 0}, now});
        return id;
    }

    // Another value for an entry that has not gone out: a newer receipt handle. False when it is in flight or
    // over.
    bool replace(ticket id, Entry entry) {
        for (auto* queue : {&fresh_, &again_})
            for (auto& w : *queue)
                if (w.what.id == id) return w.what.entry = std::move(entry), true;
        return false;
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
        if (in_flight_batches_ >= limits_.batches_in_flight || waiting() == 0) return false;
        std::size_t bytes = 0;
        std::set<std::string> blocked;  // groups of which an earlier entry stays behind
        std::set<std::string> chosen_groups;
        bool full = false;
        bool due = flush;
        struct place {
            waiters* from;
            std::size_t at;
        };
        std::array<place, batch_entries_max> chosen{};
        std::size_t chosen_size = 0;
        for (auto* queue : {&again_, &fresh_}) {
            for (std::size_t i = 0; i < queue->size() && !full; ++i) {
                waiter& w = (*queue)[i];
                const std::string& group = w.what.group;
                const bool held =
                    !group.empty() && (blocked.contains(group) || busy_groups_.contains(group) ||
                                       (limits_.group_order && chosen_groups.contains(group)));
                const bool early = queue == &again_ && w.since > now;
                if (held || early) {
                    if (!group.empty()) blocked.insert(group);
                    continue;
                }
                if (bytes + w.what.bytes > limits_.bytes) {
                    full = true;  // by size: what fits goes
                    break;
                }
                bytes += w.what.bytes;
                due = due || queue == &again_ || now >= w.since + limits_.linger;
                chosen[chosen_size++] = {queue, i};
                if (!group.empty()) chosen_groups.insert(group);
                full = chosen_size == limits_.entries;
            }
        }
        if (chosen_size == 0 || (!full && !due)) return false;
        for (std::size_t n = 0; n < chosen_size; ++n)
            out.push_back(std::move((*chosen[n].from)[chosen[n].at].what));
        for (auto* queue : {&again_, &fresh_}) {
            std::size_t removed = 0;
            for (std::size_t n = 0; n < chosen_size; ++n)
                if (chosen[n].from == queue)
                    queue->rerase(queue->begin() + static_cast<std::ptrdiff_t>(chosen[n].at - removed++));
        }
        for (item& i : out) {
            waiting_bytes_ -= i.bytes;
            ++i.attempts;
            if (!i.group.empty()) ++busy_groups_[i.group];
        }
        ++in_flight_batches_;
        in_flight_ += out.size();
        return true;
    }

    // How the batch ended: every item of it is reported by exactly one of these, then batch_ended().
    fate succeeded(const item& i) {
        finish(i);
        return fate::done;
    }
    fate failed(item i, failure why, mono_time now) {
        finish(i);
        if (why.sender_fault || i.attempts >= limits_.attempts) return fate::given_up;
        const auto doubled = limits_.pause * (std::int64_t{1} << std::min(i.attempts - 1, 20));
        const duration longest = std::min<duration>(doubled, limits_.pause_max);
        const auto pause = std::chrono::duration_cast<duration>(longest * random_.unit());
        // In the order of their tickets, so that a group's entries keep theirs.
        const auto at =
            std::find_if(again_.begin(), again_.end(), [&i](const waiter& w) { return w.what.id > i.id; });
        waiting_bytes_ += i.bytes;
        const auto place = at - again_.begin();
        grow(again_);
        again_.insert(again_.begin() + place, {std::move(i), now + pause});
        return fate::waits_for_retry;
    }
    void batch_ended() {
        TY_CHECK(in_flight_batches_ > 0, "a batch was out");
        --in_flight_batches_;
    }

    // All that waits, in order; it will not go out.
    std::vector<item> give_up_waiting() {
        std::vector<item> out;
        for (auto* queue : {&again_, &fresh_}) {
            for (waiter& w : *queue) out.push_back(std::move(w.what));
            queue->clear();
        }
        waiting_bytes_ = 0;
        return out;
    }

    // When take() is worth asking next, if nothing else happens; nothing: not before an add or an end.
    std::optional<mono_time> next_due() const {
        if (in_flight_batches_ >= limits_.batches_in_flight) return std::nullopt;
        std::optional<mono_time> at;
        const auto sooner = [&at](mono_time t) { at = at ? std::min(*at, t) : t; };
        std::set<std::string_view> behind;  // groups with an entry that goes first
        for (const waiter& w : again_) {
            const std::string& group = w.what.group;
            if (!group.empty() && (busy_groups_.contains(group) || !behind.insert(group).second)) continue;
            sooner(w.since);
        }
        for (const waiter& w : fresh_) {
            const std::string& group = w.what.group;
            if (!group.empty() && (busy_groups_.contains(group) || behind.contains(group))) continue;
            sooner(w.since + limits_.linger);
            break;
        }
        return at;
    }

    std::size_t waiting() const { return fresh_.size() + again_.size(); }
    // As many entries wait as fill a batch, or one that may by its size.
    bool may_fill() const { return waiting() >= limits_.entries || waiting_bytes_ >= limits_.bytes; }
    std::size_t in_flight() const { return in_flight_; }
    bool idle() const { return waiting() == 0 && in_flight_ == 0; }

private:
    struct waiter {
        item what;
        mono_time since{};  // fresh: when it came; again: when it may go
    };
    // A ring, so that a steady stream of entries allocates nothing.
    using waiters = boost::circular_buffer<waiter>;
    static constexpr std::size_t waiters_min = 64;

    static void grow(waiters& w) {
        if (w.full()) w.set_capacity(std::max(waiters_min, 2 * w.capacity()));
    }

    void finish(const item& i) {
        TY_CHECK(in_flight_ > 0, "an item was out");
        --in_flight_;
        if (i.group.empty()) return;
        const auto busy = busy_groups_.find(i.group);
        if (--busy->second == 0) busy_groups_.erase(busy);
    }

    coalescer_limits limits_;
    rng random_;
    ticket next_ = 1;
    waiters fresh_, again_;
    std::map<std::string, std::size_t, std::less<>> busy_groups_;  // entries in flight by group
    std::size_t in_flight_batches_ = 0, in_flight_ = 0, waiting_bytes_ = 0;
};

}  // namespace trainyard::aws::sqs
