#include "aws/transport/repeat.hpp"

#include <algorithm>
#include <array>

namespace trainyard::aws {

namespace {

constexpr std::array<std::string_view, 6> reading{"Get",    "List",     "Describe",
                                                  "Search", "BatchGet", "TransactGet"};

struct operation_name {
    std::string_view service, operation;
};

constexpr std::array repeatable{
    operation_name{"sqs", "SendMessage"},
    operation_name{"sqs", "SendMessageBatch"},
    operation_name{"sqs", "ReceiveMessage"},
    operation_name{"sqs", "DeleteMessage"},
    operation_name{"sqs", "DeleteMessageBatch"},
    operation_name{"sqs", "ChangeMessageVisibility"},
    operation_name{"sqs", "ChangeMessageVisibilityBatch"},
    operation_name{"sqs", "CreateQueue"},
    operation_name{"sqs", "DeleteQueue"},
    operation_name{"sqs", "SetQueueAttributes"},
    operation_name{"sqs", "TagQueue"},
    operation_name{"sqs", "UntagQueue"},
    operation_name{"sagemaker", "CreateTrainingJob"},
    operation_name{"sagemaker", "CreateProcessingJob"},
    operation_name{"sagemaker", "CreateTransformJob"},
    operation_name{"sagemaker", "StopTrainingJob"},
    operation_name{"sagemaker", "StopProcessingJob"},
    operation_name{"sagemaker", "StopTransformJob"},
    operation_name{"sagemaker", "AddTags"},
    operation_name{"sagemaker", "DeleteTags"},
    operation_name{"sts", "AssumeRole"},
    operation_name{"sts", "AssumeRoleWithWebIdentity"},
    operation_name{"iam", "CreateRole"},
    operation_name{"iam", "DeleteRole"},
    operation_name{"iam", "PutRolePolicy"},
    operation_name{"iam", "DeleteRolePolicy"},
    operation_name{"iam", "AttachRolePolicy"},
    operation_name{"iam", "DetachRolePolicy"},
    operation_name{"iam", "UpdateAssumeRolePolicy"},
    operation_name{"iam", "TagRole"},
    operation_name{"events", "PutRule"},
    operation_name{"events", "PutTargets"},
    operation_name{"events", "DeleteRule"},
    operation_name{"events", "RemoveTargets"},
    operation_name{"events", "TagResource"},
    operation_name{"dynamodb", "CreateTable"},
    operation_name{"dynamodb", "UpdateTimeToLive"},
    operation_name{"dynamodb", "Query"},
    operation_name{"dynamodb", "Scan"},
};

}  // namespace

bool only_reads(std::string_view operation) {
    return std::any_of(reading.begin(), reading.end(), [operation](std::string_view verb) {
        return operation.substr(0, verb.size()) == verb;
    });
}

bool may_send_twice(std::string_view service, std::string_view operation) {
    if (only_reads(operation)) return true;
    return std::any_of(repeatable.begin(), repeatable.end(), [&](const operation_name& o) {
        return o.service == service && o.operation == operation;
    });
}

}  // namespace trainyard::aws
