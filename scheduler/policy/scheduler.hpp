// The decision: which pending job starts next, and in which pool. Pure and deterministic: no clock, no I/O,
// no random source; the same calls in the same order give the same decisions on every compiler.
//
// Semantics (priority classes, quota, concurrency limits, weighted fair share, placement): see README.md
// here. Anchors: Kueue for quota, weighted max-min and DRF (Ghodsi 2011) for shares, Slurm for aging.
//
// Protocol: add() makes a job pending; decide() returns starts and has already reserved their quota; every
// start ends in exactly one release() or requeue(). restore() takes a reservation without a decision, after a
// restart.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "scheduler/policy/amount.hpp"

namespace trainyard::policy {

enum class order {
    fair,    // weighted dominant share between tenants, then priority and age within a tenant
    strict,  // priority class first across all tenants, then as fair
    fifo,    // priority class, then age; tenants do not matter
};

struct tenant_config {
    std::string name;
    double weight = 1.0;  // above 0
    std::map<std::string, amount>
        quota;  // by resource, over all pools together; a resource not named is unlimited
    amount jobs_max = amount::unlimited();
    std::vector<std::string> pools;  // which it may use; empty: all
};

struct pool_config {
    std::string name;                      // account/region
    std::map<std::string, amount> limits;  // by resource; a resource not named is not offered by the pool
    amount jobs_max = amount::unlimited();
    int preference = 0;  // higher is tried first
};

struct settings {
    policy::order order = policy::order::fair;
    std::vector<tenant_config> tenants;
    std::vector<pool_config> pools;
    // A waiting job gains one priority point per this time, so no job waits for ever behind higher classes; 0
    // disables.
    duration aging_step = std::chrono::minutes{10};
};

struct demand_line {
    std::string resource;
    std::int64_t instances = 0;
};

struct pending_job {
    std::uint64_t id = 0;  // time-ordered, so that it also breaks ties by age
    std::string tenant;
    int priority = 0;
    std::vector<demand_line> demand;
    std::vector<std::string> pools;  // empty: every pool of the tenant
    wall_time submitted{};
};

struct start {
    std::uint64_t job = 0;
    std::string pool;
};

// Why a pending job has not started: the first obstacle in each pool, and those of its tenant.
struct explanation {
    bool known = false, pending = false;
    std::string tenant_reason;  // empty: the tenant's quota is no obstacle
    std::vector<std::pair<std::string, std::string>> pool_reasons;  // pool, reason
    std::size_t ahead = 0;  // pending jobs of its tenant that are tried before it
    std::string summary;    // one sentence
};

struct pool_usage {
    std::string pool;
    std::map<std::string, amount> used, limits;
    amount jobs, jobs_max;
};
struct tenant_usage {
    std::string tenant;
    std::map<std::string, amount> used, quota;
    amount jobs, jobs_max;
    std::size_t pending = 0;
    double share = 0;  // dominant share of the fleet over weight
};

class scheduler {
public:
    // The names must be unique and every reference resolvable (checked by scheduler/config; here a check
    // fails).
    explicit scheduler(settings s);
    ~scheduler();
    scheduler(scheduler&&) noexcept;
    scheduler& operator=(scheduler&&) noexcept;

    // A reason when the job could never start even in an empty fleet (unknown resource, more than any pool's
    // limit, more than the tenant's quota); nothing when it could.
    std::optional<std::string> impossible(const pending_job& j) const;

    void add(pending_job j);
    // Takes a pending job out; false when it is not pending.
    bool remove(std::uint64_t id);
    // A job that already runs in `pool`: counted even when it goes over a limit.
    void restore(pending_job j, const std::string& pool);
    // The job has ended: its reservation is returned and it is forgotten.
    void release(std::uint64_t id);
    // The start did not happen or the attempt failed: the reservation is returned, and the job is pending
    // again.
    void requeue(std::uint64_t id);

    // How many starts may be decided for the pool from now on (its API budget); decide() counts it down.
    // Unset: any.
    void set_start_budget(const std::string& pool, std::int64_t starts);
    // Until `until`, nothing that needs the resource starts in the pool (ResourceLimitExceeded was answered).
    // Once the time has passed, one single start is tried there as a probe; unblock() tells that it was
    // accepted.
    void block(const std::string& pool, const std::string& resource, wall_time until);
    void unblock(const std::string& pool, const std::string& resource);

    // At most `max` starts, best first.
    std::vector<start> decide(wall_time now, std::size_t max);
    // When decide() could give more although nothing else happens (a block ends); nothing when only an event
    // can help.
    std::optional<wall_time> next_wakeup() const;

    std::size_t pending() const;
    std::size_t reserved() const;
    // How often decide() has looked at a queue of equal jobs; what a decision costs, without a clock.
    std::uint64_t shapes_examined() const;
    explanation explain(std::uint64_t id, wall_time now) const;
    std::vector<pool_usage> pools() const;
    std::vector<tenant_usage> tenants() const;
    // Recomputes every counter from the jobs and checks equality, and that no limit is exceeded but by
    // restore().
    void check_invariants() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::policy
