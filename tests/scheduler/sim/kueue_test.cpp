// Kueue's own performance scenarios in virtual time, against what no scheduler can beat.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/scheduler/sim/fixture.hpp"

namespace trainyard::sim {
namespace {

summary replay(const generated& g) {
    return summarise(g.jobs, run(g.jobs, g.fleet), g.jobs.source);
}

// The work of all jobs over the capacity: 66 s and 4.025 s. It takes all jobs to be there from the start.
double work_bound(const generated& g, double capacity) {
    double work = 0;
    for (const job& j : g.jobs.jobs) work += to_seconds(j.run) * static_cast<double>(j.units());
    return work / capacity;
}

// The same with arrivals: until t nobody can have done more than with room for all, and later no more than
// the capacity.
double arrival_bound(const generated& g, double capacity) {
    std::map<duration, double> change;
    double all = 0;
    for (const job& j : g.jobs.jobs) {
        change[j.submit] += static_cast<double>(j.units());
        change[j.submit + j.run] -= static_cast<double>(j.units());
        all += to_seconds(j.run) * static_cast<double>(j.units());
    }
    double bound = all / capacity, done = 0, used = 0;
    duration last{};
    for (const auto& [t, by] : change) {
        done += used * to_seconds(t - last);
        last = t;
        used += by;
        bound = std::max(bound, to_seconds(t) + (all - done) / capacity);
    }
    return bound;
}

TEST(sim_kueue, baseline_takes_hardly_more_than_its_lower_bound) {
    const auto g = generate("kueue-baseline", 1, 0);
    ASSERT_TRUE(g);
    const double capacity = 5 * 6 * 20;
    EXPECT_NEAR(work_bound(*g, capacity), 66, 1e-9);
    const summary f = replay(*g);
    EXPECT_EQ(f.finished, 15'000U);
    EXPECT_LE(f.end, 1.05 * 66);
    EXPECT_GE(f.end, arrival_bound(*g, capacity));
}

TEST(sim_kueue, large_scale_takes_hardly_more_than_its_lower_bound) {
    const auto g = generate("kueue-large-scale", 1, 0);
    ASSERT_TRUE(g);
    const double capacity = 10 * 100 * 20;
    EXPECT_NEAR(work_bound(*g, capacity), 4.025, 1e-9);
    // In the first 0.7 s there is less to do than there is room for, so nobody can end before 4.5 s.
    const double bound = arrival_bound(*g, capacity);
    EXPECT_GT(bound, 4.5);
    const summary f = replay(*g);
    EXPECT_EQ(f.finished, 50'000U);
    EXPECT_LE(f.end, 1.05 * bound);
    EXPECT_GE(f.end, bound);
}

}  // namespace
}  // namespace trainyard::sim
