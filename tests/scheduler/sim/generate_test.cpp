#include "scheduler/sim/generate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "tests/scheduler/sim/fixture.hpp"

namespace trainyard::sim {
namespace {

double load_of(const generated& g) {
    double work = 0;
    std::int64_t units = 0;
    for (const job& j : g.jobs.jobs) work += to_seconds(j.run) * static_cast<double>(j.units());
    for (const policy::pool_config& p : g.fleet.pools) units += p.limits.at("unit").count();
    return work / static_cast<double>(units) / to_seconds(g.jobs.jobs.back().submit);
}

TEST(sim_generate, one_seed_one_workload) {
    for (const char* name : {"poisson", "lublin", "philly", "curie"}) {
        const auto a = generate(name, 1, 2000), b = generate(name, 1, 2000), c = generate(name, 2, 2000);
        ASSERT_TRUE(a && b && c);
        EXPECT_EQ(digest(a->jobs), digest(b->jobs)) << name;
        EXPECT_NE(digest(a->jobs), digest(c->jobs)) << name;
        EXPECT_EQ(a->jobs.jobs.size(), 2000U);
        EXPECT_TRUE(std::ranges::is_sorted(a->jobs.jobs, {}, &job::submit));
    }
}

TEST(sim_generate, loads_are_those_that_are_stated) {
    const std::map<std::string, double> stated{
        {"poisson", 0.85}, {"lublin", 0.9}, {"philly", 0.9}, {"curie", 0.8}};
    for (const auto& [name, load] : stated) {
        const auto g = generate(name, 1, 20'000);
        ASSERT_TRUE(g);
        EXPECT_NEAR(load_of(*g), load, name == "lublin" ? 0.05 : 0.01) << name;
    }
}

TEST(sim_generate, every_job_can_start_in_its_fleet) {
    for (const generator& made : generators()) {
        const auto g = generate(made.name, 3, made.default_jobs == 0 ? 0 : 5000);
        ASSERT_TRUE(g);
        std::int64_t most = 0;
        for (const policy::pool_config& p : g->fleet.pools)
            most = std::max(most, p.limits.at("unit").count());
        for (const job& j : g->jobs.jobs) {
            ASSERT_GE(j.units(), 1);
            ASSERT_LE(j.units(), most) << made.name;
            ASSERT_GT(j.run, duration::zero());
            ASSERT_TRUE(j.requested == duration::zero() || j.requested >= j.run) << made.name;
        }
    }
}

TEST(sim_generate, lublins_sizes_and_run_times_have_the_models_shape) {
    const auto g = generate("lublin", 1, 20'000);
    ASSERT_TRUE(g);
    double serial = 0, powers = 0, parallel = 0, log_run = 0;
    for (const job& j : g->jobs.jobs) {
        log_run += std::log(to_seconds(j.run)) / 20'000;
        if (j.units() == 1) {
            ++serial;
            continue;
        }
        ++parallel;
        powers += std::has_single_bit(static_cast<std::uint64_t>(j.units())) ? 1 : 0;
    }
    EXPECT_NEAR(serial / 20'000, 0.244, 0.02);
    EXPECT_GT(powers / parallel, 0.576);  // and those that were rounded to one by chance
    EXPECT_LT(powers / parallel, 0.85);
    EXPECT_GT(log_run, 4);
    EXPECT_LT(log_run, 8);
}

TEST(sim_generate, kueues_scenarios_are_as_stated) {
    const auto small = generate("kueue-baseline", 1, 0), large = generate("kueue-large-scale", 1, 0);
    ASSERT_TRUE(small && large);
    EXPECT_EQ(small->jobs.jobs.size(), 15'000U);
    EXPECT_EQ(large->jobs.jobs.size(), 50'000U);
    const auto work = [](const workload& w, std::string_view queue) {
        double sum = 0;
        for (const job& j : w.jobs)
            if (w.tenants[j.tenant] == queue) sum += to_seconds(j.run) * static_cast<double>(j.units());
        return sum;
    };
    EXPECT_NEAR(work(small->jobs, "cohort-0/cq-0"), 1320, 1e-6);
    EXPECT_NEAR(work(large->jobs, "cohort-9/cq-99"), 80.5, 1e-6);
    EXPECT_EQ(small->jobs.jobs.back().submit, 60s);
    EXPECT_EQ(large->jobs.jobs.back().submit, 3300ms);
}

TEST(sim_generate, wrong_requests_are_refused) {
    EXPECT_THAT(generate("nonsense", 1, 0).error().message, testing::HasSubstr("there are poisson, lublin"));
    EXPECT_THAT(generate("kueue-baseline", 1, 5).error().message, testing::HasSubstr("is fixed"));
    EXPECT_EQ(generate("poisson", 1, jobs_max + 1).error().code, errc::limit);
}

}  // namespace
}  // namespace trainyard::sim
