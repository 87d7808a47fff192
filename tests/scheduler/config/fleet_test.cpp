#include "scheduler/config/fleet.hpp"

#include <gtest/gtest.h>

namespace trainyard::config {
namespace {

const std::string good = R"(installation: prod
ledger: data/ledger.db
accounts:
  - id: "111111111111"
    role: arn:aws:iam::111111111111:role/spoke
    external_id: ${env:EXTERNAL}
    regions: [us-east-1, us-west-2]
    limits: {ml.g5.2xlarge: 8, "ml.g5.2xlarge:spot": 4}
    max_jobs: 10
    api_rates: {create: 2.5}
tenants:
  - name: vision
    weight: 2
    quota: {ml.g5.2xlarge: 6}
    pools: [111111111111/us-west-2]
queues:
  - name: jobs
    region: us-east-1
    tenants: [vision]
    max_priority: normal
    weight: 2.5
    payload_buckets: [bodies, more-bodies]
policy: {order: priority}
)";

result<fleet> parse(const std::string& yaml) {
    return parse_fleet(yaml, "fleet.yaml", "/etc/ty", {{"EXTERNAL", "e-1"}});
}

TEST(Fleet, ReadsEverything) {
    const auto f = parse(good);
    ASSERT_TRUE(f) << f.error().message;
    EXPECT_EQ(f->ledger_file, "/etc/ty/data/ledger.db");
    ASSERT_EQ(f->pools.size(), 2U);
    EXPECT_EQ(f->pools[1].name, "111111111111/us-west-2");
    EXPECT_EQ(f->pools[1].external_id.reveal(), "e-1");
    EXPECT_EQ(f->pools[0].rates.create, 2.5);
    EXPECT_EQ(f->pools[0].rates.list, 2);
    EXPECT_EQ(f->policy.pools[0].limits.at("ml.g5.2xlarge:spot").count(), 4);
    EXPECT_EQ(f->policy.pools[0].jobs_max.count(), 10);
    EXPECT_EQ(f->policy.tenants[0].weight, 2);
    EXPECT_EQ(f->policy.order, policy::order::priority);
    EXPECT_EQ(f->queues[0].max_priority, "normal");
    EXPECT_EQ(f->queues[0].weight, 2.5);
    EXPECT_EQ(f->queues[0].payload_buckets, (std::vector<std::string>{"bodies", "more-bodies"}));
    EXPECT_EQ(f->default_priority, "normal");
    EXPECT_EQ(f->retention, std::chrono::hours{30 * 24});
    EXPECT_EQ(parse("retention_days: 14\n" + good)->retention, std::chrono::hours{14 * 24});
}

TEST(Fleet, OnlyMessageGroupsHaveAnOrder) {
    const auto with = [](const std::string& lines) {
        std::string yaml = good;
        return parse(yaml.replace(yaml.find("    weight: 2.5\n"), 16, lines));
    };
    EXPECT_EQ(parse(good)->queues[0].group_order, "none");
    const std::string url = "    url: https://sqs.us-east-1.amazonaws.com/111111111111/jobs.fifo\n";
    for (const std::string order : {"none", "start", "end"}) {
        const auto f = with(url + "    group_order: " + order + "\n");
        ASSERT_TRUE(f) << f.error().message;
        EXPECT_EQ(f->queues[0].group_order, order);
    }
    const auto unknown = with(url + "    group_order: sent\n"), standard = with("    group_order: start\n");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("'sent' is not one of none, start, end"), std::string::npos)
        << unknown.error().message;
    ASSERT_FALSE(standard);
    EXPECT_NE(standard.error().message.find("only FIFO queues"), std::string::npos)
        << standard.error().message;
}

std::string with_limits(const std::string& limits, const std::string& before = "") {
    std::string yaml = before + good;
    const std::string stated = R"({ml.g5.2xlarge: 8, "ml.g5.2xlarge:spot": 4})";
    yaml.replace(yaml.find(stated), stated.size(), limits);
    return yaml;
}

