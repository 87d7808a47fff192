// What is in use where: pools, tenants, blocks and start budgets, with names as dense indices. Knows no queue
// and no order. Every change that could let a waiting job start marks its pool or tenant dirty; whoever holds
// the queues clears the mark.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "scheduler/policy/scheduler.hpp"
#include "scheduler/policy/share.hpp"

namespace trainyard::policy {

using index = std::uint32_t;

// More instances than this in one line are never startable; keeps sums over all jobs below the saturation of
// amount.
inline constexpr std::int64_t demand_max = std::int64_t{1} << 31U;

class name_table {
public:
    std::optional<index> find(const std::string& name) const;
    index intern(const std::string& name);
    const std::string& name(index i) const { return names_[i]; }
    std::size_t size() const { return names_.size(); }

private:
    std::vector<std::string> names_;
    std::map<std::string, index> by_name_;
};

struct need {
    index resource = 0;
    amount instances;
    friend auto operator<=>(const need&, const need&) = default;
};
using needs = std::vector<need>;  // by resource, each once, none empty

// A resource in a pool that answered ResourceLimitExceeded.
struct gate {
    enum class state { free, blocked, probe_due, probing };
    state now = state::free;
    wall_time until{};        // blocked
    std::uint64_t probe = 0;  // probing: the job
};

struct pool_line {
    bool offered = false;
    amount limit, used;
    amount restored;  // the part of `used` that came by restore() and may exceed the limit
    policy::gate gate;
};

struct pool_state {
    std::vector<pool_line> lines;  // by resource
    amount jobs, jobs_max, restored_jobs;
    int preference = 0;
    std::optional<std::int64_t> budget;
    bool dirty = false;
};

struct tenant_line {
    amount used, restored;
    amount quota = amount::unlimited();
};

struct tenant_state {
    std::vector<tenant_line> lines;  // by resource
    amount jobs, jobs_max, restored_jobs;
    std::int64_t weight = weight_unit;
    std::vector<index> pools;  // ascending
    policy::share share;
    bool dirty = false;
};

struct obstacle {
    enum class kind {
        none,
        tenant_jobs,
        tenant_quota,
        not_offered,
        pool_jobs,
        room,
        blocked,
        probing,
        budget
    };
    kind what = kind::none;
    index resource = 0;
    explicit operator bool() const { return what != kind::none; }
};

class fleet_state {
public:
    explicit fleet_state(const settings& s);

    // Unknown names come from jobs accepted under an earlier configuration: they are counted, and nothing
    // starts there.
    index tenant_index(const std::string& name);
    index pool_index(const std::string& name);
    index resource_index(const std::string& name);
    needs intern(const std::vector<demand_line>& demand);

    obstacle tenant_obstacle(index tenant, const needs& n) const;
    obstacle pool_obstacle(index pool, const needs& n, wall_time now) const;
    // Whether the pool would take the demand if nothing else were there.
    bool can_hold(index pool, const needs& n) const;
    // The best of the pools that take the demand now.
    std::optional<index> place(const std::vector<index>& pools, const needs& n, wall_time now) const;

    void reserve(std::uint64_t job, index tenant, index pool, const needs& n);
    void restore(index tenant, index pool, const needs& n);
    void give_back(std::uint64_t job, bool restored, index tenant, index pool, const needs& n);

    void set_budget(index pool, std::int64_t starts);
    void block(index pool, index resource, wall_time until);
    void unblock(index pool, index resource);
    void open_gates(wall_time now);  // blocks whose time has passed become due for a probe
    const std::set<std::tuple<wall_time, index, index>>& timers() const { return timers_; }

    const name_table& tenant_names() const { return tenant_names_; }
    const name_table& pool_names() const { return pool_names_; }
    const name_table& resource_names() const { return resource_names_; }
    const std::vector<pool_state>& pools() const { return pools_; }
    const std::vector<tenant_state>& tenants() const { return tenants_; }
    share compute_share(const tenant_state& t) const;

    const std::vector<index>& dirty_pools() const { return dirty_pools_; }
    const std::vector<index>& dirty_tenants() const { return dirty_tenants_; }
    void clear_dirty();

private:
    void count(index tenant, index pool, const needs& n, bool restored);
    void mark_pool(index pool);
    void mark_tenant(index tenant);
    share utilisation(const pool_state& p, const needs& n) const;

    name_table tenant_names_, pool_names_, resource_names_;
    std::vector<pool_state> pools_;
    std::vector<tenant_state> tenants_;
    std::vector<amount> capacity_;  // of the fleet, by resource
    amount jobs_capacity_;
    std::set<std::tuple<wall_time, index, index>> timers_;  // blocked gates: until, pool, resource
    std::vector<index> dirty_pools_, dirty_tenants_;
};

}  // namespace trainyard::policy
