#include "aws/local/sagemaker/sagemaker_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
const wall_time start = from_unix_millis(1'764'000'000'123);

std::string create_text(const std::string& name, const std::string& extra = "") {
    return R"({"TrainingJobName":")" + name +
           R"(","RoleArn":"arn:aws:iam::111122223333:role/train","AlgorithmSpecification":{"TrainingImage":"i",)"
           R"("TrainingInputMode":"File"},"OutputDataConfig":{"S3OutputPath":"s3://b/o/"},"ResourceConfig":)"
           R"({"InstanceType":"ml.m5.large","InstanceCount":2,"VolumeSizeInGB":10},"StoppingCondition":)"
           R"({"MaxRuntimeInSeconds":3600},"Tags":[{"Key":"k","Value":"v"}])" +
           extra + "}";
}

class sagemaker : public testing::Test {
protected:
    service_reply call(const std::string& operation, const std::string& body, wall_time now = start,
                       const char* account = "111122223333") {
        auto document = json::document::parse(body);
        EXPECT_TRUE(document.has_value()) << body;
        operation_call c;
        c.operation = operation;
        c.input = document->root();
        c.who.account = account_id{account};
        c.region = region_name{"eu-west-1"};
        c.now = now;
        return service.handle(c);
    }
    std::string ok(const std::string& operation, const std::string& body, wall_time now = start) {
        const auto reply = call(operation, body, now);
        EXPECT_TRUE(reply.has_value()) << (reply ? "" : reply.error().message);
        return reply ? *reply : "";
    }
    std::string refusal(const std::string& operation, const std::string& body, wall_time now = start) {
        const auto reply = call(operation, body, now);
        EXPECT_FALSE(reply.has_value()) << body;
        return reply ? "" : reply.error().type + ": " + reply.error().message;
    }
    job_journal journal;
    sagemaker_service service{instance_limits{3, {}}, 1.0, journal};
};

TEST_F(sagemaker, creates_once) {
    EXPECT_EQ(ok("CreateTrainingJob", create_text("a-1")),
              R"({"TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/a-1"})");
    EXPECT_EQ(refusal("CreateTrainingJob", create_text("a-1")),
              "ResourceInUse: Training job names must be unique within an AWS account and region, and a "
              "training job "
              "with this name already exists (arn:aws:sagemaker:eu-west-1:111122223333:training-job/a-1)");
    EXPECT_TRUE(call("CreateTrainingJob", create_text("a-1"), start, "444455556666").has_value());
    EXPECT_EQ(service.creates().size(), 2U);
    EXPECT_EQ(service.creates_counted().duplicate, 1U);
    EXPECT_EQ(service.creates()[0].tags.at("k"), "v");
}

TEST_F(sagemaker, says_which_limit_is_reached) {
    ok("CreateTrainingJob", create_text("a"));
    EXPECT_EQ(
        refusal("CreateTrainingJob", create_text("b")),
        "ResourceLimitExceeded: The account-level service limit 'ml.m5.large for training job usage' is 3 "
        "Instances, with current utilization of 2 Instances and a request delta of 2 Instances. Please use "
        "AWS "
        "Service Quotas to request an increase for this quota.");
    EXPECT_EQ(service.creates_counted().over_limit, 1U);
}

TEST_F(sagemaker, instance_groups_add_up) {
    const auto groups = [](int n) {
        return R"({"TrainingJobName":"g","RoleArn":"arn:aws:iam::111122223333:role/train","AlgorithmSpecification":)"
               R"({"TrainingInputMode":"File"},"OutputDataConfig":{"S3OutputPath":"s3://b"},"StoppingCondition":{},)"
               R"("ResourceConfig":{"InstanceGroups":[{"InstanceType":"ml.m5.large","InstanceCount":2,)"
               R"("InstanceGroupName":"x"},{"InstanceType":"ml.m5.large","InstanceCount":)" +
               std::to_string(n) + R"(,"InstanceGroupName":"y"}]}})";
    };
    EXPECT_THAT(refusal("CreateTrainingJob", groups(2)), HasSubstr("request delta of 4 Instances"));
    EXPECT_NE(ok("CreateTrainingJob", groups(1)), "");
}