TEST(Fleet, ReadsLimitsThatAreDiscovered) {
    EXPECT_FALSE(parse(good)->policy.pools[0].discovers);
    const auto all = parse(with_limits("discover"));
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(all->policy.pools[0].discovers && all->policy.pools[1].discovers);
    EXPECT_TRUE(all->policy.pools[0].limits.empty());
    EXPECT_EQ(all->discover_every, 10min);
    const auto some = parse(with_limits("{discover: true, ml.g5.2xlarge: 3}", "discover_seconds: 60\n"));
    ASSERT_TRUE(some) << some.error().message;
    EXPECT_TRUE(some->policy.pools[0].discovers);
    EXPECT_EQ(some->policy.pools[0].limits,
              (std::map{std::pair{std::string{"ml.g5.2xlarge"}, policy::amount{3}}}));
    EXPECT_EQ(some->discover_every, 1min);
    const auto fleet_wide = parse("limits: discover\n" + good);
    ASSERT_TRUE(fleet_wide) << fleet_wide.error().message;
    EXPECT_TRUE(fleet_wide->policy.pools[0].discovers);
    EXPECT_EQ(fleet_wide->policy.pools[0].limits.size(), 2U) << "what the account states stays";
    EXPECT_FALSE(parse(with_limits("{discover: false, ml.g5.2xlarge: 3}", "limits: discover\n"))
                     ->policy.pools[0]
                     .discovers);
}

TEST(Fleet, SaysWhatIsWrongWithLimits) {
    for (const auto& [limits, why] :
         std::map<std::string, std::string>{{"discovered", "must be discover"},
                                            {"{}", "at least one instance type"},
                                            {"{discover: false}", "at least one instance type"},
                                            {"{discover: maybe}", "'maybe' is not one of true, false"},
                                            {"{ml.g5.2xlarge: many}", "accounts[0].limits.ml.g5.2xlarge"}}) {
        const auto f = parse(with_limits(limits));
        ASSERT_FALSE(f) << limits;
        EXPECT_NE(f.error().message.find(why), std::string::npos) << f.error().message;
    }
    EXPECT_FALSE(parse("limits: {ml.g5.2xlarge: 3}\n" + good)) << "of one account, not of the fleet";
}

TEST(Fleet, ReadsTheTreeAndThePolicy) {
    std::string yaml = good;
    yaml.replace(yaml.find("policy: {order: priority}"), 25, R"(  - name: vision/detection
    quota: {ml.g5.2xlarge: {nominal: 4, borrowing_limit: 2, lending_limit: 1}, ml.p4d: {nominal: 1}}
    order: fifo
    preempt_within: lower_or_newer_equal
    preempt_reclaim: any
policy:
  order: fair_tree
  backfill: conservative
  packing: pack
  half_life_seconds: 604800
  default_runtime_seconds: 3600
  max_jobs_by_kind: {processing: 7}
  max_jobs_by_group: {sweep: 2}
  lookahead: 500
  preemption: {within: lower_priority, reclaim: lower_priority, protected_seconds: 60, victims_max: 3,
               window_seconds: 30, interval_seconds: 2, nominal_stays: false})");
    const auto tenants_end = yaml.find("queues:");
    const auto child = yaml.find("  - name: vision/detection"), policy_at = yaml.find("policy:\n  order");
    const std::string moved = yaml.substr(child, policy_at - child);
    yaml.erase(child, moved.size());
    yaml.insert(tenants_end, moved);
    const auto f = parse(yaml);
    ASSERT_TRUE(f) << f.error().message;
    const policy::settings& s = f->policy;
    ASSERT_EQ(s.tenants.size(), 2U);
    const policy::tenant_config& t = s.tenants[1];
    EXPECT_EQ(t.quota.at("ml.g5.2xlarge"),
              (policy::quota{policy::amount{4}, policy::amount{2}, policy::amount{1}}));
    EXPECT_TRUE(t.quota.at("ml.p4d").borrowing_limit.is_unlimited());
    EXPECT_EQ(s.tenants[0].quota.at("ml.g5.2xlarge"), policy::quota{policy::amount{6}});
    EXPECT_EQ(t.order, policy::order::fifo);
    EXPECT_EQ(t.within, policy::preempt_within::lower_or_newer_equal);
    EXPECT_EQ(t.reclaim, policy::preempt_reclaim::any);
    EXPECT_EQ(s.order, policy::order::fair_tree);
    EXPECT_EQ(s.backfill, policy::backfill::conservative);
    EXPECT_EQ(s.packing, policy::packing::pack);
    EXPECT_EQ(s.half_life, std::chrono::hours{24 * 7});
    EXPECT_EQ(s.default_runtime, std::chrono::hours{1});
    EXPECT_EQ(s.kinds_max.at("processing").count(), 7);
    EXPECT_EQ(s.groups_max.at("sweep").count(), 2);
    EXPECT_EQ(s.lookahead, 500U);
    EXPECT_EQ(s.preemption.within, policy::preempt_within::lower_priority);
    EXPECT_EQ(s.preemption.reclaim, policy::preempt_reclaim::lower_priority);
    EXPECT_EQ(s.preemption.protected_runtime, std::chrono::minutes{1});
    EXPECT_EQ(s.preemption.victims_max, 3);
    EXPECT_EQ(s.preemption.window, std::chrono::seconds{30});
    EXPECT_EQ(s.preemption.interval, std::chrono::seconds{2});
    EXPECT_FALSE(s.preemption.nominal_stays);
    EXPECT_EQ(parse(good)->policy.backfill, policy::backfill::easy) << "the default";
}

