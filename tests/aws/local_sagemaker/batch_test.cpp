#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/local/sagemaker/batch/batch_operations.hpp"
#include "engine/base/rng.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const account_id account{"111122223333"};
const region_name region{"eu-west-1"};
const wall_time noon = *parse_iso8601("2026-01-01T12:00:00Z");

class batch : public testing::Test {
protected:
    batch() {
        add_processing_operations(table, processing);
        add_transform_operations(table, transform,
                                 [](const operation_call&, std::string_view name) { return name == "m"; });
    }

    service_reply call(const std::string& operation, const std::string& input) {
        const auto read = json::document::parse(input);
        EXPECT_TRUE(read) << input;
        const operation_call c{operation, read->root(), {account, "arn:aws:iam::111122223333:user/a", "AIDA"},
                               region,    "http://h",   now};
        auto reply = table.handle(c);
        if (reply && !reply->empty()) conforms(operation, *reply);
        return reply;
    }
    // What the model says of the answer.
    static void conforms(const std::string& operation, const std::string& answer) {
        const auto& known = model::sagemaker_model();
        model::validator checks{known};
        const auto read = json::document::parse(answer);
        ASSERT_TRUE(read);
        const auto problem = checks.check_shape(known.find(operation)->output, read->root());
        EXPECT_FALSE(problem) << operation << ": " << problem->message << "\n" << answer;
    }
    std::string member(const std::string& operation, const std::string& input, const char* name) {
        const auto reply = call(operation, input);
        EXPECT_TRUE(reply) << reply.error().message;
        const auto read = json::document::parse(*reply);
        return std::string{read->root().find(name).string().value_or("(none)")};
    }

    static std::string processing_request(const std::string& name, const std::string& more = "",
                                          int count = 1) {
        return R"({"ProcessingJobName":")" + name +
               R"(","ProcessingResources":{"ClusterConfig":{"InstanceCount":)" + std::to_string(count) +
               R"(,"InstanceType":"ml.m5.large","VolumeSizeInGB":10}},"AppSpecification":{"ImageUri":"i"},)"
               R"("RoleArn":"arn:aws:iam::111122223333:role/runner","Tags":[{"Key":"k","Value":"v"}])" +
               more + "}";
    }
    static std::string transform_request(const std::string& name, const std::string& model = "m") {
        return R"({"TransformJobName":")" + name + R"(","ModelName":")" + model +
               R"(","TransformInput":{"DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://b/i"}}},)"
               R"("TransformOutput":{"S3OutputPath":"s3://b/o"},)"
               R"("TransformResources":{"InstanceType":"ml.m5.large","InstanceCount":2}})";
    }
    std::string status(const std::string& name) {
        return member("DescribeProcessingJob", R"({"ProcessingJobName":")" + name + R"("})",
                      "ProcessingJobStatus");
    }
    static std::string named(const std::string& name) { return R"({"ProcessingJobName":")" + name + R"("})"; }

    quota_book quotas{3, {}};
    job_rules rules{1};
    batch_jobs processing{processing_kind, {quotas, rules, 2.0}};
    batch_jobs transform{transform_kind, {quotas, rules, 2.0}};
    operation_table table;
    wall_time now = noon;
};

TEST_F(batch, a_job_runs_and_completes) {
    EXPECT_EQ(member("CreateProcessingJob", processing_request("p"), "ProcessingJobArn"),
              "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/p");
    EXPECT_EQ(status("p"), "InProgress");
    EXPECT_EQ(quotas.in_use(account, region, "ml.m5.large", instance_use::processing), 1);
    now = noon + 31s;  // 2 s of starting, 60 s of running and 1 s of uploading, twice as fast
    EXPECT_EQ(status("p"), "InProgress");
    now = noon + 32s;
    EXPECT_EQ(status("p"), "Completed");
    EXPECT_EQ(quotas.in_use(account, region, "ml.m5.large", instance_use::processing), 0);
    const auto answer = call("DescribeProcessingJob", named("p"));
    EXPECT_THAT(*answer, HasSubstr("\"ProcessingStartTime\":1767268801"));
    EXPECT_THAT(*answer, HasSubstr("\"ProcessingEndTime\":1767268831.5"));
    EXPECT_THAT(*answer, HasSubstr("\"AppSpecification\":{\"ImageUri\":\"i\"}"));
    EXPECT_THAT(*answer, testing::Not(HasSubstr("Tags")));
}

