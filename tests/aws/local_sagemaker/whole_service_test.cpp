// What the service adds to its parts: every operation is there, one clock, one feed, tags and records of all.
#include <algorithm>
#include <set>

#include "aws/local/model/shapes.hpp"
#include "tests/aws/local_sagemaker/training_fixture.hpp"
#include "tests/aws/local_sagemaker/tuning_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using namespace std::chrono_literals;
using sagemaker::tuning_text;
using testing::Contains;
using testing::HasSubstr;

class whole_service : public service_fixture {
protected:
    whole_service() : service_fixture(sagemaker_options{}) {}

    static std::string tuning_request(const std::string& name, const std::string& seconds = "10") {
        tuning_text t;
        t.name = name;
        std::string text = t.text();
        const std::string from = R"("epochs":"3")";
        text.replace(text.find(from), from.size(), from + R"(,"trainyard-local-seconds":")" + seconds + "\"");
        const std::string limit = R"("MaxRuntimeInSeconds":100})";
        text.replace(text.find(limit), limit.size(), R"("MaxRuntimeInSeconds":10000})");
        return text;
    }
    static std::string named(const std::string& name) {
        return R"({"HyperParameterTuningJobName":")" + name + "\"}";
    }
    std::string member(const std::string& operation, const std::string& input, const char* name,
                       wall_time now) {
        const auto read = json::document::parse(ok(operation, input, now));
        return std::string{read->root().find(name).string().value_or("")};
    }
    static std::string processing(const std::string& name) {
        return R"({"ProcessingJobName":")" + name +
               R"(","ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,)"
               R"("VolumeSizeInGB":1}},"AppSpecification":{"ImageUri":"i"},)"
               R"("RoleArn":"arn:aws:iam::111122223333:role/train","Tags":[{"Key":"k","Value":"v"}]})";
    }
    static std::string transform(const std::string& name) {
        return R"({"TransformJobName":")" + name +
               R"(","ModelName":"m","TransformInput":{"DataSource":{"S3DataSource":{"S3DataType":"S3Prefix",)"
               R"("S3Uri":"s3://b/i"}}},"TransformOutput":{"S3OutputPath":"s3://b/o"},)"
               R"("TransformResources":{"InstanceType":"ml.m5.large","InstanceCount":1}})";
    }
};

TEST_F(whole_service, has_every_operation_of_the_model) {
    for (const model::operation& o : model::sagemaker_model().operations)
        EXPECT_TRUE(service.operations().rows().contains(o.name)) << o.name;
}

TEST_F(whole_service, tells_what_becomes_of_each_parameter) {
    const std::string table = coverage_table(service.operations());
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 62);
    EXPECT_THAT(table, HasSubstr("| DeleteModel | ModelName | - | - |\n"));
    EXPECT_THAT(table,
                HasSubstr("| CreateTrainingPlan | TrainingPlanName, TrainingPlanOfferingId, Tags | - | "
                          "SpareInstanceCountPerUltraServer |\n"));
    EXPECT_THAT(coverage_table(sagemaker::operation_table{}), HasSubstr("| DeleteModel | missing"));
}

TEST_F(whole_service, tuning_jobs_start_real_training_jobs_at_their_time) {
    ok("CreateHyperParameterTuningJob", tuning_request("t"), start);
    // Starting 2 s, Downloading 1 s, Training 10 s, Uploading 1 s; two by two.
    const wall_time end = start + 28s;
    EXPECT_EQ(
        member("DescribeHyperParameterTuningJob", named("t"), "HyperParameterTuningJobStatus", end - 1ms),
        "InProgress");
    EXPECT_EQ(
        member("DescribeHyperParameterTuningJob", named("t"), "HyperParameterTuningJobStatus", start + 1h),
        "Completed");
    const auto seen = json::document::parse(ok("DescribeHyperParameterTuningJob", named("t"), start + 1h));
    EXPECT_EQ(*seen->root().find("HyperParameterTuningEndTime").number(), to_unix_seconds(end));
    const auto children =
        json::document::parse(ok("ListTrainingJobs", R"({"NameContains":"t-00"})", start + 1h));
    ASSERT_EQ(children->root().find("TrainingJobSummaries").size(), 4U);
    const std::string child{
        *children->root().find("TrainingJobSummaries").at(0).find("TrainingJobName").string()};
    const std::string told = ok("DescribeTrainingJob", R"({"TrainingJobName":")" + child + "\"}", start + 1h);
    EXPECT_THAT(
        told,
        HasSubstr(
            R"("TuningJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t")"));
    EXPECT_THAT(told, HasSubstr(R"("FinalMetricDataList":[{"MetricName":"loss")"));
}

TEST_F(whole_service, a_stop_of_a_child_makes_room_for_the_next) {
    ok("CreateHyperParameterTuningJob", tuning_request("t", "9000"), start);
    const auto children = json::document::parse(ok("ListTrainingJobs", "{}", start + 1s));
    const std::string child{
        *children->root().find("TrainingJobSummaries").at(0).find("TrainingJobName").string()};
    ok("StopTrainingJob", R"({"TrainingJobName":")" + child + "\"}", start + 5s);
    const auto count = [&](wall_time now) {
        const auto listed = json::document::parse(ok("ListTrainingJobs", "{}", now));
        return listed->root().find("TrainingJobSummaries").size();
    };
    // 120 s after SIGTERM and the upload; long before its own end.
    EXPECT_EQ(count(start + 125s), 2U);
    EXPECT_EQ(count(start + 126s), 3U);
}

