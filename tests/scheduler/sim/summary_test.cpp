#include "scheduler/sim/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/scheduler/sim/fixture.hpp"

namespace trainyard::sim {
namespace {

TEST(sim_summary, figures_are_those_of_the_definitions) {
    // a: wait 0; b: waits 9 and runs 10; c: waits 18 and runs 2, which counts as 10 in its slowdown.
    const workload w = jobs_of("a 0 10 10 x\n b 1 10 10 x\n c 2 2 5 y\n");
    const simulator s = run(w, pool_of(10));
    const summary f = summarise(w, s, "fcfs");
    EXPECT_EQ(f.finished, 3U);
    EXPECT_DOUBLE_EQ(f.makespan, 22);
    EXPECT_DOUBLE_EQ(f.all.wait.mean, 9);
    EXPECT_DOUBLE_EQ(f.all.wait.max, 18);
    EXPECT_DOUBLE_EQ(f.all.wait.p50, 9);
    EXPECT_DOUBLE_EQ(f.all.completion.mean, (10 + 19 + 20) / 3.0);
    EXPECT_DOUBLE_EQ(f.all.slowdown.mean, (1 + 1.9 + 2) / 3);
    EXPECT_DOUBLE_EQ(f.utilisation, (100 + 100 + 10) / 220.0);
    ASSERT_EQ(f.tenants.size(), 2U);
    EXPECT_EQ(f.tenants[0].name, "x");
    EXPECT_EQ(f.tenants[0].jobs, 2U);
    EXPECT_DOUBLE_EQ(f.tenants[0].unit_seconds, 200);
    EXPECT_DOUBLE_EQ(f.tenants[1].wait.mean, 18);
    EXPECT_EQ(f.attempts, 3U);
}

TEST(sim_summary, quantiles_are_by_nearest_rank) {
    std::vector<double> v;
    for (int i = 100; i >= 1; --i) v.push_back(i);
    const distribution d = distribution_of(v);
    EXPECT_EQ(d.p50, 50);
    EXPECT_EQ(d.p90, 90);
    EXPECT_EQ(d.p95, 95);
    EXPECT_EQ(d.p99, 99);
    EXPECT_EQ(d.max, 100);
    EXPECT_DOUBLE_EQ(d.mean, 50.5);
    EXPECT_EQ(distribution_of({}).max, 0);
}

TEST(sim_series, holds_the_mean_of_each_bucket_and_never_more_buckets) {
    time_series s{0s, 1s};
    s.set(0s, 4);
    s.set(1500ms, 8);
    s.set(2s, 0);
    const auto b = s.buckets();
    ASSERT_EQ(b.size(), 2U);
    EXPECT_DOUBLE_EQ(b[0].mean, 4);
    EXPECT_DOUBLE_EQ(b[1].mean, 6);
    EXPECT_DOUBLE_EQ(s.integral(), 4 * 1.5 + 8 * 0.5);
    for (int i = 3; i < 100'000; ++i) s.set(std::chrono::seconds{i}, i % 2);
    s.set(100h, 0);
    EXPECT_LE(s.buckets().size(), time_series::buckets_max);
    double sum = 0;
    for (const auto& x : s.buckets()) sum += x.mean * to_seconds(x.width);
    EXPECT_NEAR(sum, s.integral(), 1e-6 * s.integral());
}

TEST(sim_shares, is_the_weighted_max_min_share) {
    std::vector<claim> c{{2, 1}, {10, 1}, {10, 2}, {0, 5}};
    share_out(17, c);
    EXPECT_DOUBLE_EQ(c[0].entitled, 2);
    EXPECT_DOUBLE_EQ(c[1].entitled, 5);
    EXPECT_DOUBLE_EQ(c[2].entitled, 10);
    EXPECT_DOUBLE_EQ(c[3].entitled, 0);
    share_out(100, c);
    EXPECT_DOUBLE_EQ(c[1].entitled, 10);
}

TEST(sim_shares, goes_level_by_level) {
    policy::settings s;
    const auto tenant = [&](const std::string& name, double weight) {
        policy::tenant_config t;
        t.name = name;
        t.weight = weight;
        s.tenants.push_back(std::move(t));
    };
    tenant("a", 3);
    tenant("a/x", 1);
    tenant("b", 1);
    name_list tenants;
    for (const char* t : {"a/x", "b", "a/y"}) tenants.intern(t);
    const share_tree tree{s, tenants};
    const auto all_want = tree.entitlements(80, {100, 100, 100});
    EXPECT_DOUBLE_EQ(all_want[0], 30);
    EXPECT_DOUBLE_EQ(all_want[1], 20);
    EXPECT_DOUBLE_EQ(all_want[2], 30);
    const auto one_wants_little = tree.entitlements(80, {10, 100, 100});
    EXPECT_DOUBLE_EQ(one_wants_little[0], 10);
    EXPECT_DOUBLE_EQ(one_wants_little[2], 50);
}

TEST(sim_observer, share_error_is_what_a_tenant_lacks) {
    // x holds the whole pool for 100 s while y, entitled to half of it, waits: an error of one half of that
    // time.
    const workload w = jobs_of("a 0 100 10 x\n b 0 100 10 y\n c 200 1 1 y\n");
    const summary f = summarise(w, run(w, pool_of(10)), "fcfs");
    EXPECT_NEAR(f.share_error * f.makespan, 50, 1);
    EXPECT_NEAR(f.share_error_max, 0.5, 1e-9);
}

}  // namespace
}  // namespace trainyard::sim
