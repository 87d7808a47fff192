// The decision: which pending job starts next, and in which pool. Pure and deterministic: no clock, no I/O,
// no random source; the same calls in the same order give the same decisions on every compiler.
//
// Semantics (quota tree, order, fair share, backfill, placement, preemption): see README.md here. Anchors:
// Kueue for quota and preemption, weighted max-min and DRF (Ghodsi 2011) for shares, Slurm for aging,
// backfill and Fair Tree.
//
// Protocol: add() makes a job pending; decide() returns starts and has already reserved their quota; every
// start ends in exactly one release() or requeue(), a preempted one too. restore() takes a reservation
// without a decision, after a restart.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/policy/answers.hpp"
#include "scheduler/policy/job.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::policy {

class scheduler {
public:
    // The names must be unique and every reference resolvable (checked by scheduler/config; here a check
    // fails).
    explicit scheduler(settings s);
    ~scheduler();
    scheduler(scheduler&&) noexcept;
    scheduler& operator=(scheduler&&) noexcept;

    // A reason when the job could never start even in an empty fleet (unknown resource, more than any pool's
    // limit, more than the quota of its tenant with all that it may borrow); nothing when it could.
    std::optional<std::string> impossible(const pending_job& j) const;

    // Jobs that are alike in everything but id, submission and runtime, and depend on nothing, share a shape.
    // Looking it up once spares add() the names; it stays valid as long as the scheduler.
    using shape_id = std::uint32_t;
    shape_id shape_of(const pending_job& j);
    void add(std::uint64_t id, shape_id shape, wall_time submitted, duration runtime);
    void add(const pending_job& j);
    // Takes a pending job out; false when it is not pending.
    bool remove(std::uint64_t id);
    // A job that already runs in `pool`: counted even when it goes over a limit.
    void restore(const pending_job& j, const std::string& pool, wall_time started = {},
                 bool fell_back = false);
    // The job has ended: its reservation is returned and it is forgotten. What depends on it hears of the
    // outcome.
    void release(std::uint64_t id, outcome how = outcome::succeeded);
    // The start did not happen, the attempt failed, or the victim has stopped: the reservation is returned,
    // and the job is pending again.
    void requeue(std::uint64_t id);

    // Time passes: blocks end, usage decays. decide() does it too; before release() and requeue() it makes
    // the time up to which a job's usage counts exact. Time that goes back is ignored.
    void advance(wall_time now);
    // Usage of the past (after a restart: from the ledger), as it stands at the time of the last advance().
    void charge(const std::string& tenant, const std::string& resource, std::int64_t instance_seconds);

    // How many starts may be decided for the pool from now on (its API budget); decide() counts it down.
    // Unset: any.
    void set_start_budget(const std::string& pool, std::int64_t starts);
    // The same for jobs of one kind, beside the pool's own.
    void set_start_budget(const std::string& pool, const std::string& kind, std::int64_t starts);
    // What a pool that discovers has of a resource, as its account's quota says; what the configuration
    // states stays. Jobs above a lowered limit run on, and nothing starts until they have left.
    void set_limit(const std::string& pool, const std::string& resource, amount limit);
    // Until `until`, nothing that needs the resource starts in the pool. Once the time has passed, one single
    // start is tried there as a probe; unblock() or accept() tell that it was accepted.
    void block(const std::string& pool, const std::string& resource, wall_time until);
    // The same because AWS refused a start (ResourceLimitExceeded) whose reservation is still held: what is
    // in use without it is the limit as far as one knows, and up to there starts go on. Probes find a higher
    // one. `stated`: what AWS said its limit is, which is less where jobs have ended of which we do not know.
    void refuse(const std::string& pool, const std::string& resource, std::int64_t instances, wall_time until,
                std::optional<amount> stated = std::nullopt);
    // AWS accepted the start of the job.
    void accept(const std::string& pool, const std::string& resource, std::uint64_t id);
    void unblock(const std::string& pool, const std::string& resource);

    // Nothing starts any more of the tenant and those below it (the empty name: of anybody), or in the pool;
    // what has started goes on. False when it was so before.
    bool pause_tenant(const std::string& tenant, bool paused);
    bool pause_pool(const std::string& pool, bool paused);
    bool has_tenant(const std::string& tenant) const;
    bool has_pool(const std::string& pool) const;

    // At most `max` starts; the last may be a gang, which starts whole and may go above it.
    decision decide(wall_time now, std::size_t max);
    // When decide() could give more although nothing else happens (a block ends, usage decays, a job becomes
    // old enough to be preempted); nothing when only an event can help.
    std::optional<wall_time> next_wakeup() const;

    std::size_t pending() const;   // jobs that wait for dependencies or their gang too
    std::size_t reserved() const;  // started and not yet released
    // How often decide() has looked at a queue of equal jobs; what a decision costs, without a clock.
    std::uint64_t shapes_examined() const;
    std::size_t memory() const;  // bytes held for pending jobs: their queues and the index by id
    explanation explain(std::uint64_t id, wall_time now) const;
    std::vector<recent_decision> recent() const;  // the last 256, oldest first
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
