// A whole fleet in virtual time: the dispatcher's production core and the production machines of assumed
// roles, against fleet_world. One thread, no socket, no clock: the same shape gives the same run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/fleet_world.hpp"
#include "engine/base/time.hpp"

namespace trainyard::bench {

struct fleet_shape {
    std::size_t accounts = 1'000, regions = 2;
    std::size_t jobs = 200'000;
    std::size_t tenants = 20;
    bool events = true;
    int reconcile_seconds = 30;
    double messages_per_second = 20'000;
    int minutes_min = 5, minutes_max = 90;  // that a job takes
    std::uint64_t seed = 1;
};

struct fleet_outcome {
    // Starts between the moment when every role was held and the last start of their kind, and what the
    // budgets of Create allowed meanwhile to kinds that had jobs.
    double starts = 0, starts_allowed = 0;
    double warm_seconds = 0;                       // until every role was held
    std::map<std::string, double> started_within;  // seconds from the first start to the last, by kind
    // Seconds from a job's end (of an endpoint: from when it serves) to the dispatcher's record of it.
    double seen_p50 = 0, seen_p99 = 0, seen_most = 0;
    std::uint64_t assumed = 0;
    double assumed_most_per_40_minutes = 0;  // of one role
    std::size_t assumed_most_per_second = 0;
    std::uint64_t creates = 0, describes = 0, lists = 0, stops = 0, throttled = 0;
    std::map<std::string, std::size_t> by_state;  // jobs at the end
    double simulated_seconds = 0, cpu_seconds = 0;
    std::uint64_t turns = 0, steps = 0;
    std::string problem;  // a promise that did not hold; empty: none
};

// Runs until every job has ended, or for a day.
fleet_outcome run_fleet(const fleet_shape& shape);

}  // namespace trainyard::bench
