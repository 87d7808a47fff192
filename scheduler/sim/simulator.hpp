// The production scheduler in virtual time: a workload comes in, starts and ends are computed, nothing waits.
//
// At one instant all completions (and failures, and victims that have stopped) come first, then all arrivals,
// then one pass of the scheduler; a job that takes no time ends at the instant of its start, before the next
// pass. The same workload, settings and options give the same record.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/policy/scheduler.hpp"
#include "scheduler/sim/observer.hpp"
#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

struct options {
    bool exact_estimates = true;   // the scheduler is told the true run time; else what the user requested
    std::uint64_t seed = 1;        // of the failures
    double failures_per_hour = 0;  // of a running attempt, exponentially distributed; job and attempt decide,
                                   // so that every policy meets the same ones
    double starts_per_second = 0;  // that each pool's API carries, in a bucket of one second; 0: any
    duration
        checkpoint{};  // how often a running job saves its work; 0: an attempt that is stopped is lost whole
    duration stop_time{};  // from the preemption of a job until its room is free
};

enum class fate : unsigned char {
    finished,
    failed,         // its last attempt has failed
    impossible,     // the scheduler says that it can never start in this fleet
    unsatisfiable,  // a job that it depends on has failed
    waiting         // still waiting when nothing could happen any more
};

struct outcome {
    sim::fate fate = sim::fate::waiting;
    index pool = 0;    // of the last attempt, in settings.pools
    int attempts = 0;  // starts
    int preemptions = 0;
    duration start{}, end{};       // of the last attempt
    double lost_unit_seconds = 0;  // by failures and preemptions
};

enum class stop : unsigned char { finished, failed, preempted };

struct attempt {
    index job = 0, pool = 0;
    duration start{}, end{};
    stop how = stop::finished;
};

struct record {
    std::vector<outcome> outcomes;  // by job
    std::vector<attempt> attempts;  // in the order of their ends
    std::string first_impossible;   // a job and why, or nothing
    std::uint64_t events = 0;       // arrivals, ends and passes
    std::uint64_t passes = 0;
    duration begin{}, end{};       // first submission, last end
    std::uint64_t digest() const;  // of outcomes and attempts
};

// The settings with every tenant of the workload that they lack (weight 1, no quota).
policy::settings with_tenants(policy::settings s, const workload& w);

class simulator {
public:
    // The settings name each pool and tenant once (scheduler/config checks it). The workload outlives the
    // simulator.
    simulator(const workload& w, policy::settings s, const options& o);
    ~simulator();
    simulator(simulator&&) noexcept;

    // Handles about so many events more; false once all is over.
    bool advance(std::size_t events);
    std::size_t ended() const;  // jobs
    duration now() const;

    // Once all is over.
    const sim::record& record() const;
    const sim::observer& observer() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::sim
