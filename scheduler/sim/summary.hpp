// What a simulation amounts to: the figures that scheduling papers report, over all jobs, by tenant and by
// class.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/sim/simulator.hpp"

namespace trainyard::sim {

// The shortest job that a slowdown is taken of at its own length (Feitelson, "Metrics for Parallel Job
// Scheduling", 2001): a wait of a minute is nothing to a job of a day and everything to one of a second.
inline constexpr double slowdown_tau_seconds = 10;

// By nearest rank; all 0 when there is nothing.
struct distribution {
    double mean = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, max = 0;
};
distribution distribution_of(std::vector<double> values);

// Of the jobs that have finished.
struct group {
    std::string name;
    std::size_t jobs = 0;
    distribution wait;        // seconds: last start less submission, so that lost attempts count as waiting
    distribution completion;  // seconds: end less submission ("JCT")
    distribution slowdown;    // bounded: completion / max(run, tau), at least 1
    double unit_seconds = 0;  // of useful work
    int preemptions = 0;
    double lost_unit_seconds = 0;
};

struct summary {
    std::string policy;
    std::size_t jobs = 0, finished = 0, failed = 0, impossible = 0, unsatisfiable = 0, waiting = 0;
    std::uint64_t attempts = 0;
    double begin = 0, end = 0, makespan = 0;  // seconds: first submission, last end, between them
    double utilisation = 0;  // units in use / capacity, over the makespan; 0 where a pool is unlimited
    double share_error = 0;  // mean over time of what tenants lack of their fair share / capacity
    double share_error_max = 0;
    group all;                            // of every tenant and class
    std::vector<group> tenants, classes;  // most work first, then by name
    std::uint64_t digest = 0, events = 0;
    std::string first_impossible;
};

summary summarise(const workload& w, const simulator& s, std::string policy);

// Of each job that has finished, in their order; for plots.
std::vector<double> waits(const workload& w, const record& r);
std::vector<double> slowdowns(const workload& w, const record& r);

}  // namespace trainyard::sim
