// What a seed decides before its run begins: the fleet, the work, and which faults there are. Each fault is
// there in about half of the seeds and then as strong as its own dice say, so that runs differ in kind and
// not only in detail (swarm testing, Groce et al. 2012).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::simulation {

// Probabilities are for each call, rates for each simulated hour.
struct fault_plan {
    double request_lost = 0;     // sent, never executed, no answer
    double request_late = 0;     // executed up to 15 minutes later, when nobody waits for the answer any more
    double answer_lost = 0;      // executed, no answer
    double error_before = 0;     // 500, not executed
    double error_after = 0;      // 500, executed
    double unreachable = 0;      // nothing was sent
    double throttled = 0;        // beyond the throttling that the rates bring
    double entry_fails = 0;      // one entry of a batch delete
    double delivered_twice = 0;  // a receive leaves a message visible
    double delete_forgotten = 0;    // acknowledged, and the message comes back
    double stranger = 0;            // somebody else has just taken the name
    double create_lost_answer = 0;  // of Create alone, beside all the others
    double crashes = 0, pauses = 0, clock_steps = 0, disk_failures = 0, clogs = 0, throttle_storms = 0;
    double event_lost = 0, event_twice = 0;  // of EventBridge; what is not lost comes up to a minute late
    double erased = 0;                       // somebody deletes a job that has ended
    double slow_commits = 0;                 // of a commit: up to a minute
    duration list_delay{};                   // how long listings and look-ups miss a new job
};

struct pool_plan {
    std::string account, region, name;
    std::int64_t limit = 0;   // what the configuration says
    std::int64_t hidden = 0;  // what SageMaker grants
};

struct plan {
    std::uint64_t seed = 0;
    duration length = std::chrono::hours{6};     // faults and arrivals end then
    duration patience = std::chrono::hours{96};  // and everything must have ended so much later
    std::size_t messages = 100;
    bool fifo = false;
    std::string group_order = "none";  // of the queue
    int visibility_seconds = 30;
    double spot = 0, broken_message = 0, cancelled = 0;
    double poison = 0;       // of a message: the program ends while it reads it
    double other_kinds = 0;  // of a message: no training job
    bool events = false;     // EventBridge tells of changes
    double capacity = 0, internal = 0, algorithm = 0, interruption = 0;  // of what befalls jobs
    int seconds_min = 10, seconds_max = 600;                             // that a job takes
    std::vector<pool_plan> pools;
    std::vector<std::string> tenants;
    double create_rate = 1, describe_rate = 5, list_rate = 2, stop_rate = 1;
    int reconcile_seconds = 30;
    fault_plan faults;

    std::string fleet_yaml() const;
};

struct plan_options {
    duration length = std::chrono::hours{6};
    std::size_t messages = 100;
    bool faults = true;
};

plan make_plan(std::uint64_t seed, const plan_options& options);

}  // namespace trainyard::simulation