TEST_F(sagemaker, counts_violations_in_one_text) {
    EXPECT_EQ(
        refusal("CreateTrainingJob", R"({"TrainingJobName":"bad_name","RoleArn":null})"),
        "ValidationException: 3 validation errors detected: Value 'bad_name' at 'trainingJobName' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: "
        "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; Value null at 'roleArn' failed to satisfy constraint: Member "
        "must not "
        "be null; Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null");
    EXPECT_EQ(
        refusal("DescribeTrainingJob", R"({"TrainingJobName":"-a"})"),
        "ValidationException: 1 validation error detected: Value '-a' at 'trainingJobName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
    EXPECT_THAT(refusal("DescribeTrainingJob", R"({"TrainingJobName":7})"),
                HasSubstr("SerializationException"));
    EXPECT_THAT(refusal("ListTrainingJobs", R"({"MaxResults":101})"),
                HasSubstr("at 'maxResults' failed to satisfy constraint: Member must have value less than or "
                          "equal to 100"));
    EXPECT_THAT(refusal("ListTrainingJobs", R"({"StatusEquals":"Done"})"),
                HasSubstr("enum value set: [InProgress, "));
    EXPECT_EQ(service.creates().size(), 0U);
}

TEST_F(sagemaker, spot_needs_a_wait_time) {
    EXPECT_THAT(refusal("CreateTrainingJob", create_text("s", R"(,"EnableManagedSpotTraining":true)")),
                HasSubstr("Invalid MaxWaitTimeInSeconds"));
}

TEST_F(sagemaker, local_parameters_are_checked) {
    for (const char* bad : {R"("trainyard-local-seconds":"soon")", R"("trainyard-local-seconds":"-1")",
                            R"("trainyard-local-seconds":"nan")", R"("trainyard-local-outcome":"Exploded")",
                            R"("trainyard-local-outcome":"Failed:")"})
        EXPECT_THAT(
            refusal("CreateTrainingJob", create_text("p", ",\"HyperParameters\":{" + std::string{bad} + "}")),
            HasSubstr("HyperParameters: trainyard-local-"));
}

TEST_F(sagemaker, describes_what_was_asked_and_what_became_of_it) {
    ok("CreateTrainingJob",
       create_text("a", R"(,"HyperParameters":{"trainyard-local-seconds":"10","trainyard-local-outcome":)"
                        R"("Failed: AlgorithmError: exit 1"},"NewMember":{"x":[1.50]})"));
    const std::string running = ok("DescribeTrainingJob", R"({"TrainingJobName":"a"})", start + 5s);
    EXPECT_THAT(running, HasSubstr(R"("NewMember":{"x":[1.50]})"));
    EXPECT_THAT(running, HasSubstr(R"("TrainingJobStatus":"InProgress","SecondaryStatus":"Training")"));
    EXPECT_THAT(running, HasSubstr(R"("CreationTime":1764000000.123)"));
    EXPECT_THAT(running, HasSubstr(R"("TrainingStartTime":1764000003.123)"));
    EXPECT_THAT(running,
                HasSubstr(R"({"Status":"Starting","StartTime":1764000000.123,"EndTime":1764000002.123)"));
    EXPECT_THAT(running, testing::Not(HasSubstr("Tags")));
    EXPECT_THAT(running, testing::Not(HasSubstr("FailureReason")));
    const std::string ended = ok("DescribeTrainingJob", R"({"TrainingJobName":"a"})", start + 1min);
    EXPECT_THAT(ended, HasSubstr(R"("TrainingJobStatus":"Failed","SecondaryStatus":"Failed","FailureReason":)"
                                 R"("AlgorithmError: exit 1")"));
    EXPECT_THAT(ended, HasSubstr(R"("TrainingEndTime":1764000013.123,"TrainingTimeInSeconds":10)"));
    EXPECT_EQ(refusal("DescribeTrainingJob", R"({"TrainingJobName":"b"})"),
              "ValidationException: Requested resource not found.");
}

TEST_F(sagemaker, stops_once) {
    ok("CreateTrainingJob", create_text("a"));
    EXPECT_EQ(ok("StopTrainingJob", R"({"TrainingJobName":"a"})", start + 5s), "");
    EXPECT_EQ(refusal("StopTrainingJob", R"({"TrainingJobName":"a"})", start + 10s),
              "ValidationException: The request was rejected because the training job is in status Stopped.");
    EXPECT_EQ(refusal("StopTrainingJob", R"({"TrainingJobName":"b"})"),
              "ValidationException: Requested resource not found.");
    EXPECT_EQ(service.jobs_by_status(start + 10s).at("Stopped"), 1U);
}

TEST_F(sagemaker, lists_with_status) {
    ok("CreateTrainingJob", create_text("a", R"(,"HyperParameters":{"trainyard-local-seconds":"1.5"})"));
    EXPECT_EQ(
        ok("ListTrainingJobs", "{}", start + 1min),
        R"({"TrainingJobSummaries":[{"TrainingJobName":"a","TrainingJobArn":)"
        R"("arn:aws:sagemaker:eu-west-1:111122223333:training-job/a","CreationTime":1764000000.123,)"
        R"("TrainingEndTime":1764000005.623,"LastModifiedTime":1764000005.623,"TrainingJobStatus":"Completed",)"
        R"("SecondaryStatus":"Completed"}]})");
    // The times that were told can be asked for, to the millisecond.
    EXPECT_EQ(ok("ListTrainingJobs", R"({"CreationTimeAfter":1.764000000123E9})", start),
              R"({"TrainingJobSummaries":[]})");
    EXPECT_THAT(ok("ListTrainingJobs", R"({"CreationTimeAfter":1764000000.122})", start), HasSubstr("\"a\""));
}

TEST_F(sagemaker, tags) {
    ok("CreateTrainingJob", create_text("a"));
    const std::string arn = R"("ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/a")";
    ok("AddTags", "{" + arn + R"(,"Tags":[{"Key":"k","Value":"w"},{"Key":"l","Value":""}]})");
    EXPECT_EQ(ok("ListTags", "{" + arn + "}"),
              R"({"Tags":[{"Key":"k","Value":"w"},{"Key":"l","Value":""}]})");
    EXPECT_THAT(refusal("ListTags", "{" + arn + R"(,"MaxResults":49})"),
                HasSubstr("greater than or equal to 50"));
    EXPECT_THAT(
        refusal("ListTags", R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:444455556666:training-job/a"})"),
        HasSubstr("Requested resource not found."));
    std::string many = "{" + arn + ",\"Tags\":[";
    for (int i = 0; i < 49; ++i)
        many += (i ? "," : "") + (R"({"Key":"n)" + std::to_string(i) + R"(","Value":""})");
    EXPECT_THAT(refusal("AddTags", many + "]}"), HasSubstr("at most 50 tags"));
}

TEST(job_journal, appends_one_line_for_each_operation) {
    const auto file = std::filesystem::temp_directory_path() / ("journal-" + std::to_string(::getpid()));
    std::filesystem::remove(file);
    const account_id account{"111122223333"};
    const region_name region{"eu-west-1"};
    for (int i = 0; i < 2; ++i) {  // a second process appends
        job_journal journal;
        ASSERT_TRUE(journal.open(file.string()).has_value());
        ASSERT_TRUE(journal.create(account, region, "a", start, {{"k", "v\n"}}).has_value());
        ASSERT_TRUE(journal.stop(account, region, "a", start).has_value());
    }
    std::ifstream in{file};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0], R"({"op":"create","account":"111122223333","region":"eu-west-1","name":"a",)"
                        R"("time":1764000000.123,"tags":{"k":"v\n"}})");
    EXPECT_EQ(
        lines[3],
        R"({"op":"stop","account":"111122223333","region":"eu-west-1","name":"a","time":1764000000.123})");
    std::filesystem::remove(file);
    EXPECT_EQ(job_journal{}.open("/nowhere/journal").error().code, errc::io);
}

TEST(job_journal, a_full_disk_is_an_error) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
    job_journal journal;
    ASSERT_TRUE(journal.open("/dev/full").has_value());
    EXPECT_EQ(journal.stop(account_id{"1"}, region_name{"r"}, "a", start).error().code, errc::io);
    sagemaker_service service{instance_limits{3, {}}, 1.0, journal};
    const auto input = json::document::parse(create_text("a"));
    operation_call c;
    c.operation = "CreateTrainingJob";
    c.input = input->root();
    c.now = start;
    EXPECT_EQ(service.handle(c).error().status, 500);
}

}  // namespace
}  // namespace trainyard::aws::local
