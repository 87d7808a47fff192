// The inside of the scheduler: queues of equal jobs (shapes) and the order in which they are tried, over a
// fleet_state.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduler/policy/fleet_state.hpp"
#include "scheduler/policy/scheduler.hpp"

namespace trainyard::policy {

// Aging points fall due at common ticks (multiples of the step since 1970), so the order of two jobs never
// depends on when they are compared: rank = priority - tick of submission. Every waiting job gains one point
// at each tick.
inline constexpr duration aging_step_min = std::chrono::milliseconds{1};

struct queue_key {
    std::int64_t negative_rank = 0;  // the highest rank sorts first
    std::uint64_t id = 0;
    friend auto operator<=>(const queue_key&, const queue_key&) = default;
};

// Jobs of one shape are interchangeable: when the first does not fit, none does.
struct shape_key {
    index tenant = 0;
    int priority = 0;
    needs demand;
    std::vector<index> pools;  // ascending; those it may use and that could ever hold it
    friend auto operator<=>(const shape_key&, const shape_key&) = default;
};

struct shape_state {
    const shape_key* key = nullptr;  // owned by the map; nothing when the slot is free
    std::set<queue_key> queue;
    std::size_t jobs = 0;            // waiting and started
    bool stalled = false;            // did not fit, and nothing has changed since that could help
    bool tenant_stalled = false;     // stalled by its tenant's limits, not by the pools
    std::optional<queue_key> ready;  // its entry in its tenant's ready set
};

struct ready_key {
    queue_key head;
    index shape = 0;
    friend auto operator<=>(const ready_key&, const ready_key&) = default;
};

struct tenant_key {
    queue_key head;  // strict: rank only; fifo: rank and id; fair: neither
    policy::share share;
    index tenant = 0;
    friend auto operator<=>(const tenant_key&, const tenant_key&) = default;
};

struct tenant_queue {
    std::set<ready_key> ready;       // shapes that are worth a try
    std::optional<tenant_key> turn;  // its entry in the order of tenants
    std::size_t pending = 0;
};

struct job_state {
    index shape = 0;
    queue_key key;
    std::optional<index> pool;  // where it has started; nothing while it waits
    bool restored = false;
};

struct scheduler::impl {
    explicit impl(const settings& s);

    queue_key key_of(const pending_job& j) const;
    index shape_of(const pending_job& j);
    std::vector<index> allowed_pools(const std::vector<index>& tenant_pools,
                                     const std::vector<std::string>& names) const;
    void enter(std::uint64_t id, index shape, bool waiting, queue_key key);
    void enqueue(job_state& j);
    void dequeue(const job_state& j);
    void drop(std::map<std::uint64_t, job_state>::iterator it);
    void give_back(std::uint64_t id, job_state& j);
    job_state& started_job(std::uint64_t id);
    index known_pool(const std::string& name) const;

    void refresh_shape(index s);
    void refresh_tenant(index t);
    tenant_key turn_of(index t) const;
    void wake();
    bool helped(const shape_state& s) const;

    std::string describe(const obstacle& o, index tenant, index pool, const needs& n) const;

    fleet_state fleet;
    policy::order mode;
    duration aging_step;
    std::map<shape_key, index> shape_index;
    std::vector<shape_state> shapes;
    std::vector<index> free_shapes;
    std::set<index> stalled;
    std::vector<tenant_queue> tenant_queues;  // by tenant
    std::set<tenant_key> turns;
    std::map<std::uint64_t, job_state> jobs;
    std::size_t pending = 0;
    std::uint64_t examined = 0;
};

}  // namespace trainyard::policy
