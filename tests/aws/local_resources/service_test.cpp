// Pipelines with real training jobs, tags, Search, and every row of the table.
#include "resource_fixture.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string token(int n) {
    return R"("ClientRequestToken":"token-)" + std::string(32, 'x') + std::to_string(n) + "\"";
}

std::string as_json(const std::string& text) {
    json::writer out;
    out.string(text);
    return out.take();
}

const std::string train = R"({"Version":"2020-12-01","Steps":[
    {"Name":"train","Type":"Training","Arguments":{
        "AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},
        "RoleArn":"arn:aws:iam::111122223333:role/exec","OutputDataConfig":{"S3OutputPath":"s3://b/o"},
        "ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,"VolumeSizeInGB":10},
        "StoppingCondition":{"MaxRuntimeInSeconds":3600},"HyperParameters":{"trainyard-local-seconds":"10"}}},
    {"Name":"model","Type":"Model","Arguments":{"PrimaryContainer":{"Image":"i",
        "ModelDataUrl":{"Get":"Steps.train.ModelArtifacts.S3ModelArtifacts"}}}},
    {"Name":"ask","Type":"Callback","SqsQueueUrl":"http://queue","Arguments":{"m":{"Get":"Steps.model.ModelName"}}}]})";

struct service_fixture : resource_fixture {
    std::string pipeline(const std::string& name) {
        return text(
            "CreatePipeline",
            R"({"PipelineName":")" + name + R"(","PipelineDefinition":)" + as_json(train) +
                R"(,"RoleArn":"arn:aws:iam::111122223333:role/pipes","Tags":[{"Key":"team","Value":"a"}],)" +
                token(1) + "}",
            "PipelineArn");
    }
    std::string start(const std::string& name) {
        return text("StartPipelineExecution", R"({"PipelineName":")" + name + "\"," + token(2) + "}",
                    "PipelineExecutionArn");
    }
    static std::string of(const std::string& execution) {
        return R"({"PipelineExecutionArn":")" + execution + "\"}";
    }
};

TEST_F(service_fixture, a_pipeline_makes_real_jobs) {
    pipeline("p");
    const std::string execution = start("p");
    now = 100;
    auto d = document("ListPipelineExecutionSteps", R"({"SortOrder":"Ascending",)" + of(execution).substr(1));
    const json::value steps = d.root().find("PipelineExecutionSteps");
    ASSERT_EQ(steps.size(), 3U) << json::to_text(d.root());
    EXPECT_EQ(steps.at(0).find("StepStatus").string(), "Succeeded");
    const std::string job_arn{
        steps.at(0).find("Metadata").find("TrainingJob").find("Arn").string().value_or("")};
    const std::string job = job_arn.substr(job_arn.rfind('/') + 1);
    EXPECT_EQ(text("DescribeTrainingJob", R"({"TrainingJobName":")" + job + "\"}", "TrainingJobStatus"),
              "Completed");
    const std::string model_arn{steps.at(1).find("Metadata").find("Model").find("Arn").string().value_or("")};
    const std::string model = model_arn.substr(model_arn.rfind('/') + 1);
    EXPECT_THAT(ok("DescribeModel", R"({"ModelName":")" + model + "\"}"),
                HasSubstr(job + "/output/model.tar.gz"));
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].queue_url, "http://queue");
    EXPECT_THAT(sent[0].body, HasSubstr("\"arguments\":{\"m\":\"" + model + "\"}"));
    const std::string callback{
        steps.at(2).find("Metadata").find("Callback").find("CallbackToken").string().value_or("")};
    ok("SendPipelineExecutionStepSuccess", R"({"CallbackToken":")" + callback + "\"," + token(3) + "}");
    EXPECT_EQ(text("DescribePipelineExecution", of(execution), "PipelineExecutionStatus"), "Succeeded");
    std::set<std::string> kinds;
    for (const state_change& c : told) kinds.insert(c.detail_type);
    EXPECT_THAT(kinds, Contains("SageMaker Model Building Pipeline Execution Status Change"));
    EXPECT_THAT(kinds, Contains("SageMaker Model Building Pipeline Execution Step Status Change"));
    EXPECT_THAT(kinds, Contains("SageMaker Model State Change"));
}

TEST_F(service_fixture, the_quota_of_jobs_holds_for_steps) {
    pipeline("p");
    for (int i = 0; i < 5; ++i)
        ok("CreateTrainingJob",
           R"({"TrainingJobName":"t)" + std::to_string(i) +
               R"(","AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},
        "RoleArn":"arn:aws:iam::111122223333:role/exec","OutputDataConfig":{"S3OutputPath":"s3://b/o"},
        "ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,"VolumeSizeInGB":10},
        "StoppingCondition":{"MaxRuntimeInSeconds":3600}})");
    const std::string execution = start("p");
    now = 10;
    EXPECT_EQ(text("DescribePipelineExecution", of(execution), "PipelineExecutionStatus"), "Failed");
    EXPECT_THAT(ok("ListPipelineExecutionSteps", of(execution)), HasSubstr("ResourceLimitExceeded: "));
}