struct bad_case {
    std::string from, to;
    std::string message;
};

TEST(Fleet, EveryMistakeIsNamedWithItsPlace) {
    const std::vector<bad_case> cases{
        {"weight: 2.5", "weight: 0", "weight"},
        {"ledger: data/ledger.db", "ledger: data/ledger.db\nretention_days: 13",
         "fleet.yaml:3:17: retention_days"},
        {"max_jobs: 10", "max_jubs: 10",
         "fleet.yaml:9:5: accounts[0]: unknown key 'max_jubs'; known keys are id, role"},
        {"installation: prod\n", "", "installation: is required"},
        {"\"111111111111\"", "\"1111\"", "'1111' is not a 12-digit account id"},
        {"ml.g5.2xlarge: 8", "ml.g5.2xlarge: many", "must be a whole number from 0 to 1000000"},
        {"[us-east-1, us-west-2]", "[]", "accounts[0].regions: at least one region"},
        {"weight: 2", "weight: 0", "must be a number from 0.001"},
        {"pools: [111111111111/us-west-2]", "pools: [x/y]", "there is no pool 'x/y'"},
        {"tenants: [vision]", "tenants: [speech]", "there is no tenant 'speech'"},
        {"max_priority: normal", "max_priority: urgent", "there is no priority class 'urgent'"},
        {"order: priority", "order: random", "'random' is not one of fair, priority, fifo, fair_tree"},
        {"order: priority", "backfill: eager",
         "'eager' is not one of none, greedy, easy, easy_sjbf, conservative"},
        {"order: priority", "preemption: {victims: 1}", "policy.preemption: unknown key 'victims'"},
        {"quota: {ml.g5.2xlarge: 6}", "quota: {ml.g5.2xlarge: {nominal: 6, borrow: 1}}",
         "tenants[0].quota.ml.g5.2xlarge: unknown key 'borrow'; known keys are nominal, borrowing_limit"},
        {"quota: {ml.g5.2xlarge: 6}", "preempt_reclaim: all",
         "'all' is not one of never, lower_priority, any"},
        {"  - name: vision", "  - name: a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p\n  - name: vision",
         "lies 16 levels deep, 15 at most"},
        {"  - name: vision", "  - name: a//b\n  - name: vision", "has an empty part in its path"},
        {"${env:EXTERNAL}", "${env:MISSING}", "the environment variable 'MISSING' is not set"},
        {"policy: {order: priority}", "admin: 0.0.0.0:9400", "must be on a loopback address"},
        {"policy: {order: priority}", "admin: 127.0.0.1:99999", "must be ADDRESS:PORT"},
        {"policy: {order: priority}", "policy: [", "not YAML"},
        {"  - name: jobs\n    region: us-east-1\n", "  - name: jobs\n", "queues[0].region: is required"},
        {"  - name: vision", "  - name: vision\n  - name: vision", "the tenant 'vision' stands there twice"},
    };
    for (const bad_case& c : cases) {
        std::string yaml = good;
        ASSERT_NE(yaml.find(c.from), std::string::npos) << c.from;
        yaml.replace(yaml.find(c.from), c.from.size(), c.to);
        const auto f = parse(yaml);
        ASSERT_FALSE(f) << c.to;
        EXPECT_EQ(f.error().code, errc::invalid_argument);
        EXPECT_NE(f.error().message.find(c.message), std::string::npos)
            << f.error().message << "\nwanted: " << c.message;
        EXPECT_TRUE(f.error().message.starts_with("fleet.yaml")) << f.error().message;
    }
}

TEST(Fleet, NotAMapping) {
    EXPECT_FALSE(parse(""));
    EXPECT_FALSE(parse("- a\n- b\n"));
}

}  // namespace
}  // namespace trainyard::config
