#include "scheduler/config/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::config {
namespace {

using policy::amount;
using testing::HasSubstr;

policy::settings named(const std::string& name) {
    policy::settings s;
    const auto applied = apply_policy_name(name, s);
    EXPECT_TRUE(applied) << applied.error().message;
    return s;
}

TEST(config_policy_name, words_choose_order_backfill_and_packing) {
    EXPECT_EQ(named("fcfs").order, policy::order::fifo);
    EXPECT_EQ(named("fcfs").backfill, policy::backfill::none);
    EXPECT_EQ(named("fifo").backfill, policy::backfill::none);
    EXPECT_EQ(named("easy").order, policy::order::fifo);
    EXPECT_EQ(named("easy").backfill, policy::backfill::easy);
    EXPECT_EQ(named("sjbf").backfill, policy::backfill::easy_sjbf);
    EXPECT_EQ(named("fair").order, policy::order::fair);
    EXPECT_EQ(named("fair").backfill, policy::backfill::greedy);
    const policy::settings s = named("priority+conservative+pack");
    EXPECT_EQ(s.order, policy::order::priority);
    EXPECT_EQ(s.backfill, policy::backfill::conservative);
    EXPECT_EQ(s.packing, policy::packing::pack);
}

TEST(config_policy_name, packing_alone_changes_nothing_else) {
    policy::settings s;
    s.order = policy::order::fair_tree;
    s.backfill = policy::backfill::conservative;
    ASSERT_TRUE(apply_policy_name("pack", s));
    EXPECT_EQ(s.order, policy::order::fair_tree);
    EXPECT_EQ(s.backfill, policy::backfill::conservative);
    EXPECT_EQ(s.packing, policy::packing::pack);
}

TEST(config_policy_name, unknown_words_are_refused_with_the_known_ones) {
    policy::settings s;
    for (const char* name : {"", "best", "fair+", "+fair", "fair+best", "fair easy"}) {
        const auto applied = apply_policy_name(name, s);
        ASSERT_FALSE(applied) << name;
        EXPECT_EQ(applied.error().code, errc::invalid_argument);
        EXPECT_THAT(applied.error().message,
                    HasSubstr("fcfs, fifo, priority, fair, fair_tree, none, greedy, easy"));
    }
}

result<simulated_fleet> parse(const std::string& yaml) {
    return parse_simulated_fleet(yaml, "f.yaml", {});
}
std::string problem(const std::string& yaml) {
    const auto f = parse(yaml);
    return f ? std::string{"none"} : f.error().message;
}

TEST(config_simulated_fleet, everything_that_can_be_said) {
    const auto f = parse(R"(
pools:
  - {name: a, limits: {gpu: 8, cpu: 100}, max_jobs: 5, preference: 2, prices: {gpu: 3}, order: fifo, backfill: easy}
  - {name: b, limits: {gpu: 4}}
tenants:
  - {name: vision, weight: 2.5, max_jobs: 7, pools: [a], order: priority, preempt_within: lower_priority,
     preempt_reclaim: any}
  - {name: vision/x, quota: {gpu: {nominal: 4, borrowing_limit: 3, lending_limit: 1}, cpu: 9}}
  - {name: vision/y, quota: {gpu: {nominal: 2}}}
policy:
  order: fair_tree
  backfill: conservative
  packing: pack
  aging_step_seconds: 0
  half_life_seconds: 3600
  default_runtime_seconds: 60
  lookahead: 500
  max_jobs_by_kind: {tuning: 3}
  max_jobs_by_group: {g: 2}
  preemption: {within: lower_or_newer_equal, reclaim: lower_priority, protected_seconds: 5, victims_max: 3,
               window_seconds: 30}
priorities: {urgent: 9}
)");
    ASSERT_TRUE(f) << f.error().message;
    const policy::settings& s = f->policy;
    ASSERT_EQ(s.pools.size(), 2U);
    EXPECT_EQ(s.pools[0].limits.at("gpu"), amount{8});
    EXPECT_EQ(s.pools[0].limits.at("cpu"), amount{100});
    EXPECT_EQ(s.pools[0].jobs_max, amount{5});
    EXPECT_EQ(s.pools[0].preference, 2);
    EXPECT_EQ(s.pools[0].prices.at("gpu"), 3);
    EXPECT_EQ(s.pools[0].order, policy::order::fifo);
    EXPECT_EQ(s.pools[0].backfill, policy::backfill::easy);
    EXPECT_FALSE(s.pools[1].order);
    ASSERT_EQ(s.tenants.size(), 3U);
    EXPECT_DOUBLE_EQ(s.tenants[0].weight, 2.5);
    EXPECT_EQ(s.tenants[0].jobs_max, amount{7});
    EXPECT_EQ(s.tenants[0].pools, std::vector<std::string>{"a"});
    EXPECT_EQ(s.tenants[0].order, policy::order::priority);
    EXPECT_EQ(s.tenants[0].within, policy::preempt_within::lower_priority);
    EXPECT_EQ(s.tenants[0].reclaim, policy::preempt_reclaim::any);
    EXPECT_EQ(s.tenants[1].quota.at("gpu"), (policy::quota{amount{4}, amount{3}, amount{1}}));
    EXPECT_EQ(s.tenants[1].quota.at("cpu"), policy::quota{amount{9}});
    EXPECT_EQ(s.tenants[2].quota.at("gpu"),
              (policy::quota{amount{2}, amount::unlimited(), amount::unlimited()}));
    EXPECT_EQ(s.order, policy::order::fair_tree);
    EXPECT_EQ(s.backfill, policy::backfill::conservative);
    EXPECT_EQ(s.packing, policy::packing::pack);
    EXPECT_EQ(s.aging_step, duration::zero());
    EXPECT_EQ(s.half_life, 1h);
    EXPECT_EQ(s.default_runtime, 1min);
    EXPECT_EQ(s.lookahead, 500U);
    EXPECT_EQ(s.kinds_max.at("tuning"), amount{3});
    EXPECT_EQ(s.groups_max.at("g"), amount{2});
    EXPECT_EQ(s.preemption.within, policy::preempt_within::lower_or_newer_equal);
    EXPECT_EQ(s.preemption.reclaim, policy::preempt_reclaim::lower_priority);
    EXPECT_EQ(s.preemption.protected_runtime, 5s);
    EXPECT_EQ(s.preemption.victims_max, 3);
    EXPECT_EQ(s.preemption.window, 30s);
    EXPECT_EQ(f->priorities, (std::map<std::string, int>{{"urgent", 9}}));
}

TEST(config_simulated_fleet, mistakes_have_a_place) {
    const std::string pool = "pools: [{name: a, limits: {u: 1}}]\n";
    EXPECT_EQ(problem("tenants: []\n"), "f.yaml: pools: at least one pool is required");
    EXPECT_THAT(problem("pools: [{name: a}]\n"), HasSubstr("with its limit is required"));
    EXPECT_THAT(problem("pools: [{name: a, limits: discover}]\n"),
                HasSubstr("f.yaml: pool a discovers its limits; a simulation needs them in the file"));
    EXPECT_THAT(problem("pools: [{name: a, limits: {u: -1}}]\n"),
                HasSubstr("f.yaml:1:31: pools[0].limits.u: must be"));
    EXPECT_THAT(problem("pools: [{name: a, limits: {u: 1}}, {name: a, limits: {u: 1}}]\n"),
                HasSubstr("the pool 'a' stands there twice"));
    EXPECT_THAT(problem(pool + "tenants: [{name: t}, {name: t}]\n"),
                HasSubstr("the tenant 't' stands there twice"));
    EXPECT_THAT(problem(pool + "tenants: [{name: t, pools: [z]}]\n"), HasSubstr("there is no pool 'z'"));
    EXPECT_THAT(problem(pool + "tenants: [{name: t, quota: {u: {most: 1}}}]\n"),
                HasSubstr("unknown key 'most'"));
    EXPECT_THAT(problem(pool + "policy: {order: best}\n"),
                HasSubstr("f.yaml:2:17: policy.order: 'best' is not one of"));
    EXPECT_THAT(problem(pool + "policy: {half_life_seconds: -1}\n"),
                HasSubstr("must be a whole number from 0"));
    EXPECT_THAT(problem("- 1\n"), HasSubstr("f.yaml: must be a mapping"));
    EXPECT_THAT(problem("a: [\n"), HasSubstr("not YAML"));
}

TEST(config_simulated_fleet, a_fleet_of_run_gives_its_pools_and_tenants) {
    const auto f = parse(R"(
installation: test
accounts:
  - {id: "111111111111", regions: [us-east-1], limits: {ml.m5.xlarge: 5}}
tenants: [{name: vision, weight: 3}]
queues: [{name: jobs, region: us-east-1, tenants: [vision]}]
priorities: {normal: 1}
)");
    ASSERT_TRUE(f) << f.error().message;
    ASSERT_EQ(f->policy.pools.size(), 1U);
    EXPECT_EQ(f->policy.pools[0].name, "111111111111/us-east-1");
    EXPECT_DOUBLE_EQ(f->policy.tenants.at(0).weight, 3);
    EXPECT_EQ(f->priorities.at("normal"), 1);
    EXPECT_THAT(problem("accounts: []\n"), HasSubstr("f.yaml"));
}

TEST(config_policy_file, changes_what_it_states) {
    policy::settings s;
    ASSERT_TRUE(parse_policy_file("order: fifo\nbackfill: conservative\n", "p.yaml", {}, s));
    EXPECT_EQ(s.order, policy::order::fifo);
    EXPECT_EQ(s.backfill, policy::backfill::conservative);
    ASSERT_TRUE(parse_policy_file("policy: {backfill: none}\n", "p.yaml", {}, s));
    EXPECT_EQ(s.backfill, policy::backfill::none);
    const auto odd = parse_policy_file("policy: {order: fair}\norder: fifo\n", "p.yaml", {}, s);
    ASSERT_FALSE(odd);
    EXPECT_THAT(odd.error().message, HasSubstr("p.yaml:2:1: unknown key 'order'"));
}

}  // namespace
}  // namespace trainyard::config
