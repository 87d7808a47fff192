// Small workloads and fleets in few words, and the traces where they are at hand.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>

#include "scheduler/sim/generate.hpp"
#include "scheduler/sim/read.hpp"
#include "scheduler/sim/simulator.hpp"
#include "scheduler/sim/summary.hpp"

namespace trainyard::sim {

inline policy::settings pool_of(std::int64_t units, policy::order o = policy::order::fifo,
                                policy::backfill b = policy::backfill::none) {
    policy::settings s;
    policy::pool_config p;
    p.name = "pool";
    p.limits["unit"] = policy::amount{units};
    s.pools.push_back(std::move(p));
    s.order = o;
    s.backfill = b;
    return s;
}

// Lines "name submit run units [tenant]" make a workload.
workload jobs_of(const std::string& lines);

inline simulator run(const workload& w, const policy::settings& s, const options& o = {}) {
    simulator sim{w, s, o};
    while (sim.advance(1000)) {
    }
    return sim;
}

// "a 0-10, b 10-20": last start and end of each job in seconds, in the order of the workload.
std::string schedule(const workload& w, const simulator& s);

// The unpacked text of a file below traces/, or nothing; then the test skips with `why_no_trace`.
std::optional<std::string> trace(const std::string& name);
std::string why_no_trace(const std::string& name);

}  // namespace trainyard::sim
