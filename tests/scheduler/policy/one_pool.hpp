// Virtual time over one pool of equal processors: at one instant all completions, then all arrivals, then one
// pass.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {

struct trace_job {
    std::string name;
    std::int64_t submit = 0, runtime = 0, estimate = 0, units = 0;  // seconds; processors
};

inline settings one_pool_settings(backfill how, std::int64_t processors) {
    settings s = fleet({tenant("a")}, {pool("p", {{"g", amount{processors}}})}, order::fifo);
    s.backfill = how;
    return s;
}

// Start times by job, in the order of `jobs`, which is that of submission.
inline std::vector<std::int64_t> run_one_pool(scheduler& s, const std::vector<trace_job>& jobs) {
    std::vector<std::int64_t> started(jobs.size(), -1);
    std::multimap<std::int64_t, std::size_t> ends;
    std::size_t next = 0;
    const auto at = [](std::int64_t t) { return t0 + std::chrono::seconds{t}; };
    while (next < jobs.size() || !ends.empty()) {
        std::int64_t now = next < jobs.size() ? jobs[next].submit : ends.begin()->first;
        if (!ends.empty()) now = std::min(now, ends.begin()->first);
        for (; !ends.empty() && ends.begin()->first <= now; ends.erase(ends.begin()))
            s.release(ends.begin()->second + 1);
        for (; next < jobs.size() && jobs[next].submit <= now; ++next) {
            pending_job j = job(next + 1, "a", jobs[next].units, 0, at(jobs[next].submit));
            j.runtime = std::chrono::seconds{jobs[next].estimate};
            s.add(j);
        }
        for (const start& x : s.decide(at(now), jobs.size()).starts) {
            started[x.job - 1] = now;
            ends.emplace(now + jobs[x.job - 1].runtime, x.job - 1);
        }
    }
    return started;
}

}  // namespace trainyard::policy::test