TEST_F(service_fixture, a_stop_of_the_execution_stops_its_job_and_the_other_way_round) {
    pipeline("p");
    const std::string execution = start("p");
    now = 5;
    ok("StopPipelineExecution", R"({"PipelineExecutionArn":")" + execution + "\"," + token(3) + "}");
    EXPECT_EQ(text("DescribePipelineExecution", of(execution), "PipelineExecutionStatus"), "Stopping");
    now = 130;  // the container has 120 s after SIGTERM
    EXPECT_EQ(text("DescribePipelineExecution", of(execution), "PipelineExecutionStatus"), "Stopped");
    ok("RetryPipelineExecution", R"({"PipelineExecutionArn":")" + execution + "\"," + token(4) + "}");
    now = 135;
    const std::string list = ok("ListTrainingJobs", R"({"StatusEquals":"InProgress"})");
    const auto d = json::document::parse(list);
    ok("StopTrainingJob",
       R"({"TrainingJobName":")" +
           std::string{
               d->root().find("TrainingJobSummaries").at(0).find("TrainingJobName").string().value_or("")} +
           "\"}");
    now = 260;
    EXPECT_EQ(text("DescribePipelineExecution", of(execution), "PipelineExecutionStatus"), "Stopped");
}

TEST_F(service_fixture, time_goes_on_without_calls) {
    pipeline("p");
    start("p");
    EXPECT_TRUE(service.next());
    service.advance(start_of_time + std::chrono::seconds{100});
    EXPECT_EQ(sent.size(), 1U);
}

TEST_F(service_fixture, tags_of_every_kind) {
    model("m");
    config("c");
    ok("CreateEndpoint", endpoint_of("e", "c"));
    for (const std::string& a :
         {pipeline("p"), arn("model/m"), arn("endpoint-config/c"), arn("endpoint/e")}) {
        const std::string of_a = R"({"ResourceArn":")" + a + "\"";
        ok("AddTags", of_a + R"(,"Tags":[{"Key":"k","Value":"1"},{"Key":"l","Value":""}]})");
        ok("AddTags", of_a + R"(,"Tags":[{"Key":"k","Value":"2"}]})");
        ok("DeleteTags", of_a + R"(,"TagKeys":["l","unknown"]})");
        const std::string tags = ok("ListTags", of_a + R"(,"MaxResults":50})");
        EXPECT_THAT(tags, HasSubstr(R"({"Key":"k","Value":"2"})")) << a;
        EXPECT_THAT(tags, testing::Not(HasSubstr(R"("l")"))) << a;
        refused("ListTags", of_a + R"(,"NextToken":"x"})", "ValidationException", "NextToken");
        refused("AddTags", of_a + R"(,"Tags":[{"Key":"aws:x","Value":"2"}]})", "ValidationException", "aws:");
        std::string many;
        for (int i = 0; i < 50; ++i)
            many += (i ? "," : "") + (R"({"Key":"n)" + std::to_string(i) + R"(","Value":""})");
        refused("AddTags", of_a + R"(,"Tags":[)" + many + "]}", "ResourceLimitExceeded", "at most 50");
    }
    refused("ListTags", R"({"ResourceArn":")" + arn("endpoint/x") + "\"}", "ValidationException",
            "Requested resource not found.");
    refused("DeleteTags",
            R"({"ResourceArn":"arn:aws:sagemaker:us-east-1:111122223333:model/m","TagKeys":["k"]})",
            "ValidationException", "Requested resource not found.");
}

TEST_F(service_fixture, search_over_what_is_here) {
    model("m");
    config("c");
    ok("CreateEndpoint", endpoint_of("e", "c"));
    pipeline("p");
    start("p");
    struct row {
        const char *type, *filter, *member;
    };
    const row found[] = {
        {"Model", R"({"Name":"ModelName","Value":"m"})", "Model"},
        {"Model", R"({"Name":"Model.ModelName","Value":"m"})", "Model"},
        {"Endpoint", R"({"Name":"EndpointStatus","Operator":"In","Value":"Creating,Failed"})", "Endpoint"},
        {"Pipeline", R"({"Name":"Tags.team","Value":"a"})", "Pipeline"},
        {"PipelineExecution", R"({"Name":"PipelineExecutionStatus","Value":"Executing"})",
         "PipelineExecution"},
    };
    for (const auto& [type, filter, member] : found) {
        const auto d = document("Search", R"({"Resource":")" + std::string{type} +
                                              R"(","SearchExpression":{"Filters":[)" + filter + "]}}");
        ASSERT_EQ(d.root().find("Results").size(), 1U) << type;
        EXPECT_TRUE(d.root().find("Results").at(0).find(member).is_object());
    }
    refused("Search", R"({"Resource":"Experiment"})", "ValidationException",
            "no resources of type Experiment");
    EXPECT_THAT(
        ok("GetSearchSuggestions",
           R"({"Resource":"Pipeline","SuggestionQuery":{"PropertyNameQuery":{"PropertyNameHint":"Tags."}}})"),
        HasSubstr("Tags.team"));
}

