// What distinguishes the kinds: demand, name, request, statuses.
#include "scheduler/lifecycle/kinds.hpp"

#include <gtest/gtest.h>

#include "engine/base/json.hpp"
#include "scheduler/lifecycle/classify.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "tests/scheduler/lifecycle/requests.hpp"
#include "tests/scheduler/lifecycle/rules.hpp"

namespace trainyard::lifecycle {
namespace {

using demand = std::vector<demand_item>;

admission admit_kind(kind k, const std::string& more = "") {
    return admit(test_message(envelope_of(k, more)), test_rules());
}

TEST(Kinds, DemandAndRuntimeComeFromTheRequest) {
    const std::pair<demand, std::int64_t> expected[] = {
        {{{"ml.g5.2xlarge", 2}}, 3600},
        {{{"ml.g5.2xlarge", 6}}, 28 * 86400},
        {{{"ml.m5.xlarge", 4}}, 700'000},
        {{{"ml.m5.xlarge", 2}}, 86400},
        {{{"ml.m5.xlarge", 2}, {"ml.g5.2xlarge:spot", 1}}, 28 * 86400},
        {{{"ml.m5.xlarge", 2}, {"ml.g5.2xlarge:spot", 1}}, 28 * 86400},
    };
    for (const kind k : every_kind) {
        const auto a = admit_kind(k);
        ASSERT_FALSE(a.refused) << a.refused->pointer << ": " << a.refused->reason;
        const auto& [d, runtime] = expected[static_cast<std::size_t>(k)];
        EXPECT_EQ(a.facts.demand, d) << to_string(k);
        EXPECT_EQ(a.facts.max_runtime_seconds, runtime) << to_string(k);
        EXPECT_EQ(kind_of(a.facts), k);
        EXPECT_EQ(a.facts.terms.target, k == kind::pipeline ? "nightly" : "");
    }
}

TEST(Kinds, DefinitionsOfATuningJobShareItsSlots) {
    const std::string definitions =
        R"({"HyperParameterTuningJobConfig":{"ResourceLimits":{"MaxParallelTrainingJobs":5}},"TrainingJobDefinitions":[)"
        R"({"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},)"
        R"("EnableManagedSpotTraining":true,"ResourceConfig":{"InstanceType":"ml.g5.2xlarge","InstanceCount":2}},)"
        R"({"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},)"
        R"("EnableManagedSpotTraining":true,"ResourceConfig":{"InstanceType":"ml.g5.2xlarge","InstanceCount":1}},)"
        R"({"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},)"
        R"("HyperParameterTuningResourceConfig":{"InstanceConfigs":[{"InstanceType":"ml.m5.xlarge","InstanceCount":1},)"
        R"({"InstanceType":"ml.m5.2xlarge","InstanceCount":1}]}}]})";
    const auto a = admit(test_message(R"({"kind":"tuning","request":)" + definitions + "}"), test_rules());
    ASSERT_FALSE(a.refused) << a.refused->pointer << a.refused->reason;
    EXPECT_EQ(a.facts.demand,
              (demand{{"ml.g5.2xlarge:spot", 10}, {"ml.m5.xlarge", 5}, {"ml.m5.2xlarge", 5}}));
}

TEST(Kinds, NamesFitWhatTheKindAllows) {
    for (const kind k : every_kind) {
        const std::string name = sagemaker_name(std::string(63, 'A'), 77, 1000, k);
        EXPECT_LE(name.size(), row_of(k).name_max) << to_string(k);
        EXPECT_TRUE(name.ends_with("-" + to_text(77) + "-1000"));
        EXPECT_TRUE(name.starts_with(k == kind::endpoint ? "ty-a" : "ty-A"));
    }
    EXPECT_EQ(sagemaker_name("abcdefghijkl-mnop", 1, 1, kind::tuning), "ty-abcdefghijkl-0000000000001-1");
}

