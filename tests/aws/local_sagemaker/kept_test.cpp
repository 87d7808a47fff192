// SageMaker's parts over restarts: what one service changed, another one takes back, and tells the same.
#include <map>
#include <memory>

#include "tests/aws/local_sagemaker/training_fixture.hpp"
#include "tests/aws/local_sagemaker/tuning_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using namespace std::chrono_literals;
using sagemaker::tuning_text;
using testing::HasSubstr;

class kept_sagemaker : public testing::Test {
protected:
    kept_sagemaker() { begin(); }

    // A service that is given what was kept so far.
    void begin() {
        service = std::make_unique<sagemaker_service>(options, journal);
        for (durable* part : service->kept()) {
            for (const auto& [key, value] : documents[std::string{part->part()}]) {
                const auto taken = part->restore(key, value);
                EXPECT_TRUE(taken.has_value()) << taken.error().message;
            }
            const auto whole = part->restored();
            EXPECT_TRUE(whole.has_value()) << whole.error().message;
            part->keep_changes();
        }
    }
    void keep() {
        for (durable* part : service->kept()) {
            std::vector<durable_change> changes;
            part->take_changes(changes);
            auto& all = documents[std::string{part->part()}];
            for (durable_change& c : changes)
                if (c.value)
                    all[c.key] = *std::move(c.value);
                else
                    all.erase(c.key);
        }
    }
    std::string ask(const std::string& operation, const std::string& body) {
        const auto document = json::document::parse(body);
        EXPECT_TRUE(document.has_value()) << body;
        operation_call c;
        c.operation = operation;
        c.input = document->root();
        c.who.account = account_id{"111122223333"};
        c.who.arn = "arn:aws:iam::111122223333:user/a";
        c.region = region_name{"eu-west-1"};
        c.now = now;
        const auto reply = service->handle(c);
        return reply ? *reply : reply.error().type + ": " + reply.error().message;
    }
    std::string ok(const std::string& operation, const std::string& body) {
        std::string out = ask(operation, body);
        EXPECT_TRUE(out.empty() || out.starts_with('{')) << operation << " " << out;
        return out;
    }
    void populate() {
        ok("CreateTrainingJob", create_text("a"));
        ok("CreateTrainingJob", create_text("stopped"));
        ok("CreateTrainingJob", create_text("pool", "", R"(,"KeepAlivePeriodInSeconds":600)"));
        ok("StopTrainingJob", named("stopped"));
        tuning_text t;
        std::string text = t.text();
        ok("CreateHyperParameterTuningJob", text);
        ok("CreateProcessingJob",
           R"({"ProcessingJobName":"p","ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.large",)"
           R"("InstanceCount":1,"VolumeSizeInGB":1}},"AppSpecification":{"ImageUri":"i"},)"
           R"("RoleArn":"arn:aws:iam::111122223333:role/train"})");
        ok("CreateModel", R"({"ModelName":"m","ExecutionRoleArn":"arn:aws:iam::111122223333:role/train",)"
                          R"("PrimaryContainer":{"Image":"i"}})");
        ok("CreateEndpointConfig",
           R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"v","ModelName":"m",)"
           R"("InstanceType":"ml.m5.large","InitialInstanceCount":1}]})");
        ok("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
        for (const char* arn : {"processing-job/p", "model/m", "endpoint/e", "training-job/a"})
            ok("AddTags", R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:)" + std::string{arn} +
                              R"(","Tags":[{"Key":"late","Value":"v"}]})");
        ok("CreatePipeline",
           R"({"PipelineName":"p","ClientRequestToken":"11111111111111111111111111111111","RoleArn":)"
           R"("arn:aws:iam::111122223333:role/r","PipelineDefinition":"{\"Version\":\"2020-12-01\",\"Steps\":)"
           R"([{\"Name\":\"c\",\"Type\":\"Callback\",\"SqsQueueUrl\":\"http://q\",\"Arguments\":{},)"
           R"(\"OutputParameters\":[]},{\"Name\":\"f\",\"Type\":\"Fail\",\"DependsOn\":[\"c\"],\"Arguments\":)"
           R"({\"ErrorMessage\":\"x\"}}]}"})");
        ok("StartPipelineExecution",
           R"({"PipelineName":"p","ClientRequestToken":"22222222222222222222222222222222"})");
    }
    std::vector<std::string> everything() {
        std::vector<std::string> out;
        for (const auto& [operation, body] : std::vector<std::pair<std::string, std::string>>{
                 {"ListTrainingJobs", R"({"MaxResults":100})"},
                 {"DescribeTrainingJob", named("a")},
                 {"DescribeTrainingJob", named("stopped")},
                 {"DescribeTrainingJob", named("pool")},
                 {"DescribeHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})"},
                 {"ListTrainingJobsForHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})"},
                 {"DescribeProcessingJob", R"({"ProcessingJobName":"p"})"},
                 {"DescribeModel", R"({"ModelName":"m"})"},
                 {"ListEndpointConfigs", "{}"},
                 {"DescribeEndpoint", R"({"EndpointName":"e"})"},
                 {"DescribePipeline", R"({"PipelineName":"p"})"},
                 {"ListPipelineExecutions", R"({"PipelineName":"p"})"},
                 {"ListTags", R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m"})"}})
            out.push_back(ok(operation, body));
        return out;
    }

    std::map<std::string, std::map<std::string, std::string>> documents;
    sagemaker_options options;
    job_journal journal;
    wall_time now = start;
    std::unique_ptr<sagemaker_service> service;
};