TEST_F(whole_service, a_transform_job_needs_its_model) {
    EXPECT_THAT(refusal("CreateTransformJob", transform("x")), HasSubstr("Could not find model"));
    ok("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"i"}})");
    ok("CreateTransformJob", transform("x"));
}

TEST_F(whole_service, tells_of_every_kind_in_order_of_time) {
    ok("CreateTrainingJob", create_text("a"), start);
    ok("CreateProcessingJob", processing("p"), start + 1s);
    ok("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"i"}})", start + 1s);
    ok("CreateTransformJob", transform("x"), start + 2s);
    ok("CreateHyperParameterTuningJob", tuning_request("t"), start + 3s);
    std::vector<state_change> told;
    int rounds = 0;
    while (const auto next = service.next_event_time()) {
        ASSERT_LT(++rounds, 1000) << "the feed comes to an end";
        for (state_change& c : service.take_events(*next)) told.push_back(std::move(c));
    }
    std::set<std::string> kinds;
    for (const state_change& c : told) {
        kinds.insert(c.detail_type);
        EXPECT_TRUE(json::document::parse(c.detail)) << c.detail;
    }
    for (const char* kind :
         {"Training Job", "Processing Job", "Transform Job", "HyperParameter Tuning Job", "Model"})
        EXPECT_THAT(kinds, Contains("SageMaker " + std::string{kind} + " State Change"));
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end(),
                               [](const auto& a, const auto& b) { return a.when < b.when; }));
    EXPECT_EQ(std::count_if(told.begin(), told.end(),
                            [](const state_change& c) {
                                return c.detail.find(R"("TrainingJobStatus":"Completed")") !=
                                       std::string::npos;
                            }),
              5);
}

TEST_F(whole_service, knows_when_each_kind_changes_next) {
    ok("CreateModel", R"({"ModelName":"m","PrimaryContainer":{"Image":"i"}})", start);
    service.take_events(start);
    EXPECT_EQ(service.next_event_time(), std::nullopt);
    const std::pair<const char*, std::string> requests[] = {
        {"CreateTrainingJob", create_text("a")},
        {"CreateProcessingJob", processing("p")},
        {"CreateTransformJob", transform("x")},
        {"CreateHyperParameterTuningJob", tuning_request("t")}};
    wall_time now = start;
    for (const auto& [operation, request] : requests) {
        now += 24h;
        service.take_events(now);
        ok(operation, request, now);
        EXPECT_EQ(service.next_event_time(), now) << operation;
        EXPECT_FALSE(service.take_events(now).empty()) << operation;
        const auto next = service.next_event_time();
        ASSERT_TRUE(next) << operation;
        EXPECT_GT(*next, now) << operation;
        EXPECT_LT(*next, now + 2min) << operation;
    }
}

TEST_F(whole_service, tags_of_every_kind_of_job) {
    ok("CreateTrainingJob", create_text("a"));
    ok("CreateProcessingJob", processing("p"));
    ok("CreateHyperParameterTuningJob", tuning_request("t"));
    for (const char* resource : {"training-job/a", "processing-job/p", "hyper-parameter-tuning-job/t"}) {
        const std::string arn =
            R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:)" + std::string{resource} + "\"";
        EXPECT_THAT(ok("ListTags", arn + "}"), HasSubstr(R"({"Key":"k","Value":"v"})")) << resource;
        ok("AddTags", arn + R"(,"Tags":[{"Key":"k","Value":"w"}]})");
        EXPECT_THAT(ok("ListTags", arn + "}"), HasSubstr(R"({"Key":"k","Value":"w"})")) << resource;
        ok("DeleteTags", arn + R"(,"TagKeys":["k"]})");
        EXPECT_EQ(ok("ListTags", arn + "}"), R"({"Tags":[]})") << resource;
    }
}

TEST_F(whole_service, search_finds_jobs) {
    ok("CreateTrainingJob", create_text("a"));
    ok("CreateHyperParameterTuningJob", tuning_request("t"));
    EXPECT_THAT(ok("Search", R"({"Resource":"HyperParameterTuningJob"})", start + 1h),
                HasSubstr(R"("HyperParameterTuningJobName":"t")"));
    const auto found = json::document::parse(ok(
        "Search",
        R"({"Resource":"TrainingJob","SearchExpression":{"Filters":[{"Name":"TrainingJobName","Operator":"Equals","Value":"a"}]}})",
        start + 1h));
    ASSERT_EQ(found->root().find("Results").size(), 1U);
    EXPECT_THAT(json::to_text(found->root().find("Results").at(0)), HasSubstr(R"("Key":"k")"));
}

TEST_F(whole_service, uses_of_a_type_have_quotas_of_their_own) {
    const account_id account{"111122223333"};
    const region_name region{"eu-west-1"};
    service.quotas().set_limit(account, region, "ml.m5.large", sagemaker::instance_use::processing, 1);
    ok("CreateProcessingJob", processing("p"));
    EXPECT_THAT(refusal("CreateProcessingJob", processing("q")),
                HasSubstr("ml.m5.large for processing job usage"));
    ok("CreateTrainingJob", create_text("a"));
}

}  // namespace
}  // namespace trainyard::aws::local
