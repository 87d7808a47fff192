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
policy: {order: strict}
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
    EXPECT_EQ(f->policy.order, policy::order::strict);
    EXPECT_EQ(f->queues[0].max_priority, "normal");
    EXPECT_EQ(f->default_priority, "normal");
    EXPECT_EQ(f->retention, std::chrono::hours{30 * 24});
    EXPECT_EQ(parse("retention_days: 14\n" + good)->retention, std::chrono::hours{14 * 24});
}

struct bad_case {
    std::string from, to;
    std::string message;
};

TEST(Fleet, EveryMistakeIsNamedWithItsPlace) {
    const std::vector<bad_case> cases{
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
        {"order: strict", "order: random", "'random' is not one of fair, strict, fifo"},
        {"${env:EXTERNAL}", "${env:MISSING}", "the environment variable 'MISSING' is not set"},
        {"policy: {order: strict}", "admin: 0.0.0.0:9400", "must be on a loopback address"},
        {"policy: {order: strict}", "admin: 127.0.0.1:99999", "must be ADDRESS:PORT"},
        {"policy: {order: strict}", "policy: [", "not YAML"},
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