TEST(Kinds, RequestsCarryNameProofAndEverythingElse) {
    const pool_values pool{"p", "111111111111", "us-east-1", "arn:aws:iam::111111111111:role/x", "s3://b"};
    for (const kind k : every_kind) {
        auto a = admit_kind(k);
        a.facts.id = 99;
        const auto built = build_request(a.request, a.facts, 2, "prod", pool);
        ASSERT_TRUE(built) << built.error().message;
        const auto parsed = json::document::parse(*built).value();
        const json::value v = parsed.root();
        const std::string name = sagemaker_name("Res-net", 99, 2, k);
        EXPECT_EQ(v.find(row_of(k).name_member).string(), name);
        EXPECT_EQ(built->find("${"), std::string::npos);
        if (k != kind::pipeline) {
            EXPECT_EQ(v.find("Tags").size(), 5U);
            continue;
        }
        EXPECT_FALSE(v.find("Tags").exists());
        EXPECT_EQ(v.find("ClientRequestToken").string()->size(), 64U);
        const auto description = *v.find("PipelineExecutionDescription").string();
        EXPECT_EQ(tags_of_description(description), owner_tags("prod", a.facts, 2));
        EXPECT_TRUE(description.ends_with("\nby p")) << description;
        const auto again = build_request(a.request, a.facts, 2, "prod", pool);
        EXPECT_EQ(*again, *built) << "the same start has the same token";
        EXPECT_NE(build_request(a.request, a.facts, 3, "prod", pool)
                      ->find(std::string{*v.find("ClientRequestToken").string()}),
                  0U);
    }
}

TEST(Kinds, ALongDescriptionIsCutBetweenCharacters) {
    std::string own;
    while (own.size() < 4000) own += "\xc3\xa9";
    const std::string text = owner_description({{"k", "v"}}, own);
    EXPECT_LE(text.size(), 3072U);
    EXPECT_EQ((text.size() - text.find('\n') - 1) % 2, 0U);
    EXPECT_EQ(tags_of_description(text), (std::map<std::string, std::string>{{"k", "v"}}));
    EXPECT_TRUE(tags_of_description("somebody's own words").empty());
}

struct status_case {
    kind k;
    std::string status, secondary, reason;
    end_class expected;
};

TEST(Kinds, StatusesMeanWhatTheirKindSays) {
    const status_case cases[] = {
        {kind::training, "Completed", "Completed", "", end_class::success},
        {kind::training, "Stopped", "MaxRuntimeExceeded", "", end_class::time_limit},
        {kind::training, "Stopped", "MaxWaitTimeExceeded", "", end_class::interruption},
        {kind::training, "Stopped", "Stopped", "", end_class::stopped},
        {kind::training, "Failed", "Failed", "CapacityError: Unable to provision", end_class::capacity},
        {kind::training, "Failed", "Failed", "InternalServerError: We encountered", end_class::platform},
        {kind::training, "Failed", "Failed", "AlgorithmError: InternalServerError", end_class::user},
        {kind::training, "Succeeded", "", "", end_class::not_ended},
        {kind::training, "Deleting", "", "", end_class::not_ended},
        {kind::tuning, "Failed", "", "All training jobs failed. Please take a look", end_class::user},
        {kind::tuning, "Failed", "", "No training job succeeded: CapacityError: none", end_class::capacity},
        {kind::processing, "Failed", "", "InternalServerError: x", end_class::platform},
        {kind::processing, "Failed", "", "", end_class::user},
        {kind::transform, "Stopped", "", "", end_class::stopped},
        {kind::pipeline, "Succeeded", "", "", end_class::success},
        {kind::pipeline, "Executing", "", "", end_class::not_ended},
        {kind::pipeline, "Completed", "", "", end_class::not_ended},
        {kind::pipeline, "Failed", "", "Step failure: One or multiple steps failed.", end_class::user},
        {kind::endpoint, "InService", "", "", end_class::not_ended},
        {kind::endpoint, "Failed", "",
         "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity",
         end_class::capacity},
    };
    for (const status_case& c : cases)
        EXPECT_EQ(to_string(classify_end(c.k, c.status, c.secondary, c.reason)), to_string(c.expected))
            << to_string(c.k) << " " << c.status << " " << c.reason;
    EXPECT_EQ(phase_of(kind::endpoint, "InService"), phase::serving);
    EXPECT_EQ(phase_of(kind::endpoint, "Creating"), phase::under_way);
    EXPECT_EQ(phase_of(kind::pipeline, "Stopping"), phase::stopping);
    EXPECT_EQ(phase_of(kind::training, "Pondering"), phase::unknown);
}

