// What befalls jobs, as clients and EventBridge see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/local/sagemaker/training/training_answer.hpp"
#include "tests/aws/local_sagemaker/training_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* spot = R"(,"EnableManagedSpotTraining":true)";
constexpr const char* plan_arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-plan/reserved";
const std::string wait_1h = R"(,"MaxWaitTimeInSeconds":3600)";

struct one_plan final : sagemaker::training_plan_source {
    std::optional<sagemaker::training_plan_window> find_plan(const account_id&, const region_name&,
                                                             std::string_view arn) const override {
        if (arn != plan_arn) return std::nullopt;
        return sagemaker::training_plan_window{start + 100s, start + 1000s, 4};
    }
};

struct sources {
    one_plan plans;
    sagemaker_options options() {
        sagemaker_options out;
        out.plans = &plans;
        return out;
    }
};

class training_course : protected sources, public service_fixture {
protected:
    training_course() : service_fixture(options()) {}
    std::string secondary(const std::string& name, wall_time now) {
        return described(name, "SecondaryStatus", now);
    }
};

TEST_F(training_course, rules_decide_the_fate) {
    set_rules(R"([{"name":"cap*","effect":"capacity"},{"name":"alg*","effect":"algorithm","text":"exit 3"},
                  {"name":"cli*","effect":"client","text":"no image"},{"name":"int*","effect":"internal"},
                  {"name":"slow*","effect":"slow_start","after_seconds":100},
                  {"name":"won*","effect":"capacity"}])");
    const std::string completed = R"(,"HyperParameters":{"trainyard-local-outcome":"Completed"})";
    for (const char* name : {"cap", "alg", "cli", "int", "slow", "other"})
        ok("CreateTrainingJob", create_text(name));
    ok("CreateTrainingJob", create_text("won", completed));
    EXPECT_EQ(described("cap", "FailureReason", start + 2s), sagemaker::capacity_error);
    EXPECT_EQ(described("cap", "BillableTimeInSeconds", start + 2s), "") << "nothing is billed";
    EXPECT_EQ(described("cli", "FailureReason", start + 2s), "ClientError: no image");
    EXPECT_EQ(described("int", "FailureReason", start + 33s), sagemaker::internal_error);
    EXPECT_EQ(secondary("alg", start + 62s), "Training");
    EXPECT_EQ(described("alg", "FailureReason", start + 63s), "AlgorithmError: exit 3");
    EXPECT_EQ(secondary("other", start + 70s), "Completed");
    EXPECT_EQ(secondary("won", start + 70s), "Completed") << "the HyperParameter goes before the rules";
    EXPECT_EQ(secondary("slow", start + 101s), "Starting");
    EXPECT_EQ(secondary("slow", start + 102s), "Downloading");
}

TEST_F(training_course, spot_is_interrupted_and_waits_for_capacity) {
    set_rules(
        R"([{"name":"i*","effect":"interruption","after_seconds":20},{"name":"w*","effect":"capacity"}])");
    for (const char* name : {"i", "w"}) ok("CreateTrainingJob", create_text(name, spot, "", 3600, wait_1h));
    EXPECT_EQ(secondary("i", start + 23s), "Interrupted");
    EXPECT_EQ(secondary("i", start + 28s), "Starting");
    EXPECT_EQ(secondary("i", start + 31s), "Training");
    EXPECT_EQ(secondary("i", start + 92s), "Completed");
    EXPECT_EQ(described("i", "TrainingTimeInSeconds", start + 92s), "81");
    EXPECT_EQ(described("i", "BillableTimeInSeconds", start + 92s), "24");
    EXPECT_EQ(secondary("w", start + 3599s), "Starting");
    EXPECT_EQ(described("w", "TrainingJobStatus", start + 3600s), "Stopping");
    EXPECT_EQ(described("w", "TrainingJobStatus", start + 3601s), "Stopped");
    EXPECT_EQ(secondary("w", start + 3601s), "MaxWaitTimeExceeded");
}

