// What Service Quotas says, in the policy's resources; when pools are asked; what the core makes of it.
#include "scheduler/dispatcher/quotas.hpp"

#include <gtest/gtest.h>

#include <set>

#include "scheduler/dispatcher/core.hpp"

namespace trainyard::dispatcher {
namespace {

using lifecycle::kind;
using policy::amount;
using quotas = std::vector<aws::quotas::quota>;

TEST(quota_names, tell_type_and_use) {
    const std::map<std::string, instance_use> known{
        {"ml.g5.xlarge for training job usage", instance_use::training},
        {"ml.g5.xlarge for spot training job usage", instance_use::spot},
        {"ml.g5.xlarge for processing job usage", instance_use::processing},
        {"ml.g5.xlarge for transform job usage", instance_use::transform},
        {"ml.g5.xlarge for endpoint usage", instance_use::endpoint}};
    for (const auto& [name, use] : known) {
        const auto subject = read_quota_name(name);
        ASSERT_TRUE(subject) << name;
        EXPECT_EQ(subject->type, "ml.g5.xlarge") << name;
        EXPECT_EQ(subject->use, use) << name;
    }
    for (const char* other :
         {"ml.g5.xlarge for training warm pool usage", "ml.g5.xlarge for notebook instance usage",
          "Number of instances across training jobs", "Rate of CreateTrainingJob requests", "",
          " for training job usage", "Studio JupyterLab Apps running on ml.g5.xlarge for training job usage",
          "db.r5.large for endpoint usage"})
        EXPECT_FALSE(read_quota_name(other)) << other;
}

TEST(quota_names, a_use_belongs_to_a_kind) {
    EXPECT_EQ(use_of("ml.m5.large", kind::training), "ml.m5.large:training");
    EXPECT_EQ(use_of("ml.m5.large", kind::tuning), "ml.m5.large:training");
    EXPECT_EQ(use_of("ml.m5.large", kind::processing), "ml.m5.large:processing");
    EXPECT_EQ(use_of("ml.m5.large", kind::transform), "ml.m5.large:transform");
    EXPECT_EQ(use_of("ml.m5.large", kind::endpoint), "ml.m5.large:endpoint");
    EXPECT_EQ(use_of("ml.m5.large", kind::pipeline), std::nullopt);
    EXPECT_EQ(use_of("ml.m5.large:spot", kind::training), std::nullopt);
    const auto all = uses_of("ml.m5.large");
    EXPECT_EQ(all.size(), 4U);
    EXPECT_TRUE(uses_of("ml.m5.large:spot").empty());
}

TEST(quota_table, applied_values_go_before_defaults_and_uses_are_summed) {
    quota_table t;
    EXPECT_FALSE(t.limit("p", "ml.m5.large"));
    t.set("p",
          {{"1", "ml.m5.large for training job usage", 7},
           {"2", "ml.m5.large for spot training job usage", 3.9}},
          {{"1", "ml.m5.large for training job usage", 2},
           {"3", "ml.m5.large for processing job usage", 5},
           {"4", "ml.p5.48xlarge for training job usage", 0}});
    EXPECT_EQ(t.limit("p", "ml.m5.large:training"), amount{7});
    EXPECT_EQ(t.limit("p", "ml.m5.large:processing"), amount{5});
    EXPECT_EQ(t.limit("p", "ml.m5.large"), amount{12});
    EXPECT_EQ(t.limit("p", "ml.m5.large:spot"), amount{3}) << "whole instances only";
    EXPECT_EQ(t.limit("p", "ml.p5.48xlarge"), amount{0});
    EXPECT_EQ(t.limit("p", "ml.p5.48xlarge:spot"), amount::unlimited()) << "not told: SageMaker decides";
    EXPECT_EQ(t.limit("p", "ml.new.large"), amount::unlimited());
    EXPECT_FALSE(t.limit("q", "ml.m5.large"));
    t.set("q", {{"1", "ml.m5.large for training job usage", 1e300}}, {});
    EXPECT_EQ(t.limit("q", "ml.m5.large"), amount{2'147'483'647});
    t.set("q", {{"1", "ml.m5.large for training job usage", -4}}, {});
    EXPECT_EQ(t.limit("q", "ml.m5.large"), amount{0});
}

TEST(quota_table, what_cannot_be_read_has_no_limit_but_what_was_read_stays) {
    quota_table t;
    t.set_unreadable("p");
    EXPECT_EQ(t.limit("p", "ml.m5.large"), amount::unlimited());
    t.set("p", {{"1", "ml.m5.large for training job usage", 7}}, {});
    t.set_unreadable("p");
    EXPECT_EQ(t.limit("p", "ml.m5.large"), amount{7});
}

TEST(quota_watch, asks_few_at_once_each_again_after_its_interval_and_soon_after_a_failure) {
    std::set<std::string> pools;
    for (int i = 0; i < 40; ++i) pools.insert(std::to_string(i));
    const mono_time start = mono_time{} + 1h;
    quota_watch w{pools, 10min, start};
    const auto first = w.due(start);
    EXPECT_EQ(first.size(), quota_watch::asked_at_once_max);
    EXPECT_TRUE(w.due(start).empty());
    EXPECT_FALSE(w.next_time()) << "only an answer helps";
    w.handle(first[0], true, start + 1s);
    w.handle(first[1], false, start + 1s);
    EXPECT_EQ(w.due(start + 1s).size(), 2U);
    for (std::size_t i = 2; i < first.size(); ++i) w.handle(first[i], true, start + 2s);
    EXPECT_EQ(w.due(start + 2s).size(), 6U);
    EXPECT_EQ(w.next_time(), start + 1s + quota_watch::retry);
    EXPECT_EQ(w.due(start + 1s + quota_watch::retry), std::vector<std::string>{first[1]});
    EXPECT_EQ(w.next_time(), start + 1s + 10min);
}

// Two accounts: one discovers everything, one states what it has.
class Discovering : public ::testing::Test {
protected:
    static config::fleet fleet() {
        const std::string yaml =
            "installation: test\nledger: ledger.db\nadmin: off\n"
            "accounts:\n"
            "  - {id: \"111111111111\", execution_role: arn:aws:iam::111111111111:role/exec, bucket: "
            "s3://b,\n"
            "     regions: [us-east-1], limits: discover, api_rates: {create: 100}}\n"
            "  - {id: \"222222222222\", execution_role: arn:aws:iam::222222222222:role/exec, bucket: "
            "s3://b,\n"
            "     regions: [us-east-1], limits: {discover: true, ml.m5.xlarge: 2}, api_rates: {create: "
            "100}}\n"
            "tenants:\n  - {name: vision}\nqueues:\n  - {name: jobs, region: us-east-1, tenants: [vision]}\n";
        return config::parse_fleet(yaml, "fleet.yaml", "/", {}).value();
    }
    void accept(kind k, int n, const std::string& pool) {
        for (int i = 0; i < n; ++i) {
            lifecycle::incoming_message m;
            m.queue = "jobs";
            m.message_id = std::to_string(++messages);
            const std::string to = R"("pools":[")" + pool + R"("],"request":)";
            m.body =
                k == kind::training
                    ? R"({"kind":"training",)" + to +
                          R"({"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}",)"
                          R"("OutputDataConfig":{},"StoppingCondition":{},"ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}})"
                    : R"({"kind":"processing",)" + to +
                          R"({"AppSpecification":{},"RoleArn":"${pool.execution_role}",)"
                          R"("ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}}})";
            ASSERT_TRUE(c.machine().handle_message(m, "h", c.rules("jobs"), at.wall));
        }
    }
    // Starts of a few seconds, by kind; SageMaker grants of each as many as `granted` has.
    std::map<kind, int> starts() {
        std::map<kind, int> out;
        for (int i = 0; i < 5; ++i) {
            at.wall += 1s;
            at.mono += 1s;
            for (const auto& e : c.turn(at, 1'000).effects) {
                const auto* create = std::get_if<lifecycle::effect::create>(&e);
                if (create == nullptr) continue;
                c.pay(create->pool, create->kind, &pool_budgets::create, at);
                ++asked[create->kind];
                const bool granted = running[create->kind] < grants[create->kind];
                if (granted) ++running[create->kind], ++out[create->kind];
                c.machine().handle_create(create->job, create->attempt,
                                          granted ? lifecycle::create_outcome::accepted
                                                  : lifecycle::create_outcome::refused_by_quota,
                                          "", at.wall);
            }
        }
        c.policy().check_invariants();
        return out;
    }
    // As the policy shows it.
    policy::pool_usage pool(std::size_t i) { return c.policy().pools().at(i); }

    instant at{from_unix_seconds(1'800'000'000), mono_time{} + 1h};
    core c{fleet(), {}, 1, at};
    std::map<kind, int> grants{{kind::training, 1'000}, {kind::processing, 1'000}}, running, asked;
    int messages = 0;
};

const std::string first = "111111111111/us-east-1", second = "222222222222/us-east-1";
const quotas some{{"1", "ml.m5.xlarge for training job usage", 3},
                  {"2", "ml.m5.xlarge for processing job usage", 5}};

TEST_F(Discovering, NothingStartsUntilAPoolHasAnsweredAndThenWhatEachUseMay) {
    EXPECT_EQ(c.quotas_due(at), (std::vector<std::string>{first, second}));
    accept(kind::training, 10, first);
    accept(kind::processing, 10, first);
    EXPECT_TRUE(starts().empty());
    c.handle_quotas(first, some, {}, "", at);
    EXPECT_EQ(starts(), (std::map<kind, int>{{kind::training, 3}, {kind::processing, 5}}));
    EXPECT_EQ(pool(0).limits.at("ml.m5.xlarge"), amount{8});
    EXPECT_EQ(pool(0).limits.at("ml.m5.xlarge:training"), amount{3});
    EXPECT_EQ(pool(0).sources.at("ml.m5.xlarge:training"), policy::limit_source::discovered);
    EXPECT_EQ(asked[kind::training], 3) << "nothing was refused";
    c.handle_quotas(first, {{"1", "ml.m5.xlarge for training job usage", 6}}, some, "", at);
    EXPECT_EQ(starts(), (std::map<kind, int>{{kind::training, 3}})) << "the quota was raised";
}

TEST_F(Discovering, TheFilesNumberGoesBeforeWhatIsDiscovered) {
    accept(kind::training, 10, second);
    c.handle_quotas(second, some, {}, "", at);
    EXPECT_EQ(starts(), (std::map<kind, int>{{kind::training, 2}}));
    EXPECT_EQ(pool(1).limits.at("ml.m5.xlarge"), amount{2});
    EXPECT_EQ(pool(1).sources.at("ml.m5.xlarge"), policy::limit_source::file);
    EXPECT_EQ(pool(1).limits.at("ml.m5.xlarge:training"), amount::unlimited());
}

TEST_F(Discovering, APoolThatCannotBeAskedStartsAndLearnsEachUseFromRefusals) {
    accept(kind::training, 20, first);
    accept(kind::processing, 20, first);
    c.handle_quotas_unreadable(first, "denied", at);
    EXPECT_EQ(c.quota_problems().at(first), "denied");
    grants = {{kind::training, 4}, {kind::processing, 20}};
    EXPECT_EQ(starts(), (std::map<kind, int>{{kind::training, 4}, {kind::processing, 20}}))
        << "what is refused to one use stops no other";
    EXPECT_EQ(pool(0).learned.at("ml.m5.xlarge:training"), amount{4});
    EXPECT_EQ(pool(0).sources.at("ml.m5.xlarge:training"), policy::limit_source::learned);
    EXPECT_FALSE(pool(0).learned.contains("ml.m5.xlarge"));
    c.handle_quotas(first, some, {}, "", at);
    EXPECT_TRUE(c.quota_problems().empty());
    EXPECT_EQ(pool(0).limits.at("ml.m5.xlarge:training"), amount{3});
    EXPECT_TRUE(starts().empty()) << "four run, three are granted";
}

TEST_F(Discovering, WhatWasReadOnceStaysWhenTheNextReadFails) {
    c.handle_quotas(first, some, {}, "", at);
    c.handle_quotas_unreadable(first, "throttled", at);
    accept(kind::training, 10, first);
    EXPECT_EQ(starts(), (std::map<kind, int>{{kind::training, 3}}));
}

}  // namespace
}  // namespace trainyard::dispatcher