struct refusal_case {
    std::string body, pointer, reason;
};

TEST(Kinds, WhatAKindLacksIsToldWithItsPlace) {
    const auto with = [](kind k, const std::string& from, const std::string& to) {
        std::string body = envelope_of(k);
        const auto at = body.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return body.replace(at, from.size(), to);
    };
    const refusal_case cases[] = {
        {with(kind::tuning, R"("MaxParallelTrainingJobs":3)", R"("MaxParallelTrainingJobs":0)"),
         "/request/HyperParameterTuningJobConfig/ResourceLimits/MaxParallelTrainingJobs", "whole number"},
        {with(kind::tuning, "TrainingJobDefinition\"", "Other\""), "/request/TrainingJobDefinition",
         "required"},
        {with(kind::tuning, R"("TrainingJobDefinition":)", R"("TrainingJobDefinitions":)"),
         "/request/TrainingJobDefinitions", "must be a list"},
        {with(kind::training, R"("InstanceType":"ml.g5.2xlarge")",
              R"("InstanceGroups":{"x":1},"InstanceType":"ml.g5.2xlarge")"),
         "/request/ResourceConfig/InstanceGroups", "must be a list"},
        {with(kind::processing, "RoleArn", "Role"), "/request/RoleArn", "required"},
        {with(kind::processing, "ClusterConfig", "Cluster"), "/request/ProcessingResources/ClusterConfig",
         "required"},
        {with(kind::processing, "700000", "777601"), "/request/StoppingCondition/MaxRuntimeInSeconds",
         "777600"},
        {with(kind::transform, R"("ModelName":"m",)", ""), "/request/ModelName", "required"},
        {with(kind::pipeline, R"("resources":{"ml.m5.xlarge":2,"ml.g5.2xlarge:spot":1})",
              R"("resources":{})"),
         "/resources", "required"},
        {with(kind::pipeline, "ml.m5.xlarge", "m5"), "/resources/m5", "instance type"},
        {with(kind::pipeline, "nightly", "arn:aws:sagemaker:us-east-1:999999999999:pipeline/x"),
         "/request/PipelineName", "account"},
        {with(kind::pipeline, "nightly", "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/x"),
         "/request/PipelineName", "region"},
        {with(kind::pipeline, "nightly", "${pool.region}"), "/request/PipelineName", "without placeholders"},
        {with(kind::endpoint, R"("EndpointConfigName":"c")", ""), "/request/EndpointConfigName", "required"},
    };
    for (const refusal_case& c : cases) {
        const auto a = admit(test_message(c.body), test_rules());
        ASSERT_TRUE(a.refused) << c.body;
        EXPECT_EQ(a.refused->pointer, c.pointer) << a.refused->reason;
        EXPECT_NE(a.refused->reason.find(c.reason), std::string::npos) << a.refused->reason;
    }
}