TEST_F(training_course, retry_strategy_retries_internal_errors_alone) {
    set_rules(R"([{"name":"int*","effect":"internal"},{"name":"alg*","effect":"algorithm"}])");
    const std::string twice = R"(,"RetryStrategy":{"MaximumRetryAttempts":2})";
    ok("CreateTrainingJob", create_text("int", twice));
    ok("CreateTrainingJob", create_text("alg", twice));
    EXPECT_EQ(secondary("int", start + 33s), "Restarting");
    EXPECT_EQ(described("int", "TrainingJobStatus", start + 33s), "InProgress");
    EXPECT_EQ(secondary("int", start + 34s), "Starting");
    EXPECT_EQ(secondary("int", start + 101s), "Failed");  // 33, 34 and 34 seconds
    EXPECT_EQ(secondary("alg", start + 63s), "Failed");
}

TEST_F(training_course, the_attempts_of_a_job_meet_different_fates) {
    set_rules(R"([{"effect":"internal","probability":0.5}])");
    const auto name_of = [](int i) { return "j" + std::to_string(i); };
    for (int i = 0; i < 100; ++i)
        ok("CreateTrainingJob", create_text(name_of(i), R"(,"RetryStrategy":{"MaximumRetryAttempts":30})"));
    int saved = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string name = name_of(i);
        const std::string transitions = described(name, "SecondaryStatusTransitions", start + 3h);
        if (transitions.find("Restarting") != std::string::npos) ++saved;
        EXPECT_EQ(secondary(name, start + 3h), "Completed");
    }
    EXPECT_GT(saved, 25);
    EXPECT_LT(saved, 75);
}

TEST_F(training_course, what_aws_refuses_beyond_its_model) {
    const std::string group = R"(,"InstanceGroups":[{"InstanceType":"ml.m5.large","InstanceCount":1,)"
                              R"("InstanceGroupName":"g"}])";
    const std::string pool = R"(,"KeepAlivePeriodInSeconds":60)";
    const std::string in_plan = R"(,"TrainingPlanArn":")" + std::string{plan_arn} + "\"";
    const std::pair<std::string, const char*> refused[] = {
        {create_text("a", spot), "Invalid MaxWaitTimeInSeconds"},
        {create_text("a", spot, "", 3600, R"(,"MaxWaitTimeInSeconds":3599)"), "Invalid MaxWaitTimeInSeconds"},
        {create_text("a", "", "", 3600, wait_1h), "only with EnableManagedSpotTraining"},
        {create_text("a", "", group), "not both"},
        {create_text("a", spot, pool, 3600, wait_1h), "not supported with EnableManagedSpotTraining"},
        {create_text("a", spot, in_plan, 3600, wait_1h), "not supported with a training plan"},
        {create_text("a", "", "", 2419201), "MaxRuntimeInSeconds must be at most 2419200"},
        {create_text("a", "",
                     R"(,"TrainingPlanArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-plan/no")"),
         "ResourceNotFound: Training plan"},
        {R"({"TrainingJobName":"a","RoleArn":"arn:aws:iam::111122223333:role/r","OutputDataConfig":)"
         R"({"S3OutputPath":"s3://b"}})",
         "AlgorithmSpecification is required"},
        {create_text("a", R"(,"HyperParameters":{"trainyard-local-stop-seconds":"121"})"), "0 to 120"},
    };
    for (const auto& [body, text] : refused)
        EXPECT_THAT(refusal("CreateTrainingJob", body), HasSubstr(text)) << body;
    EXPECT_TRUE(service.creates().empty());
}

TEST_F(training_course, serverless_jobs_need_no_instances) {
    ok("CreateTrainingJob",
       R"({"TrainingJobName":"a","RoleArn":"arn:aws:iam::111122223333:role/r","OutputDataConfig":)"
       R"({"S3OutputPath":"s3://b"},"ServerlessJobConfig":{"JobType":"FineTuning","BaseModelArn":)"
       R"("arn:aws:sagemaker:eu-west-1:aws:hub-content/hub/Model/m/1.0.0"}})");
    EXPECT_EQ(described("a", "StoppingCondition", start), R"({"MaxRuntimeInSeconds":86400})");
    EXPECT_EQ(secondary("a", start + 70s), "Completed");
}

