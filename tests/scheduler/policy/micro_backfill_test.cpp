// 134 hand-made schedules of 100 processors, from pyss: each job ends at the second that is stated.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scheduler/policy/data.hpp"
#include "tests/scheduler/policy/one_pool.hpp"

namespace trainyard::policy::test {
namespace {

backfill backfill_named(std::string_view name) {
    if (name == "fcfs") return backfill::none;
    if (name == "easy") return backfill::easy;
    if (name == "easy-sjbf") return backfill::easy_sjbf;
    EXPECT_EQ(name, "conservative");
    return backfill::conservative;
}

TEST(micro_backfill, every_job_of_every_scenario_ends_when_it_should) {
    const auto cases = read_cases("micro_backfill.json");
    if (!cases) GTEST_SKIP() << missing("micro_backfill.json");
    std::size_t scenarios = 0;
    for (const json::value scenario : cases->root().elements()) {
        const std::string policy{*scenario.find("policy").string()};
        SCOPED_TRACE(policy + " " + std::to_string(scenarios++) + ": " +
                     std::string{*scenario.find("comment").string()});
        std::vector<trace_job> jobs;
        std::vector<std::int64_t> ends;
        std::vector<std::pair<trace_job, std::int64_t>> sorted;
        for (const json::value j : scenario.find("jobs").elements())
            sorted.push_back(
                {{std::string{*j.find("id").string()}, *j.find("submit").integer(),
                  *j.find("runtime").integer(), *j.find("estimate").integer(), *j.find("procs").integer()},
                 *j.find("expected_finish").integer()});
        std::vector<std::pair<std::int64_t, std::size_t>> order;
        for (std::size_t i = 0; i < sorted.size(); ++i) order.emplace_back(sorted[i].first.submit, i);
        std::ranges::sort(order);
        for (const auto& [submit, i] : order) {
            jobs.push_back(sorted[i].first);
            ends.push_back(sorted[i].second);
        }
        scheduler s{one_pool_settings(backfill_named(policy), *scenario.find("processors").integer())};
        const std::vector<std::int64_t> started = run_one_pool(s, jobs);
        s.check_invariants();
        for (std::size_t i = 0; i < jobs.size(); ++i)
            EXPECT_EQ(started[i] + jobs[i].runtime, ends[i]) << "job " << jobs[i].name;
    }
    EXPECT_EQ(scenarios, 134U);
}

}  // namespace
}  // namespace trainyard::policy::test
