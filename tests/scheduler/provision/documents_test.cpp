// The documents of least privilege, asked by the policy language that the local AWS enforces.
#include "scheduler/provision/documents.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/local/policy/evaluate.hpp"

namespace trainyard::provision {
namespace {

using aws::local::policy_context;

const std::string account = "111111111111", sm = "arn:aws:sagemaker:us-east-1:111111111111:";

bool allows(const std::string& document, const std::string& action, const std::string& resource,
            policy_context context, aws::local::policy_kind kind = aws::local::policy_kind::identity,
            const aws::local::requester& who = {aws::local::requester::kind::aws,
                                                "arn:aws:iam::111111111111:role/x"}) {
    const auto parsed = aws::local::policy_document::parse(document, kind);
    EXPECT_TRUE(parsed) << parsed.error().message << "\n" << document;
    const auto verdict = evaluate(*parsed, who, {action, resource, std::move(context)});
    return !verdict.denied && verdict.allowed != aws::local::grant::none;
}

struct row {
    const char* why;
    bool allowed;
    std::string action, resource;
    policy_context context;
};

policy_context with(policy_context more, const std::string& region = "us-east-1") {
    more.emplace("aws:requestedregion", region);
    return more;
}

TEST(Documents, ASpokeMayDoWhatTheDispatcherDoesAndNoMore) {
    const std::string document = spoke_policy({"aws",
                                               account,
                                               "acme",
                                               {"us-east-1"},
                                               {"ml.m5.xlarge"},
                                               {"arn:aws:iam::111111111111:role/ty-exec"}});
    const policy_context ours =
        with({{"aws:requesttag/trainyard:owner", "acme"}, {"sagemaker:instancetypes", "ml.m5.xlarge"}});
    const policy_context theirs =
        with({{"aws:requesttag/trainyard:owner", "x"}, {"sagemaker:instancetypes", "ml.m5.xlarge"}});
    const policy_context costly =
        with({{"aws:requesttag/trainyard:owner", "acme"}, {"sagemaker:instancetypes", "ml.p5.48xlarge"}});
    const policy_context no_type = with({{"aws:requesttag/trainyard:owner", "acme"}});
    const std::vector<row> table{
        {"its own job", true, "sagemaker:CreateTrainingJob", sm + "training-job/ty-a", ours},
        {"another's tag", false, "sagemaker:CreateTrainingJob", sm + "training-job/ty-a", theirs},
        {"another's name", false, "sagemaker:CreateTrainingJob", sm + "training-job/nightly", ours},
        {"a type that the fleet has not", false, "sagemaker:CreateTrainingJob", sm + "training-job/ty-a",
         costly},
        {"no type at all", false, "sagemaker:CreateTrainingJob", sm + "training-job/ty-a", no_type},
        {"another region", false, "sagemaker:DescribeTrainingJob", sm + "training-job/ty-a",
         with({}, "eu-west-1")},
        {"look", true, "sagemaker:DescribeTrainingJob", sm + "training-job/ty-a", with({})},
        {"look at another's", false, "sagemaker:DescribeTrainingJob", sm + "training-job/b", with({})},
        {"tuning", true, "sagemaker:CreateHyperParameterTuningJob", sm + "hyper-parameter-tuning-job/ty-a",
         no_type},
        {"pipelines", true, "sagemaker:StartPipelineExecution", sm + "pipeline/nightly", with({})},
        {"but not change them", false, "sagemaker:UpdatePipeline", sm + "pipeline/nightly", with({})},
        {"tags of a create", true, "sagemaker:AddTags", sm + "training-job/ty-a",
         with({{"sagemaker:taggingaction", "CreateTrainingJob"}})},
        {"tags of what is there", false, "sagemaker:AddTags", sm + "training-job/ty-a", with({})},
        {"delete a name", false, "sagemaker:DeleteTrainingJob", sm + "training-job/ty-a", with({})},
        {"pass to SageMaker",
         true,
         "iam:PassRole",
         "arn:aws:iam::111111111111:role/ty-exec",
         {{"iam:passedtoservice", "sagemaker.amazonaws.com"}}},
        {"pass to others",
         false,
         "iam:PassRole",
         "arn:aws:iam::111111111111:role/ty-exec",
         {{"iam:passedtoservice", "ec2.amazonaws.com"}}},
        {"pass another role",
         false,
         "iam:PassRole",
         "arn:aws:iam::111111111111:role/admin",
         {{"iam:passedtoservice", "sagemaker.amazonaws.com"}}},
        {"buckets", false, "s3:GetObject", "arn:aws:s3:::b/k", with({})},
    };
    for (const row& r : table)
        EXPECT_EQ(allows(document, r.action, r.resource, r.context), r.allowed) << r.why << ": " << r.action;
    EXPECT_LT(document.size(), inline_policy_max / 2);
}

TEST(Documents, TheHubReachesItsQueuesAndSpokes) {
    const std::string q = "arn:aws:sqs:us-east-1:000000000000:";
    const std::string document =
        hub_policy({"aws", {q + "jobs"}, {q + "results"}, {"arn:aws:iam::111111111111:role/spoke"}, {}});
    EXPECT_TRUE(allows(document, "sqs:ReceiveMessage", q + "jobs", {}));
    EXPECT_FALSE(allows(document, "sqs:ReceiveMessage", q + "results", {}));
    EXPECT_TRUE(allows(document, "sqs:SendMessage", q + "results", {}));
    EXPECT_FALSE(allows(document, "sqs:SendMessage", q + "jobs", {}));
    EXPECT_TRUE(allows(document, "sts:AssumeRole", "arn:aws:iam::111111111111:role/spoke", {}));
    EXPECT_FALSE(allows(document, "sts:AssumeRole", "arn:aws:iam::111111111111:role/admin", {}));
}

TEST(Documents, EventsComeFromTheRulesThatAreNamed) {
    const std::string q = "arn:aws:sqs:us-east-1:000000000000:events";
    const std::string rule = "arn:aws:events:us-east-1:111111111111:rule/r",
                      role = "arn:aws:iam::111111111111:role/e";
    const std::string document = events_queue_policy(q, {rule}, {role});
    const aws::local::requester events{aws::local::requester::kind::service, "events.amazonaws.com"};
    const aws::local::requester session{aws::local::requester::kind::aws,
                                        "arn:aws:sts::111111111111:assumed-role/e/s"};
    constexpr auto resource = aws::local::policy_kind::resource;
    EXPECT_TRUE(allows(document, "sqs:SendMessage", q, {{"aws:sourcearn", rule}}, resource, events));
    EXPECT_FALSE(allows(document, "sqs:SendMessage", q, {{"aws:sourcearn", rule + "2"}}, resource, events));
    EXPECT_FALSE(allows(document, "sqs:SendMessage", q, {}, resource, events));
    EXPECT_TRUE(allows(document, "sqs:SendMessage", q, {{"aws:principalarn", role}}, resource, session));
    EXPECT_FALSE(
        allows(document, "sqs:SendMessage", q, {{"aws:principalarn", role + "2"}}, resource, session));
    EXPECT_FALSE(allows(document, "sqs:ReceiveMessage", q, {{"aws:principalarn", role}}, resource, session));
}

}  // namespace
}  // namespace trainyard::provision