TEST_F(training_course, warm_pools_are_told) {
    const std::string pool = R"(,"KeepAlivePeriodInSeconds":600)";
    ok("CreateTrainingJob", create_text("a", "", pool));
    EXPECT_EQ(described("a", "WarmPoolStatus", start), R"({"Status":"InUse"})");
    EXPECT_EQ(described("a", "WarmPoolStatus", start + 64s), R"({"Status":"Available"})");
    EXPECT_THAT(ok("ListTrainingJobs", R"({"WarmPoolStatusEquals":"Available"})", start + 64s),
                HasSubstr(R"("WarmPoolStatus":{"Status":"Available"})"));
    EXPECT_THAT(ok("ListTrainingJobs", R"({"WarmPoolStatusEquals":"Reused"})", start + 64s),
                Not(HasSubstr("\"a\"")));
    ok("CreateTrainingJob", create_text("b", "", pool), start + 94s);
    EXPECT_EQ(described("a", "WarmPoolStatus", start + 94s),
              R"({"Status":"Reused","ResourceRetainedBillableTimeInSeconds":30,"ReusedByJob":"b"})");
    // b ends at 94 + 62.5 s.
    ok("UpdateTrainingJob", named("b", R"(,"ResourceConfig":{"KeepAlivePeriodInSeconds":0})"),
       start + 176s + 500ms);
    EXPECT_EQ(described("b", "WarmPoolStatus", start + 200s),
              R"({"Status":"Terminated","ResourceRetainedBillableTimeInSeconds":20})");
    EXPECT_THAT(refusal("UpdateTrainingJob",
                        named("b", R"(,"ResourceConfig":{"KeepAlivePeriodInSeconds":9})"), start + 200s),
                HasSubstr("whose warm pool is InUse or Available"));
}

