#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/aws/local_sagemaker/training_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
sagemaker_options three_instances() {
    sagemaker_options out;
    out.instance_limit = 3;
    return out;
}

class training_operations : public service_fixture {
protected:
    training_operations() : service_fixture(three_instances()) {}
};

TEST_F(training_operations, creates_once) {
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

TEST_F(training_operations, says_which_limit_is_reached) {
    ok("CreateTrainingJob", create_text("a"));
    EXPECT_EQ(
        refusal("CreateTrainingJob", create_text("b")),
        "ResourceLimitExceeded: The account-level service limit 'ml.m5.large for training job usage' is 3 "
        "Instances, with current utilization of 2 Instances and a request delta of 2 Instances. Please use "
        "AWS "
        "Service Quotas to request an increase for this quota.");
    EXPECT_EQ(service.creates_counted().over_limit, 1U);
}

TEST_F(training_operations, instance_groups_add_up) {
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

TEST_F(training_operations, counts_violations_in_one_text) {
    EXPECT_EQ(
        refusal("CreateTrainingJob", R"({"TrainingJobName":"bad_name","RoleArn":null})"),
        "ValidationException: 3 validation errors detected: Value 'bad_name' at 'trainingJobName' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; Value null at 'roleArn' failed to satisfy constraint: Member "
        "must not "
        "be null; Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null");
    EXPECT_EQ(
        refusal("DescribeTrainingJob", R"({"TrainingJobName":"-a"})"),
        "ValidationException: 1 validation error detected: Value '-a' at 'trainingJobName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
    EXPECT_THAT(refusal("DescribeTrainingJob", R"({"TrainingJobName":7})"),
                HasSubstr("SerializationException"));
    EXPECT_THAT(refusal("ListTrainingJobs", R"({"MaxResults":101})"),
                HasSubstr("at 'maxResults' failed to satisfy constraint: Member must have value less than or "
                          "equal to 100"));
    EXPECT_THAT(refusal("ListTrainingJobs", R"({"StatusEquals":"Done"})"),
                HasSubstr("enum value set: [InProgress, "));
    EXPECT_EQ(service.creates().size(), 0U);
}

TEST_F(training_operations, spot_needs_a_wait_time) {
    EXPECT_THAT(refusal("CreateTrainingJob", create_text("s", R"(,"EnableManagedSpotTraining":true)")),
                HasSubstr("Invalid MaxWaitTimeInSeconds"));
}

TEST_F(training_operations, local_parameters_are_checked) {
    for (const char* bad : {R"("trainyard-local-seconds":"soon")", R"("trainyard-local-seconds":"-1")",
                            R"("trainyard-local-seconds":"nan")", R"("trainyard-local-outcome":"Exploded")",
                            R"("trainyard-local-outcome":"Failed:")"})
        EXPECT_THAT(
            refusal("CreateTrainingJob", create_text("p", ",\"HyperParameters\":{" + std::string{bad} + "}")),
            HasSubstr("HyperParameters: trainyard-local-"));
}

TEST_F(training_operations, describes_what_was_asked_and_what_became_of_it) {
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

TEST_F(training_operations, stops_once) {
    ok("CreateTrainingJob", create_text("a"));
    EXPECT_EQ(ok("StopTrainingJob", R"({"TrainingJobName":"a"})", start + 5s), "");
    EXPECT_EQ(
        refusal("StopTrainingJob", R"({"TrainingJobName":"a"})", start + 10s),
        "ValidationException: The request was rejected because the training job is in status Stopping.");
    EXPECT_EQ(refusal("StopTrainingJob", R"({"TrainingJobName":"a"})", start + 126s),
              "ValidationException: The request was rejected because the training job is in status Stopped.");
    EXPECT_EQ(refusal("StopTrainingJob", R"({"TrainingJobName":"b"})"),
              "ValidationException: Requested resource not found.");
    EXPECT_EQ(service.jobs_by_status(start + 126s).at("Stopped"), 1U);
}

TEST_F(training_operations, lists_with_status) {
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

TEST_F(training_operations, tags) {
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

}  // namespace
}  // namespace trainyard::aws::local