TEST_F(batch, errors_are_those_of_aws) {
    EXPECT_EQ(call("DescribeProcessingJob", named("p")).error().message,
              "Could not find requested job with name: p");
    EXPECT_EQ(call("StopTransformJob", R"({"TransformJobName":"t"})").error().type, "ValidationException");
    call("CreateProcessingJob", processing_request("p"));
    EXPECT_EQ(call("CreateProcessingJob", processing_request("p")).error().type, "ResourceInUse");
    const auto over = call("CreateProcessingJob", processing_request("q", "", 3)).error();
    EXPECT_EQ(over.type, "ResourceLimitExceeded");
    EXPECT_THAT(over.message,
                HasSubstr("'ml.m5.large for processing job usage' is 3 Instances, with current utilization "
                          "of 1 Instances and a request delta of 3 Instances."));
    EXPECT_EQ(call("DescribeProcessingJob", named("q")).error().type,
              "ValidationException");  // the name is free
    EXPECT_EQ(call("CreateTransformJob", transform_request("t", "none")).error().message,
              "Could not find model \"arn:aws:sagemaker:eu-west-1:111122223333:model/none\".");
    EXPECT_THAT(call("CreateProcessingJob", R"({"ProcessingJobName":"r"})").error().message,
                HasSubstr("3 validation errors detected"));
}

TEST_F(batch, stops) {
    call("CreateProcessingJob", processing_request("p"));
    now = noon + 10s;
    EXPECT_EQ(*call("StopProcessingJob", named("p")), "");
    EXPECT_EQ(status("p"), "Stopping");
    EXPECT_EQ(call("StopProcessingJob", named("p")).error().message,
              "The request was rejected because the processing job is in status Stopping.");
    EXPECT_EQ(call("DeleteProcessingJob", named("p")).error().type, "ResourceInUse");
    now += 500ms;
    EXPECT_EQ(status("p"), "Stopped");
    EXPECT_EQ(quotas.in_use(account, region, "ml.m5.large", instance_use::processing), 0);
    EXPECT_EQ(*call("DeleteProcessingJob", named("p")), "");
    EXPECT_EQ(call("DescribeProcessingJob", named("p")).error().type, "ValidationException");
    EXPECT_TRUE(call("CreateProcessingJob", processing_request("p")));
}

TEST_F(batch, runs_no_longer_than_its_condition_allows) {
    call("CreateProcessingJob",
         processing_request("p", R"(,"StoppingCondition":{"MaxRuntimeInSeconds":20})"));
    now = noon + 10s;
    EXPECT_EQ(status("p"), "InProgress");
    now = noon + 11s;
    EXPECT_EQ(status("p"), "Stopping");
    now = noon + 12s;
    EXPECT_EQ(status("p"), "Stopped");
}

TEST_F(batch, goes_as_its_environment_says_or_as_rules_do) {
    const auto fails = [](const char* how) {
        return std::string{R"(,"Environment":{"TRAINYARD_LOCAL_SECONDS":"4","TRAINYARD_LOCAL_OUTCOME":")"} +
               how + "\"}";
    };
    rules.set({{.name = "c*", .effect = job_effect::capacity}});
    call("CreateProcessingJob", processing_request("a", fails("Failed: AlgorithmError: x")));
    call("CreateProcessingJob", processing_request("c"));
    call("CreateProcessingJob", processing_request("c2", fails("Completed")));
    now = noon + 1s;
    EXPECT_EQ(status("a"), "InProgress");
    EXPECT_EQ(status("c"), "Failed");
    now = noon + 4s;
    EXPECT_EQ(status("a"), "Failed");
    EXPECT_EQ(status("c2"), "Completed");
    EXPECT_EQ(member("DescribeProcessingJob", named("a"), "FailureReason"), "AlgorithmError: x");
    EXPECT_EQ(member("DescribeProcessingJob", named("c"), "FailureReason"), capacity_error);
    EXPECT_EQ(call("CreateProcessingJob",
                   processing_request("b", R"(,"Environment":{"TRAINYARD_LOCAL_SECONDS":"x"})"))
                  .error()
                  .message,
              "Environment: TRAINYARD_LOCAL_SECONDS must be a number of seconds, 0 to 2419200.");
    EXPECT_EQ(call("CreateProcessingJob", processing_request("b", fails("Maybe"))).error().type,
              "ValidationException");
}