TEST_F(training_course, updates_what_watches_a_job) {
    ok("CreateTrainingJob",
       create_text("a",
                   R"(,"ProfilerConfig":{"S3OutputPath":"s3://b/p","ProfilingIntervalInMilliseconds":500})"));
    ok("UpdateTrainingJob",
       named("a",
             R"(,"ProfilerConfig":{"DisableProfiler":true},"RemoteDebugConfig":{"EnableRemoteDebug":true})"),
       start + 10s);
    EXPECT_EQ(secondary("a", start + 10s), "Updating");
    EXPECT_EQ(secondary("a", start + 11s), "Training");
    EXPECT_EQ(described("a", "ProfilerConfig", start + 11s),
              R"({"S3OutputPath":"s3://b/p","ProfilingIntervalInMilliseconds":500,"DisableProfiler":true})");
    EXPECT_EQ(described("a", "ProfilingStatus", start + 11s), "Disabled");
    EXPECT_EQ(described("a", "RemoteDebugConfig", start + 11s), R"({"EnableRemoteDebug":true})");
    EXPECT_THAT(refusal("UpdateTrainingJob", named("a", R"(,"RemoteDebugConfig":{"EnableRemoteDebug":true})"),
                        start + 100s),
                HasSubstr("is in status Completed"));
    EXPECT_THAT(refusal("UpdateTrainingJob", named("b")), HasSubstr("Requested resource not found."));
}

TEST_F(training_course, deletes_what_has_ended) {
    ok("CreateTrainingJob", create_text("a"));
    EXPECT_THAT(refusal("DeleteTrainingJob", named("a"), start + 5s), HasSubstr("is in status InProgress"));
    EXPECT_EQ(ok("DeleteTrainingJob", named("a"), start + 64s), "");
    EXPECT_THAT(refusal("DescribeTrainingJob", named("a"), start + 64s), HasSubstr("not found"));
    ok("CreateTrainingJob", create_text("a"), start + 64s);
    EXPECT_EQ(secondary("a", start + 64s), "Starting");
}

TEST_F(training_course, a_training_plan_keeps_jobs_pending) {
    const std::string in_plan = R"(,"TrainingPlanArn":")" + std::string{plan_arn} + "\"";
    ok("CreateTrainingJob", create_text("a", "", in_plan));
    ok("CreateTrainingJob", create_text("b"));
    EXPECT_EQ(secondary("a", start + 99s), "Pending");
    EXPECT_EQ(secondary("a", start + 100s), "Starting");
    const std::string listed =
        ok("ListTrainingJobs", R"({"TrainingPlanArnEquals":")" + std::string{plan_arn} + "\"}", start);
    EXPECT_THAT(listed, HasSubstr(R"("TrainingPlanArn":)"));
    EXPECT_THAT(listed, Not(HasSubstr(R"("TrainingJobName":"b")")));
    EXPECT_THAT(refusal("CreateTrainingJob", create_text("c", "", in_plan), start + 1000s),
                HasSubstr("no longer active"));
}

TEST_F(training_course, each_change_of_status_is_an_event) {
    ok("CreateTrainingJob",
       create_text("a", R"(,"HyperParameters":{"trainyard-local-outcome":"Failed: ClientError: x"})"));
    EXPECT_EQ(service.next_event_time(), start);
    const auto events = service.take_events(start + 63s);
    std::string statuses;
    for (const auto& e : events) {
        EXPECT_EQ(e.detail_type, "SageMaker Training Job State Change");
        EXPECT_EQ(e.resource_arn, "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a");
        EXPECT_EQ(e.account.str(), "111122223333");
        const auto detail = json::document::parse(e.detail);
        ASSERT_TRUE(detail.has_value());
        statuses += std::string{*detail->root().find("SecondaryStatus").string()} + " ";
        EXPECT_EQ(detail->root().find("LastModifiedTime").integer(), to_unix_millis(e.when));
        EXPECT_EQ(detail->root().find("Tags").find("k").string(), "v");
    }
    EXPECT_EQ(statuses, "Starting Downloading Training Failed ");
    EXPECT_THAT(events.back().detail, HasSubstr(R"("FailureReason":"ClientError: x")"));
    EXPECT_THAT(events.back().detail,
                HasSubstr(R"("TrainingStartTime":1764000003123,"TrainingEndTime":1764000063123)"));
    EXPECT_THAT(events.front().detail, Not(HasSubstr("TrainingStartTime")));
    EXPECT_FALSE(service.next_event_time().has_value());
    EXPECT_TRUE(service.take_events(start + 1h).empty());
}

class training_in_a_blink : public service_fixture {
protected:
    static sagemaker_options blink() {
        sagemaker_options out;
        out.time_scale = 1e6;
        return out;
    }
    training_in_a_blink() : service_fixture(blink()) {}
};

TEST_F(training_in_a_blink, has_an_event_for_each_status_all_the_same) {
    ok("CreateTrainingJob", create_text("a"));
    std::string statuses;
    for (const auto& e : service.take_events(start + 1s))
        statuses += *json::document::parse(e.detail)->root().find("SecondaryStatus").string();
    EXPECT_EQ(statuses, "StartingDownloadingTrainingUploadingCompleted");
}

TEST_F(training_course, children_of_a_tuning_job) {
    const std::string body = create_text("child");
    const std::string parent = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t";
    sagemaker::training_starter& starter = service.training();
    const account_id account{"111122223333"};
    const region_name region{"eu-west-1"};
    const auto begin = [&](std::string_view text) {
        return starter.start({account, region, text, parent, {{"loss", 0.25}}, start});
    };
    ASSERT_TRUE(begin(body).has_value());
    EXPECT_EQ(begin(body).error().type, "ResourceInUse");
    EXPECT_THAT(begin(R"({"TrainingJobName":"_"})").error().message, HasSubstr("3 validation errors"));
    EXPECT_TRUE(service.creates().empty()) << "nobody called CreateTrainingJob";
    const auto running = starter.status(account, region, "child", start + 5s);
    EXPECT_EQ(running->secondary_status, "Training");
    EXPECT_EQ(running->next_change, start + 63s);
    EXPECT_FALSE(running->ended);
    EXPECT_EQ(described("child", "TuningJobArn", start + 5s), parent);
    EXPECT_EQ(described("child", "FinalMetricDataList", start + 5s), "");
    EXPECT_THAT(described("child", "FinalMetricDataList", start + 64s),
                HasSubstr(R"("MetricName":"loss","Value":0.25)"));
    EXPECT_TRUE(starter.status(account, region, "child", start + 64s)->ended);
    EXPECT_THAT(starter.stop(account, region, "child", start + 64s).error().message,
                HasSubstr("in status Completed"));
    EXPECT_FALSE(starter.status(account, region, "other", start).has_value());
}

}  // namespace
}  // namespace trainyard::aws::local
