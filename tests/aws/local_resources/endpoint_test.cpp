#include "resource_fixture.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(resource_fixture, models_and_configurations) {
    model("m");
    refused("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"i"}})", "ValidationException",
            "Cannot create already existing model \"" + arn("model/m") + "\".");
    refused("CreateModel", R"({"ModelName":"n"})", "ValidationException", "Exactly one of");
    refused("CreateModel", R"({"ModelName":"n","PrimaryContainer":{}})", "ValidationException",
            "needs an Image");
    refused("CreateModel", R"({"ModelName":"-"})", "ValidationException", "at 'modelName' failed to satisfy");
    EXPECT_EQ(text("DescribeModel", R"({"ModelName":"m"})", "ModelArn"), arn("model/m"));
    refused("DescribeModel", R"({"ModelName":"x"})", "ValidationException",
            "Could not find model \"" + arn("model/x") + "\".");
    config("c");
    refused("CreateEndpointConfig", config_of("c", 1), "ValidationException",
            "Cannot create already existing endpoint configuration \"" + arn("endpoint-config/c") + "\".");
    refused("DescribeEndpointConfig", R"({"EndpointConfigName":"x"})", "ValidationException",
            "Could not find endpoint configuration \"" + arn("endpoint-config/x") + "\".");
    refused("CreateEndpointConfig",
            R"({"EndpointConfigName":"d","ProductionVariants":[{"VariantName":"a","ModelName":"gone",
                "InstanceType":"ml.m5.large","InitialInstanceCount":1}]})",
            "ValidationException", "Could not find model");
    refused("CreateEndpointConfig",
            R"({"EndpointConfigName":"d","ProductionVariants":[{"VariantName":"a","ModelName":"m"}]})",
            "ValidationException", "InstanceType or a ServerlessConfig");
    const auto d = document("DescribeEndpointConfig", R"({"EndpointConfigName":"c"})");
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("InitialVariantWeight").number(), 1.0);
    now = 1;
    model("n");
    const auto models = document("ListModels", R"({"MaxResults":1})");
    EXPECT_EQ(models.root().find("Models").at(0).find("ModelName").string(), "n");
    EXPECT_TRUE(models.root().find("NextToken").exists());
    EXPECT_EQ(
        document("ListEndpointConfigs", R"({"NameContains":"c"})").root().find("EndpointConfigs").size(), 1U);
    ok("DeleteModel", R"({"ModelName":"n"})");
    refused("DeleteModel", R"({"ModelName":"n"})", "ValidationException", "Could not find model");
    ok("DeleteEndpointConfig", R"({"EndpointConfigName":"c"})");
    refused("DeleteEndpointConfig", R"({"EndpointConfigName":"c"})", "ValidationException",
            "Could not find endpoint c");
}

TEST_F(resource_fixture, an_endpoint_lives) {
    model("m");
    config("one", 1);
    config("two", 2);
    refused("CreateEndpoint", endpoint_of("e", "gone"), "ValidationException",
            "Could not find endpoint configuration");
    ok("CreateEndpoint", endpoint_of("e", "one"));
    refused("CreateEndpoint", endpoint_of("E", "one"), "ValidationException",
            "Cannot create already existing endpoint");
    EXPECT_EQ(status("e"), "Creating");
    refused("DeleteEndpoint", R"({"EndpointName":"e"})", "ValidationException",
            "Cannot update in-progress endpoint");
    refused("UpdateEndpoint", endpoint_of("e", "two"), "ValidationException",
            "Cannot update in-progress endpoint");
    now = 5;
    EXPECT_EQ(status("e"), "InService");
    ok("UpdateEndpoint", endpoint_of("e", "two"));
    EXPECT_EQ(quotas.in_use(account_id{"111122223333"}, region_name{"eu-west-1"}, "ml.m5.large",
                            instance_use::endpoint),
              3);
    auto d = document("DescribeEndpoint", R"({"EndpointName":"e"})");
    EXPECT_EQ(d.root().find("EndpointStatus").string(), "Updating");
    EXPECT_EQ(d.root().find("EndpointConfigName").string(), "one");
    EXPECT_EQ(d.root().find("PendingDeploymentSummary").find("EndpointConfigName").string(), "two");
    now = 10;
    d = document("DescribeEndpoint", R"({"EndpointName":"e"})");
    EXPECT_EQ(d.root().find("EndpointConfigName").string(), "two");
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("CurrentInstanceCount").integer(), 2);
    EXPECT_EQ(quotas.in_use(account_id{"111122223333"}, region_name{"eu-west-1"}, "ml.m5.large",
                            instance_use::endpoint),
              2);
    const std::string scale =
        R"({"EndpointName":"e","DesiredWeightsAndCapacities":[{"VariantName":"a","DesiredWeight":0.5,"DesiredInstanceCount":)";
    refused("UpdateEndpointWeightsAndCapacities", scale + "5}]}", "ResourceLimitExceeded",
            "'ml.m5.large for endpoint usage' is 4 Instances, with current utilization of 2 Instances and a "
            "request "
            "delta of 3 Instances");
    refused("UpdateEndpointWeightsAndCapacities",
            R"({"EndpointName":"e","DesiredWeightsAndCapacities":[{"VariantName":"b"}]})",
            "ValidationException", "Variant b");
    ok("UpdateEndpointWeightsAndCapacities", scale + "4}]}");
    d = document("DescribeEndpoint", R"({"EndpointName":"e"})");
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("CurrentInstanceCount").integer(), 2);
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("DesiredInstanceCount").integer(), 4);
    now = 12;
    d = document("DescribeEndpoint", R"({"EndpointName":"e"})");
    EXPECT_EQ(d.root().find("EndpointStatus").string(), "InService");
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("CurrentWeight").number(), 0.5);
    EXPECT_EQ(document("ListEndpoints", R"({"StatusEquals":"InService"})").root().find("Endpoints").size(),
              1U);
    EXPECT_EQ(document("ListEndpoints", R"({"StatusEquals":"Failed"})").root().find("Endpoints").size(), 0U);
    ok("DeleteEndpoint", R"({"EndpointName":"e"})");
    EXPECT_EQ(status("e"), "Deleting");
    now = 14;
    refused("DescribeEndpoint", R"({"EndpointName":"e"})", "ValidationException",
            "Could not find endpoint \"" + arn("endpoint/e") + "\".");
    EXPECT_EQ(quotas.in_use(account_id{"111122223333"}, region_name{"eu-west-1"}, "ml.m5.large",
                            instance_use::endpoint),
              0);
    std::vector<std::string> states;
    for (const state_change& c : told)
        if (c.detail_type == "SageMaker Endpoint State Change") {
            const auto detail = json::document::parse(c.detail);
            states.emplace_back(*detail->root().find("EndpointStatus").string());
        }
    EXPECT_THAT(states, ElementsAre("CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE", "UPDATING",
                                    "IN_SERVICE", "DELETING", "DELETED"));
}

