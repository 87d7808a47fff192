// What the scheduler tells about itself: why a job waits, what was decided and on what grounds, who uses
// what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "scheduler/policy/amount.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::policy {

// What a pool was compared by, in this order. `fullness`: of the fullest demanded resource, in millionths.
struct pool_score {
    std::string pool;
    int preference = 0;         // more is better
    std::int64_t refusals = 0;  // capacity refusals since the last success; less is better
    std::int64_t price = 0;     // of the whole demand; less is better
    amount budget;              // starts left; more is better
    std::int64_t fullness =
        0;  // before the start; less is better where the fleet spreads, more where it packs
};

// Why a pending job has not started: the first obstacle in each pool, and those of its tenant.
struct explanation {
    bool known = false, pending = false;
    std::string tenant_reason;  // empty: no limit of a tenant, kind or group is an obstacle
    std::string limited_at;     // the node of the quota tree whose limit it is; empty: none or the fleet
    std::vector<std::pair<std::string, std::string>> pool_reasons;  // pool, reason
    std::vector<pool_score> scores;   // of the pools that would take it now, best first
    std::size_t ahead = 0;            // pending jobs of its tenant that are tried before it
    std::vector<std::uint64_t> next;  // the first of these, at most ten
    std::uint64_t reserved_for = 0;   // the job for which room is kept that it could have; 0: none
    std::optional<wall_time>
        estimated_start;         // from expected runtimes; nothing: not within the lookahead, or never
    std::string estimated_from;  // what the estimate rests on
    std::string summary;         // one sentence
};

enum class reason { in_order, backfilled, gang, preempted };

// One entry of the ring of recent decisions.
struct recent_decision {
    wall_time at{};
    std::uint64_t job = 0;
    std::uint64_t beneficiary = 0;  // preempted: for which job
    policy::reason why = reason::in_order;
    std::string tenant, pool;
    double share = 0;                // of the tenant before the decision
    std::uint64_t reserved_for = 0;  // backfilled: the job whose reservation it did not delay
    std::vector<pool_score> scores;  // of the pools it could choose from, best first, at most four
};

struct pool_usage {
    std::string pool;
    std::map<std::string, amount> used, limits;
    amount jobs, jobs_max;
    std::map<std::string, amount> learned = {};  // below `limits`: where AWS refused more
    std::map<std::string, limit_source> sources =
        {};  // of each of `limits`; learned: what stands in `learned` decides
    bool paused = false;
    std::map<std::string, wall_time> blocked = {};  // until then nothing more starts on the resource
};
struct tenant_usage {
    std::string tenant;
    std::map<std::string, amount> used, quota;  // of the subtree; nominal, where stated
    amount jobs, jobs_max;
    std::size_t pending = 0;
    double share = 0;                             // dominant share of the fleet over weight
    std::string parent = {};                      // empty: the fleet
    std::map<std::string, amount> borrowed = {};  // from its parent, above what it has of its own
    bool paused = false;                          // it, or what it lies under
    std::map<std::string, amount> borrowing_limit = {}, lending_limit = {};  // where a quota is stated
};

}  // namespace trainyard::policy
