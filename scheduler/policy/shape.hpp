// Queues of equal jobs. Jobs of one shape differ only in id, submission and runtime: when one of them has no
// room, none has.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "scheduler/policy/names.hpp"
#include "scheduler/policy/settings.hpp"
#include "scheduler/policy/sorted_blocks.hpp"

namespace trainyard::policy {

// A job in its queue.
struct waiting_job {
    std::int64_t submitted = 0;  // nanoseconds since 1970
    std::uint64_t id = 0;
    std::int64_t expected = 0;  // runtime in nanoseconds
    std::int64_t runtime() const { return expected; }
    friend bool operator<(const waiting_job& a, const waiting_job& b) {
        return a.submitted != b.submitted ? a.submitted < b.submitted : a.id < b.id;
    }
};

struct shape_key {
    index leaf = 0;
    int priority = 0;
    index demand = 0;  // the class
    bool preemptible = false;
    index gang = no_index;  // the shape of one gang's leader
    friend auto operator<=>(const shape_key&, const shape_key&) = default;
};

struct shape_state {
    const shape_key* key = nullptr;  // owned by the map; nothing when the slot is free
    sorted_blocks<waiting_job> queue;
    std::size_t jobs = 0;          // waiting and started
    bool pinned = false;           // somebody holds its number
    std::uint64_t stalled_at = 0;  // a gang that did not fit: not looked at again before the next change
    std::vector<index> slots;      // by lane: its place among the tenant's shapes
};

// Aging points fall due at common ticks (multiples of the step since 1970), so the order of two jobs never
// depends on when they are compared: rank = priority - tick of submission. Every waiting job gains one point
// at each tick.
inline constexpr duration aging_step_min = std::chrono::milliseconds{1};

// What jobs and tenants are ordered by: the least goes first.
struct order_key {
    std::uint64_t a = ~std::uint64_t{0}, b = ~std::uint64_t{0}, c = ~std::uint64_t{0};
    std::uint32_t d = 0;  // a tenant's number; 0 for jobs, whose ids decide
    friend auto operator<=>(const order_key&, const order_key&) = default;
};

constexpr std::uint64_t ascending(std::int64_t x) {
    return static_cast<std::uint64_t>(x) ^ (std::uint64_t{1} << 63U);
}

class ranking {
public:
    explicit ranking(duration aging_step)
        : step_(aging_step > duration::zero() ? std::max(aging_step, aging_step_min).count() : 0) {}
    std::int64_t tick(std::int64_t submitted) const {
        if (step_ == 0) return 0;
        return submitted / step_ - (submitted % step_ < 0 ? 1 : 0);
    }
    order_key key(order o, int priority, const waiting_job& j) const {
        if (o == order::fifo) return {ascending(j.submitted), j.id, 0, 0};
        return {ascending(tick(j.submitted) - priority), ascending(j.submitted), j.id, 0};
    }

private:
    std::int64_t step_;
};

}  // namespace trainyard::policy