TEST_F(service_fixture, every_operation_answers_as_the_model_says) {
    model("m");
    config("c");
    config("d");
    ok("CreateEndpoint", endpoint_of("e", "c"));
    const std::string p = pipeline("p");
    const std::string x = start("p");
    const std::string execution = R"({"PipelineExecutionArn":")" + x + "\"";
    now = 30;
    ok("DescribeModel", R"({"ModelName":"m"})");
    ok("ListModels", "{}");
    ok("DescribeEndpointConfig", R"({"EndpointConfigName":"c"})");
    ok("ListEndpointConfigs", "{}");
    ok("DescribeEndpoint", R"({"EndpointName":"e"})");
    ok("ListEndpoints", R"({"SortBy":"Status"})");
    ok("UpdateEndpoint", endpoint_of("e", "d"));
    now = 60;
    ok("UpdateEndpointWeightsAndCapacities",
       R"({"EndpointName":"e","DesiredWeightsAndCapacities":[{"VariantName":"a","DesiredInstanceCount":1}]})");
    now = 90;
    ok("AddTags", R"({"ResourceArn":")" + p + R"(","Tags":[{"Key":"k","Value":"v"}]})");
    ok("ListTags", R"({"ResourceArn":")" + p + "\"}");
    ok("DeleteTags", R"({"ResourceArn":")" + p + R"(","TagKeys":["k"]})");
    ok("Search", R"({"Resource":"PipelineExecution"})");
    ok("GetSearchSuggestions", R"({"Resource":"Pipeline"})");
    ok("DescribePipeline", R"({"PipelineName":"p"})");
    ok("ListPipelines", "{}");
    ok("UpdatePipeline", R"({"PipelineName":"p","PipelineDescription":"d"})");
    ok("ListPipelineExecutions", R"({"PipelineName":"p"})");
    ok("DescribePipelineExecution", execution + "}");
    ok("DescribePipelineDefinitionForExecution", execution + "}");
    const auto steps = document("ListPipelineExecutionSteps", execution + R"(,"MaxResults":1})");
    ok("ListPipelineParametersForExecution", execution + "}");
    ok("UpdatePipelineExecution", execution + R"(,"PipelineExecutionDescription":"d"})");
    const std::string callback{steps.root()
                                   .find("PipelineExecutionSteps")
                                   .at(0)
                                   .find("Metadata")
                                   .find("Callback")
                                   .find("CallbackToken")
                                   .string()
                                   .value_or("")};
    ok("SendPipelineExecutionStepFailure", R"({"CallbackToken":")" + callback + "\"," + token(4) + "}");
    ok("RetryPipelineExecution", execution + "," + token(5) + "}");
    now = 120;
    const auto again = document("ListPipelineExecutionSteps", execution + R"(,"MaxResults":1})");
    const std::string second{again.root()
                                 .find("PipelineExecutionSteps")
                                 .at(0)
                                 .find("Metadata")
                                 .find("Callback")
                                 .find("CallbackToken")
                                 .string()
                                 .value_or("")};
    EXPECT_NE(second, callback);
    ok("SendPipelineExecutionStepSuccess", R"({"CallbackToken":")" + second + "\"," + token(6) + "}");
    const std::string other =
        text("StartPipelineExecution", R"({"PipelineName":"p",)" + token(7) + "}", "PipelineExecutionArn");
    ok("StopPipelineExecution", R"({"PipelineExecutionArn":")" + other + "\"," + token(8) + "}");
    now = 200;
    ok("DeletePipeline", R"({"PipelineName":"p",)" + token(9) + "}");
    ok("DeleteEndpoint", R"({"EndpointName":"e"})");
    ok("DeleteEndpointConfig", R"({"EndpointConfigName":"c"})");
    ok("DeleteModel", R"({"ModelName":"m"})");
    for (const auto& [name, row] : table.rows()) EXPECT_THAT(answered, Contains(std::string{name}));
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
