#include "scheduler/sim/simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/scheduler/sim/fixture.hpp"

namespace trainyard::sim {
namespace {

std::string many(int count, const std::string& rest) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "j" + std::to_string(i) + rest + "\n";
    return lines;
}

TEST(sim_simulator, first_come_first_served_blocks_behind_the_first_that_does_not_fit) {
    const workload w = jobs_of("a 0 10 6\n b 1 10 6\n c 2 5 2\n");
    EXPECT_EQ(schedule(w, run(w, pool_of(10))), "a 0-10, b 10-20, c 10-15");
}

TEST(sim_simulator, at_one_instant_ends_come_before_arrivals_and_both_before_the_pass) {
    // b arrives as a ends, and starts at that instant; c, of the same instant but later in order, waits
    // behind it.
    const workload w = jobs_of("a 0 10 10\n b 10 5 10\n c 10 1 1\n");
    EXPECT_EQ(schedule(w, run(w, pool_of(10))), "a 0-10, b 10-15, c 15-16");
}

TEST(sim_simulator, a_job_of_no_length_ends_when_it_starts) {
    const workload w = jobs_of("a 5 0 10\n b 5 0 10\n c 6 1 10\n");
    EXPECT_EQ(schedule(w, run(w, pool_of(10))), "a 5-5, b 5-5, c 6-7");
}

TEST(sim_simulator, what_can_never_start_is_told_and_blocks_nobody) {
    const workload w = jobs_of("a 0 10 11\n b 1 10 6\n");
    const simulator s = run(w, pool_of(10));
    EXPECT_EQ(schedule(w, s), "a never, b 1-11");
    EXPECT_EQ(s.record().outcomes[0].fate, fate::impossible);
    EXPECT_THAT(s.record().first_impossible, testing::StartsWith("job a: "));
    EXPECT_EQ(s.ended(), 2U);
}

TEST(sim_simulator, nobody_is_ever_above_the_fleet) {
    const auto g = generate("poisson", 3, 10'000);
    ASSERT_TRUE(g);
    const simulator s = run(g->jobs, g->fleet);
    std::map<duration, std::int64_t> change;
    for (const attempt& a : s.record().attempts) {
        change[a.start] += g->jobs.jobs[a.job].units();
        change[a.end] -= g->jobs.jobs[a.job].units();
    }
    std::int64_t used = 0, most = 0;
    for (const auto& [when, by] : change) most = std::max(most, used += by);
    EXPECT_EQ(used, 0);
    EXPECT_LE(most, 128);
    EXPECT_GT(most, 120);  // the load is high enough for the limit to matter
    EXPECT_EQ(s.record().attempts.size(), 10'000U);
}

TEST(sim_simulator, the_same_run_gives_the_same_digest_and_another_seed_another) {
    const auto g = generate("poisson", 5, 2000);
    ASSERT_TRUE(g);
    options o;
    o.failures_per_hour = 0.2;
    o.seed = 7;
    const std::uint64_t first = run(g->jobs, g->fleet, o).record().digest();
    EXPECT_EQ(run(g->jobs, g->fleet, o).record().digest(), first);
    // However it is cut into steps.
    simulator whole{g->jobs, g->fleet, o};
    whole.advance(std::size_t{1} << 40U);
    EXPECT_EQ(whole.record().digest(), first);
    o.seed = 8;
    EXPECT_NE(run(g->jobs, g->fleet, o).record().digest(), first);
}

TEST(sim_simulator, a_failed_attempt_is_repeated_until_attempts_run_out) {
    workload w = jobs_of("a 0 360000 1\n");
    w.jobs[0].max_attempts = 3;
    options o;
    o.failures_per_hour = 1;  // a run of 100 hours has no hope
    const simulator s = run(w, pool_of(10), o);
    const outcome& a = s.record().outcomes[0];
    EXPECT_EQ(a.fate, fate::failed);
    EXPECT_EQ(a.attempts, 3);
    ASSERT_EQ(s.record().attempts.size(), 3U);
    double lost = 0;
    for (const attempt& x : s.record().attempts) {
        EXPECT_EQ(x.how, stop::failed);
        lost += to_seconds(x.end - x.start);
    }
    EXPECT_NEAR(a.lost_unit_seconds, lost, 1e-6);
}

TEST(sim_simulator, checkpoints_save_work) {
    workload w = jobs_of("a 0 36000 2\n");
    w.jobs[0].max_attempts = 1000;
    options o;
    o.failures_per_hour = 0.5;
    const double without = run(w, pool_of(10), o).record().outcomes[0].lost_unit_seconds;
    o.checkpoint = 60s;
    const simulator s = run(w, pool_of(10), o);
    const outcome& a = s.record().outcomes[0];
    EXPECT_EQ(a.fate, fate::finished);
    EXPECT_GT(a.attempts, 1);
    EXPECT_LT(a.lost_unit_seconds, 2 * 60.0 * a.attempts);
    EXPECT_LT(a.lost_unit_seconds, without);
    double ran = 0;
    for (const attempt& x : s.record().attempts) ran += to_seconds(x.end - x.start);
    EXPECT_NEAR(ran, 36000 + a.lost_unit_seconds / 2, 1e-3);
}

TEST(sim_simulator, the_rate_of_failures_is_what_was_asked_for) {
    const workload w = jobs_of(many(4000, " 0 3600 1"));
    options o;
    o.failures_per_hour = 0.5;
    const simulator s = run(w, pool_of(4000), o);
    const auto failed = std::ranges::count(s.record().outcomes, fate::failed, &outcome::fate);
    EXPECT_NEAR(static_cast<double>(failed) / 4000, 1 - std::exp(-0.5), 0.03);
}

TEST(sim_simulator, an_api_starts_so_many_a_second) {
    const workload w = jobs_of(many(10, " 0 100 1"));
    options o;
    o.starts_per_second = 2;
    const simulator s = run(w, pool_of(100), o);
    std::ostringstream starts;
    for (const outcome& x : s.record().outcomes) starts << to_seconds(x.start) << " ";
    // A bucket of one second, then one every half second.
    EXPECT_EQ(starts.str(), "0 0 0.5 1 1.5 2 2.5 3 3.5 4 ");
    o.starts_per_second = 0.1;
    EXPECT_EQ(to_seconds(run(w, pool_of(100), o).record().outcomes[9].start), 90);
}

TEST(sim_simulator, estimates_are_the_users_or_the_truth) {
    // The head needs everything when a ends; b may pass only if it is believed to be short.
    workload w = jobs_of("a 0 10 6\n h 1 10 10\n b 2 5 4\n");
    w.jobs[2].requested = 100s;
    const policy::settings easy = pool_of(10, policy::order::fifo, policy::backfill::easy);
    options o;
    EXPECT_EQ(schedule(w, run(w, easy, o)), "a 0-10, h 10-20, b 2-7");
    o.exact_estimates = false;
    EXPECT_EQ(schedule(w, run(w, easy, o)), "a 0-10, h 10-20, b 20-25");
}

TEST(sim_simulator, jobs_wait_for_those_they_depend_on) {
    workload w = jobs_of("a 0 10 1\n b 1 5 1\n c 2 5 1\n");
    w.jobs[1].depends_on = {0};
    w.jobs[2].depends_on = {1};
    EXPECT_EQ(schedule(w, run(w, pool_of(10))), "a 0-10, b 10-15, c 15-20");
    w.jobs[0].needs[0].units = 11;  // never starts, so nobody after it does
    const simulator s = run(w, pool_of(10));
    EXPECT_EQ(s.record().outcomes[1].fate, fate::unsatisfiable);
    EXPECT_EQ(s.record().outcomes[2].fate, fate::unsatisfiable);
}

TEST(sim_simulator, a_pool_that_a_job_names_is_the_one_it_gets) {
    policy::settings s = pool_of(10, policy::order::fifo, policy::backfill::greedy);
    s.pools.push_back(s.pools[0]);
    s.pools[1].name = "other";
    workload w = jobs_of("a 0 10 6\n b 0 10 6\n c 0 10 6\n");
    w.pools.intern("other");
    w.jobs[0].pools = w.jobs[2].pools = {0};
    const simulator done = run(w, s);
    EXPECT_EQ(schedule(w, done), "a 0-10, b 0-10, c 10-20");
    EXPECT_EQ(done.record().outcomes[0].pool, 1U);
    EXPECT_EQ(done.record().outcomes[1].pool, 0U);
    EXPECT_EQ(done.record().outcomes[2].pool, 1U);
}

TEST(sim_simulator, a_preempted_job_starts_again_and_its_work_is_lost) {
    policy::settings s = pool_of(10, policy::order::priority, policy::backfill::greedy);
    s.preemption.within = policy::preempt_within::lower_priority;
    s.preemption.protected_runtime = 0s;
    workload w = jobs_of("a 0 100 6\n b 30 10 10\n");
    w.jobs[0].preemptible = true;
    w.jobs[1].priority = 100;
    const simulator at_once = run(w, s);
    EXPECT_EQ(schedule(w, at_once), "a 40-140, b 30-40");
    const outcome& a = at_once.record().outcomes[0];
    EXPECT_EQ(a.preemptions, 1);
    EXPECT_EQ(a.attempts, 2);
    EXPECT_DOUBLE_EQ(a.lost_unit_seconds, 30 * 6);
    ASSERT_EQ(at_once.record().attempts.size(), 3U);
    EXPECT_EQ(at_once.record().attempts[0].how, stop::preempted);
    // Stopping takes time, and a checkpoint saves work.
    options o;
    o.stop_time = 5s;
    o.checkpoint = 10s;
    const simulator later = run(w, s, o);
    EXPECT_EQ(schedule(w, later), "a 45-115, b 35-45");
    EXPECT_DOUBLE_EQ(later.record().outcomes[0].lost_unit_seconds, 5 * 6);
}

}  // namespace
}  // namespace trainyard::sim