TEST_F(kept_sagemaker, everything_is_told_as_before_at_any_time) {
    populate();
    for (const auto passed : {0s, 1s, 3s, 40s, 100s, 7'200s}) {
        SCOPED_TRACE(passed.count());
        now += passed;
        const auto before = everything();
        keep();
        begin();
        const auto after = everything();
        ASSERT_EQ(before.size(), after.size());
        for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i], after[i]);
    }
    EXPECT_THAT(ok("DescribeTrainingJob", named("a")), HasSubstr(R"("TrainingJobStatus":"Completed")"));
    EXPECT_THAT(ok("DescribeHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})"),
                HasSubstr(R"("HyperParameterTuningJobStatus":"Completed")"));
}

TEST_F(kept_sagemaker, changes_are_told_once_over_restarts) {
    populate();
    service->take_events(now);  // as the world does in the same turn: what nobody took is not kept
    std::map<std::string, int> told, told_at_once;
    const auto count = [](std::vector<state_change> taken, std::map<std::string, int>& into) {
        for (const state_change& c : taken) ++into[c.detail_type + " " + c.resource_arn.substr(0, 70)];
    };
    keep();
    const auto snapshot = documents;
    for (int i = 0; i < 30; ++i) {
        now += 7s;
        count(service->take_events(now), told);
        keep();
        begin();
    }
    documents = snapshot;
    begin();
    count(service->take_events(now), told_at_once);
    EXPECT_EQ(told, told_at_once);
    EXPECT_GE(told.size(), 8U);
}

TEST_F(kept_sagemaker, instances_in_use_still_count) {
    options.instance_limit = 4;
    begin();
    ok("CreateTrainingJob", create_text("a"));
    ok("CreateTrainingJob", create_text("b"));
    keep();
    begin();
    EXPECT_THAT(ask("CreateTrainingJob", create_text("c")),
                HasSubstr("with current utilization of 4 Instances"));
    now += 1h;
    keep();
    begin();
    ok("CreateTrainingJob", create_text("c"));
    ok("DeleteTrainingJob", named("a"));
    keep();
    begin();
    EXPECT_THAT(ask("DescribeTrainingJob", named("a")), HasSubstr("ValidationException"));
    ok("CreateTrainingJob", create_text("a"));
}

TEST_F(kept_sagemaker, nothing_is_remembered_unless_asked_for) {
    sagemaker_service plain{options, journal};
    for (durable* part : plain.kept()) EXPECT_FALSE(part->changed());
    populate();
    for (durable* part : service->kept())
        if (part->part() == "sagemaker.training") {
            EXPECT_TRUE(part->changed());
        }
}

TEST_F(kept_sagemaker, what_cannot_be_read_is_refused) {
    populate();
    keep();
    for (durable* part : service->kept())
        for (const auto& [key, value] : documents[std::string{part->part()}]) {
            SCOPED_TRACE(key);
            sagemaker_service fresh{options, journal};
            for (durable* same : fresh.kept()) {
                if (same->part() != part->part()) continue;
                EXPECT_FALSE(same->restore(key, "{}").has_value());
                EXPECT_FALSE(same->restore("9nothing/a/b/c", value).has_value());
            }
        }
}

}  // namespace
}  // namespace trainyard::aws::local
