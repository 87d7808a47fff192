// AWS's own policies. Each allows what its namesake allows of the services that this server and its clients
// know; the documents are shorter than AWS's, which also name dozens of services that are not here.
#include <fmt/format.h>

#include <array>

#include "aws/local/identity/iam_store.hpp"
#include "aws/local/identity/unique_id.hpp"

namespace trainyard::aws::local {
namespace {

struct row {
    std::string_view path, name, description;
    std::string_view statements;
};

constexpr std::string_view sagemaker_statements =
    R"({"Sid":"AllowAllNonAdminSageMakerActions","Effect":"Allow","Action":["sagemaker:*","sagemaker-geospatial:*"],)"
    R"("NotResource":["arn:aws:sagemaker:*:*:domain/*","arn:aws:sagemaker:*:*:user-profile/*",)"
    R"("arn:aws:sagemaker:*:*:app/*","arn:aws:sagemaker:*:*:space/*","arn:aws:sagemaker:*:*:flow-definition/*"]},)"
    R"({"Effect":"Allow","Action":["cloudwatch:GetMetricData","cloudwatch:PutMetricData","ecr:BatchGetImage",)"
    R"("ecr:GetAuthorizationToken","ecr:GetDownloadUrlForLayer","iam:GetRole","iam:ListRoles",)"
    R"("logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents",)"
    R"("servicecatalog:*","sns:ListTopics","sqs:ListQueues"],"Resource":"*"},)"
    R"({"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload"],)"
    R"("Resource":["arn:aws:s3:::*SageMaker*","arn:aws:s3:::*Sagemaker*","arn:aws:s3:::*sagemaker*"]},)"
    R"({"Effect":"Allow","Action":["s3:CreateBucket","s3:GetBucketLocation","s3:ListBucket","s3:ListAllMyBuckets"],)"
    R"("Resource":"*"},)"
    R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*AmazonSageMaker*","Condition":)"
    R"({"StringEquals":{"iam:PassedToService":["glue.amazonaws.com","robomaker.amazonaws.com",)"
    R"("states.amazonaws.com"]}}},)"
    R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*","Condition":)"
    R"({"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}})";

constexpr std::array rows{
    row{"/", "AdministratorAccess", "Provides full access to AWS services and resources.",
        R"({"Effect":"Allow","Action":"*","Resource":"*"})"},
    row{"/", "PowerUserAccess",
        "Provides full access to AWS services and resources, but does not allow management of Users and "
        "groups.",
        R"({"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},)"
        R"({"Effect":"Allow","Action":["account:GetAccountInformation","iam:CreateServiceLinkedRole",)"
        R"("iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"],"Resource":"*"})"},
    row{"/", "ReadOnlyAccess", "Provides read-only access to AWS services and resources.",
        R"({"Effect":"Allow","Action":["events:Describe*","events:List*","events:Test*","iam:Get*","iam:List*",)"
        R"("iam:Simulate*","s3:Get*","s3:List*","sagemaker:Describe*","sagemaker:Get*","sagemaker:List*",)"
        R"("sagemaker:Search","servicequotas:Get*","servicequotas:List*","sqs:Get*","sqs:List*",)"
        R"("sqs:Receive*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"})"},
    row{"/", "IAMFullAccess", "Provides full access to IAM via the AWS Management Console.",
        R"({"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount"],"Resource":"*"})"},
    row{"/", "IAMReadOnlyAccess", "Provides read only access to IAM via the AWS Management Console.",
        R"({"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:Get*","iam:List*",)"
        R"("iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"})"},
    row{"/", "AmazonSageMakerFullAccess", "Provides full access to Amazon SageMaker.", sagemaker_statements},
    row{"/", "AmazonSageMakerReadOnly", "Provides read only access to Amazon SageMaker.",
        R"({"Effect":"Allow","Action":["sagemaker:BatchGetMetrics","sagemaker:Describe*","sagemaker:Get*",)"
        R"("sagemaker:List*","sagemaker:Search"],"Resource":"*"})"},
    row{"/", "AmazonSQSFullAccess", "Provides full access to Amazon SQS via the AWS Management Console.",
        R"({"Effect":"Allow","Action":"sqs:*","Resource":"*"})"},
    row{"/", "AmazonSQSReadOnlyAccess",
        "Provides read only access to Amazon SQS via the AWS Management Console.",
        R"({"Effect":"Allow","Action":["sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues",)"
        R"("sqs:ListMessageMoveTasks","sqs:ListQueueTags","sqs:ListQueues"],"Resource":"*"})"},
    row{"/", "AmazonEventBridgeFullAccess", "Provides full access to Amazon EventBridge.",
        R"({"Effect":"Allow","Action":["events:*","schemas:*","scheduler:*","pipes:*"],"Resource":"*"},)"
        R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*","Condition":)"
        R"({"StringLike":{"iam:PassedToService":"events.amazonaws.com"}}})"},
    row{"/", "AmazonEventBridgeReadOnlyAccess", "Provides read only access to Amazon EventBridge.",
        R"({"Effect":"Allow","Action":["events:Describe*","events:List*","events:TestEventPattern"],"Resource":"*"})"},
    row{"/", "ServiceQuotasFullAccess", "Provides full access to Service Quotas.",
        R"({"Effect":"Allow","Action":"servicequotas:*","Resource":"*"})"},
    row{"/", "ServiceQuotasReadOnlyAccess", "Provides read only access to Service Quotas.",
        R"({"Effect":"Allow","Action":["servicequotas:Get*","servicequotas:List*"],"Resource":"*"})"},
    row{"/", "AmazonS3FullAccess", "Provides full access to all buckets via the AWS Management Console.",
        R"({"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"})"},
    row{"/", "AmazonS3ReadOnlyAccess",
        "Provides read only access to all buckets via the AWS Management Console.",
        R"({"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*",)"
        R"("s3-object-lambda:List*"],"Resource":"*"})"},
    row{"/", "CloudWatchLogsFullAccess", "Provides full access to CloudWatch Logs",
        R"({"Effect":"Allow","Action":"logs:*","Resource":"*"})"},
    row{"/", "AmazonEC2ContainerRegistryReadOnly",
        "Provides read-only access to Amazon EC2 Container Registry repositories.",
        R"({"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability",)"
        R"("ecr:GetDownloadUrlForLayer","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages",)"
        R"("ecr:BatchGetImage"],"Resource":"*"})"},
};

std::map<std::string, iam_policy, std::less<>> make() {
    std::map<std::string, iam_policy, std::less<>> out;
    // The day on which IAM got managed policies.
    const wall_time created = parse_iso8601("2015-02-06T18:40:00Z").value();
    for (const row& r : rows) {
        iam_policy p;
        p.name = r.name;
        p.path = r.path;
        p.arn = fmt::format("arn:aws:iam::aws:policy{}{}", r.path, r.name);
        p.id = derived_entity_id("ANPA", p.arn);
        p.description = r.description;
        p.created = p.updated = created;
        p.of_aws = true;
        const std::string text = fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", r.statements);
        p.versions.push_back(
            {1, {text, policy_document::parse(text, policy_kind::identity).value()}, created});
        out.emplace(p.arn, std::move(p));
    }
    return out;
}

}  // namespace

const std::map<std::string, iam_policy, std::less<>>& aws_managed_policies() {
    static const auto all = make();
    return all;
}

}  // namespace trainyard::aws::local