TEST_F(batch, lists) {
    call("CreateTransformJob", transform_request("t1"));
    now += 40s;
    call("CreateTransformJob", transform_request("t2"));
    const auto all = call("ListTransformJobs", "{}");
    EXPECT_LT(all->find("t2"), all->find("t1"));
    EXPECT_THAT(*call("ListTransformJobs", R"({"StatusEquals":"Completed"})"),
                testing::AllOf(HasSubstr("t1"), testing::Not(HasSubstr("t2"))));
    const auto page =
        json::document::parse(*call("ListTransformJobs", R"({"MaxResults":1,"SortBy":"Name"})"));
    const std::string token{*page->root().find("NextToken").string()};
    EXPECT_THAT(
        *call("ListTransformJobs", R"({"MaxResults":1,"SortBy":"Name","NextToken":")" + token + "\"}"),
        HasSubstr("t1"));
    EXPECT_EQ(call("ListTransformJobs", R"({"NextToken":"eA=="})").error().type, "ValidationException");
}

TEST_F(batch, tells_each_change_once) {
    call("CreateProcessingJob", processing_request("p"));
    call("CreateProcessingJob", processing_request("q"));
    now = noon + 5s;
    call("StopProcessingJob", named("q"));
    std::vector<state_change> changes;
    EXPECT_EQ(processing.next_event_time(), noon);
    processing.take_events(noon + 1h, changes);
    EXPECT_EQ(processing.next_event_time(), std::nullopt);
    std::vector<std::string> told;
    for (const state_change& c : changes) {
        const auto detail = json::document::parse(c.detail);
        ASSERT_TRUE(detail);
        told.push_back(std::string{*detail->root().find("ProcessingJobName").string()} + " " +
                       std::string{*detail->root().find("ProcessingJobStatus").string()});
        EXPECT_EQ(detail->root().find("CreationTime").integer(), to_unix_millis(noon));
        EXPECT_EQ(detail->root().find("Tags").find("k").string(), "v");
        EXPECT_EQ(c.detail_type, "SageMaker Processing Job State Change");
    }
    EXPECT_THAT(told, ElementsAre("p InProgress", "q InProgress", "q Stopping", "q Stopped", "p Completed"));
}

TEST_F(batch, has_tags_and_records) {
    call("CreateProcessingJob", processing_request("p"));
    const auto none = json::document::parse("{}");
    const operation_call c{"ListTags", none->root(), {account, "", ""}, region, "", now};
    auto* tags = processing.tags(c, "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/p");
    ASSERT_NE(tags, nullptr);
    EXPECT_EQ(tags->at("k"), "v");
    EXPECT_EQ(processing.tags(c, "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/q"), nullptr);
    EXPECT_EQ(processing.tags(c, "p"), nullptr);
    EXPECT_THAT(processing.records(account, region, now),
                ElementsAre(HasSubstr(R"("Tags":[{"Key":"k","Value":"v"}])")));
    EXPECT_THAT(processing.records(account, region_name{"us-east-1"}, now), IsEmpty());
}

// Whatever is asked and when: instances in use are those of the jobs that are not over.
TEST_F(batch, random_runs_keep_the_books) {
    for (std::uint64_t seed = 0; seed < test::runs(200); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        quota_book book{5, {}};
        batch_jobs jobs{processing_kind, {book, rules, 1.0}};
        operation_table t;
        add_processing_operations(t, jobs);
        wall_time at = noon;
        for (int step = 0; step < 60; ++step) {
            at += std::chrono::seconds{random.between(0, 20)};
            const std::string name(1, static_cast<char>('a' + random.below(8)));
            const char* const operations[] = {"CreateProcessingJob", "StopProcessingJob",
                                              "DeleteProcessingJob"};
            const std::string operation = operations[random.below(3)];
            const auto input = json::document::parse(
                operation[0] == 'C' ? processing_request(name, "", static_cast<int>(random.between(1, 3)))
                                    : named(name));
            const operation_call c{operation, input->root(), {account, "", ""}, region, "", at};
            (void)t.handle(c);
            std::int64_t running = 0;
            for (const std::string& record : jobs.records(account, region, at)) {
                const auto read = json::document::parse(record);
                if (read->root().find("ProcessingEndTime").exists()) continue;
                running += *read->root()
                                .find("ProcessingResources")
                                .find("ClusterConfig")
                                .find("InstanceCount")
                                .integer();
            }
            ASSERT_EQ(book.in_use(account, region, "ml.m5.large", instance_use::processing), running);
            ASSERT_LE(running, 5);
        }
    }
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