TEST_F(resource_fixture, rules_fail_creations_and_roll_updates_back) {
    model("m");
    config("one", 1);
    config("two", 2);
    rules.set({job_rule{.name = "bad*", .kind = "endpoint", .effect = job_effect::capacity}});
    ok("CreateEndpoint", endpoint_of("bad", "one"));
    ok("CreateEndpoint", endpoint_of("good", "one"));
    now = 5;
    auto d = document("DescribeEndpoint", R"({"EndpointName":"bad"})");
    EXPECT_EQ(d.root().find("EndpointStatus").string(), "Failed");
    EXPECT_THAT(std::string{d.root().find("FailureReason").string().value_or("")},
                HasSubstr("CapacityError"));
    refused("UpdateEndpoint", endpoint_of("bad", "two"), "ValidationException",
            "Cannot update failed endpoint");
    const auto in_use = [&] {
        return quotas.in_use(account_id{"111122223333"}, region_name{"eu-west-1"}, "ml.m5.large",
                             instance_use::endpoint);
    };
    EXPECT_EQ(in_use(), 1);
    ok("DeleteEndpoint", R"({"EndpointName":"bad"})");
    EXPECT_EQ(in_use(), 1);
    rules.set({job_rule{.kind = "endpoint", .effect = job_effect::client, .text = "no image"}});
    ok("UpdateEndpoint", endpoint_of("good", "two"));
    now = 10;
    EXPECT_EQ(status("good"), "RollingBack");
    EXPECT_EQ(in_use(), 1);
    now = 12;
    d = document("DescribeEndpoint", R"({"EndpointName":"good"})");
    EXPECT_EQ(d.root().find("EndpointStatus").string(), "InService");
    EXPECT_EQ(d.root().find("EndpointConfigName").string(), "one");
    EXPECT_EQ(d.root().find("FailureReason").string(), "ClientError: no image");
}

TEST_F(resource_fixture, an_update_can_retain_what_was_scaled) {
    model("m");
    config("one", 1);
    config("two", 1);
    ok("CreateEndpoint", endpoint_of("e", "one"));
    now = 5;
    ok("UpdateEndpointWeightsAndCapacities",
       R"({"EndpointName":"e","DesiredWeightsAndCapacities":[{"VariantName":"a","DesiredWeight":3,"DesiredInstanceCount":2}]})");
    now = 10;
    ok("UpdateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"two","RetainAllVariantProperties":true,
        "ExcludeRetainedVariantProperties":[{"VariantPropertyType":"DesiredWeight"}]})");
    now = 20;
    const auto d = document("DescribeEndpoint", R"({"EndpointName":"e"})");
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("CurrentInstanceCount").integer(), 2);
    EXPECT_EQ(d.root().find("ProductionVariants").at(0).find("CurrentWeight").number(), 1.0);
}

struct late_fixture : resource_fixture {
    late_fixture() : resource_fixture({1.0, 5, std::chrono::seconds{3}}) {}
};

TEST_F(late_fixture, what_is_new_is_unknown_for_a_while) {
    ASSERT_TRUE(call("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"i"}})"));
    EXPECT_FALSE(call("DescribeModel", R"({"ModelName":"m"})"));
    EXPECT_FALSE(call("CreateEndpointConfig", config_of("c", 1)));
    EXPECT_FALSE(call("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"i"}})"));
    now = 3;
    EXPECT_TRUE(call("DescribeModel", R"({"ModelName":"m"})"));
    EXPECT_TRUE(call("CreateEndpointConfig", config_of("c", 1)));
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