TEST(Kinds, AConfigurationThatComesAlongIsTheDemand) {
    const auto read = [](const std::string& config, const std::string& more = "") {
        return admit(
            test_message(R"({"kind":"endpoint","name":"E")" + more + R"(,"request":{"EndpointConfig":)" +
                         config + R"(,"DeploymentConfig":{}}})"),
            test_rules());
    };
    const std::string variants =
        R"({"ProductionVariants":[{"VariantName":"a","InstanceType":"ml.g5.2xlarge","InitialInstanceCount":1,)"
        R"("ManagedInstanceScaling":{"MaxInstanceCount":4}},{"VariantName":"b","ServerlessConfig":{"MaxConcurrency":1}}],)"
        R"("ShadowProductionVariants":[{"InstanceType":"ml.m5.xlarge","InitialInstanceCount":2}]})";
    auto a = read(variants);
    ASSERT_FALSE(a.refused) << a.refused->pointer << a.refused->reason;
    EXPECT_EQ(a.facts.demand, (demand{{"ml.g5.2xlarge", 4}, {"ml.m5.xlarge", 2}}));
    a.facts.id = 7;
    const pool_values pool{"p", "1", "r", "role", "s3://b"};
    const std::string name = sagemaker_name("E", 7, 1, kind::endpoint);
    const auto endpoint = json::document::parse(*build_request(a.request, a.facts, 1, "prod", pool)).value();
    EXPECT_EQ(endpoint.root().find("EndpointConfigName").string(), name);
    EXPECT_FALSE(endpoint.root().find("EndpointConfig").exists());
    EXPECT_TRUE(endpoint.root().find("DeploymentConfig").exists());
    const auto config =
        json::document::parse(*build_endpoint_config(a.request, a.facts, 1, "prod", pool)).value();
    EXPECT_EQ(config.root().find("EndpointConfigName").string(), name);
    EXPECT_EQ(config.root().find("ProductionVariants").size(), 2U);
    EXPECT_EQ(config.root().find("Tags").size(), 5U);
    EXPECT_EQ(read(variants, R"(,"resources":{"ml.m5.xlarge":1})").refused->pointer, "/resources");
    EXPECT_EQ(read("{}").refused->pointer, "/request/EndpointConfig/ProductionVariants");
    EXPECT_EQ(read(R"({"Tags":[]})").refused->pointer, "/request/EndpointConfig/Tags");
    EXPECT_EQ(read(R"({"ProductionVariants":[{"InstanceType":"ml.m5.xlarge"}]})").refused->pointer,
              "/request/EndpointConfig/ProductionVariants/0/InitialInstanceCount");
}

TEST(Kinds, ABareRequestShowsItsKind) {
    for (const kind k : every_kind) {
        const auto a = admit(test_message(request_of(k)), test_rules());
        EXPECT_EQ(a.facts.kind, to_string(k));
        EXPECT_EQ(a.refused.has_value(), row_of(k).stated_demand) << to_string(k);
        if (a.refused) {
            EXPECT_EQ(a.refused->pointer, "/resources");
        }
    }
}

TEST(Kinds, RolesAnywhereAreTheTenants) {
    for (const std::string member :
         {R"("RoleArn":"admin")", R"("RoleArn":7)",
          R"("ExecutionRoleArn":"arn:aws:iam::111111111111:role/admin")", R"("RoleArn":{"x":1})",
          R"("EnableSSMAccess":true)", R"("EnableRemoteDebug":"yes")"}) {
        std::string body = envelope_of(kind::transform);
        body.insert(body.find(R"("ModelName")"), R"("Deep":[{"er":{)" + member + "}}],");
        const auto a = admit(test_message(body), test_rules());
        ASSERT_TRUE(a.refused) << body;
        EXPECT_TRUE(a.refused->pointer.starts_with("/request/Deep/0/er/")) << a.refused->pointer;
    }
}

TEST(StatedLimit, IsReadFromAwssWordsAndFromNothingElse) {
    const std::string told =
        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 34 Instances, with "
        "current "
        "utilization of 34 Instances and a request delta of 1 Instances. Please use AWS Service Quotas to "
        "request an "
        "increase for this quota.";
    const auto limit = read_stated_limit(told);
    ASSERT_TRUE(limit);
    EXPECT_EQ(limit->instance_type, "ml.p3.2xlarge");
    EXPECT_EQ(limit->instances, 34);
    EXPECT_EQ(read_stated_limit("ResourceLimitExceeded: " + told)->instances, 34);
    for (const std::string other :
         {"", "Rate exceeded", "The account-level service limit 'ml.m5.large for training job usage' is",
          "The account-level service limit 'ml.m5.large for training job usage' is many Instances",
          "The account-level service limit 'ml.m5.large for training job usage' is -1 Instances",
          "The account-level service limit 'ml.m5.large for training job usage' is 99999999999999999999 "
          "Instances",
          "The account-level service limit 'Total storage' is 5 Instances",
          "service limit 'ml.m5.large' is  Instances"})
        EXPECT_FALSE(read_stated_limit(other)) << other;
}

}  // namespace
}  // namespace trainyard::lifecycle
