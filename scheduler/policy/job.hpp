// A job as the policy sees it, and what is decided about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::policy {

struct demand_line {
    std::string resource;
    std::int64_t instances = 0;
};

// When a job with dependencies may start.
enum class depends {
    all,    // every one has succeeded; one that fails makes the job unsatisfiable
    any,    // one has succeeded; unsatisfiable once all have failed
    always  // every one has ended, however
};

enum class outcome { succeeded, failed };

struct pending_job {
    std::uint64_t id = 0;  // time-ordered, so that it also breaks ties by age
    std::string tenant;
    int priority = 0;
    std::vector<demand_line> demand;  // all of it in one pool, or nothing
    std::vector<std::string> pools;   // empty: every pool of the tenant
    wall_time submitted{};
    duration runtime{};  // expected, or the most allowed; 0: settings::default_runtime
    std::vector<demand_line>
        fall_back;  // taken where no pool has room for `demand` (on-demand for spot); empty: none
    bool preemptible = false;
    std::string kind;                       // counted against settings::kinds_max
    std::string group;                      // counted against settings::groups_max
    std::vector<std::uint64_t> depends_on;  // ids that the scheduler does not know count as succeeded
    depends when = depends::all;
    std::string gang;  // jobs of one gang start together, in one decide(), or not at all; empty: none
    std::size_t gang_size = 0;  // how many make it complete; nothing starts before
};

struct start {
    std::uint64_t job = 0;
    std::string pool;
    bool fell_back = false;  // it takes `fall_back`, not `demand`
};

// The victim keeps its reservation until release() or requeue() says that it has stopped; what it frees is
// kept for `beneficiary`.
struct preemption {
    std::uint64_t victim = 0;
    std::uint64_t beneficiary = 0;
};

struct decision {
    std::vector<start> starts;                 // best first
    std::vector<preemption> preemptions;       // to be stopped
    std::vector<std::uint64_t> unsatisfiable;  // their dependencies can no longer be met; forgotten
};

}  // namespace trainyard::policy
