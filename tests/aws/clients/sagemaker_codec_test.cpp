#include "aws/sagemaker/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::aws::sagemaker {
namespace {

TEST(encode, requests) {
    EXPECT_EQ(encode_key(job_kind::training, "job-1"), R"({"TrainingJobName":"job-1"})");
    EXPECT_EQ(encode_add_tags("arn", {{"k", "v"}}),
              R"({"ResourceArn":"arn","Tags":[{"Key":"k","Value":"v"}]})");
    EXPECT_EQ(encode_list_tags("arn", ""), R"({"ResourceArn":"arn"})");
    list_filter f;
    EXPECT_EQ(encode_list(f), R"({"MaxResults":100,"SortBy":"CreationTime","SortOrder":"Ascending"})");
    f.created_after = from_unix_millis(1'552'086'121'123);
    f.ascending = false;
    f.name_contains = "ty-";
    f.status_equals = "InProgress";
    f.next_token = "t";
    EXPECT_EQ(
        encode_list(f),
        R"({"MaxResults":100,"SortBy":"CreationTime","SortOrder":"Descending","CreationTimeAfter":1552086121.123,)"
        R"("NameContains":"ty-","StatusEquals":"InProgress","NextToken":"t"})");
}

TEST(decode, describe_with_exponents_nulls_and_unknown_members) {
    const auto got = decode_describe(
        R"({"TrainingJobName":"j","TrainingJobArn":"a","TrainingJobStatus":"NewStatus","SecondaryStatus":"Training",)"
        R"("FailureReason":null,"ModelArtifacts":{"S3ModelArtifacts":"s3://b/k"},"CreationTime":1.552086121123E9,)"
        R"("TrainingStartTime":1552086122,"TrainingEndTime":null,"BillableTimeInSeconds":12,"Future":{"x":[1]}})");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, "NewStatus");
    EXPECT_EQ(got->failure_reason, "");
    EXPECT_EQ(got->model_artifacts, "s3://b/k");
    EXPECT_EQ(to_unix_millis(got->created), 1'552'086'121'123);
    EXPECT_EQ(to_unix_millis(*got->started), 1'552'086'122'000);
    EXPECT_FALSE(got->ended);
    EXPECT_FALSE(got->last_modified);
    EXPECT_EQ(got->billable_seconds, 12);
}

TEST(decode, describe_refusals) {
    const std::string head = R"({"TrainingJobName":"j","TrainingJobStatus":"InProgress")";
    EXPECT_TRUE(decode_describe(head + R"(,"CreationTime":1})"));
    for (const char* rest : {"}", R"(,"CreationTime":"2026"})", R"(,"CreationTime":1e300})",
                             R"(,"CreationTime":1,"TrainingEndTime":-1e11})"})
        EXPECT_FALSE(decode_describe(head + rest)) << rest;
    for (const char* body : {"", "{}", "[]", "Internal Server Error"})
        EXPECT_FALSE(decode_describe(body)) << body;
}

TEST(decode, list) {
    const auto got = decode_list(
        R"({"TrainingJobSummaries":[{"TrainingJobName":"j","TrainingJobArn":"a","TrainingJobStatus":"Completed",)"
        R"("CreationTime":1.0E9,"LastModifiedTime":1.000000005E9,"TrainingEndTime":1000000004.5}],"NextToken":"t"})");
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(got->jobs.size(), 1U);
    EXPECT_EQ(to_unix_millis(got->jobs[0].last_modified), 1'000'000'005'000);
    EXPECT_EQ(to_unix_millis(*got->jobs[0].ended), 1'000'000'004'500);
    EXPECT_EQ(got->jobs[0].secondary_status, "");
    EXPECT_EQ(got->next_token, "t");
    const auto empty_page = decode_list(R"({"TrainingJobSummaries":[],"NextToken":"more"})");
    EXPECT_TRUE(empty_page->jobs.empty());
    EXPECT_EQ(empty_page->next_token, "more");
    EXPECT_FALSE(decode_list(R"({"TrainingJobSummaries":[{"TrainingJobName":"j","CreationTime":1}]})"));
}

TEST(decode, create_and_tags) {
    EXPECT_EQ(*decode_create(R"({"TrainingJobArn":"arn:x"})"), "arn:x");
    EXPECT_FALSE(decode_create("{}"));
    EXPECT_EQ(decode_list_tags(R"({"Tags":[{"Key":"a","Value":""},{"Key":"b","Value":"2"}]})")->items,
              (tags{{"a", ""}, {"b", "2"}}));
    EXPECT_FALSE(decode_list_tags(R"({"Tags":[{"Value":"2"}]})"));
}

TEST(stop, refusal_of_an_ended_job) {
    EXPECT_TRUE(is_already_stopped(
        "ValidationException", "The request was rejected because the training job is in status Stopped."));
    EXPECT_FALSE(is_already_stopped("ValidationException", "Requested resource not found."));
    EXPECT_FALSE(is_already_stopped(
        "AccessDeniedException", "The request was rejected because the training job is in status Stopped."));
}

}  // namespace
}  // namespace trainyard::aws::sagemaker
