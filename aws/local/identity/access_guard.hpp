// Which permissions an operation needs, and whether its caller has them. Pure.
// Actions, resources and condition keys: the Service Authorization Reference.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/role_check.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/identity/iam_store.hpp"
#include "aws/local/policy/authorizer.hpp"

namespace trainyard::aws::local {

// By the signing name of the service. Empty for what needs no permission (GetCallerIdentity), and for what
// its service asks about itself, because a resource's policy has a say: all of SQS that names a queue, and
// AssumeRole.
std::vector<access> required_access(std::string_view service, const operation_call& call,
                                    const iam_store& iam);

// SageMaker's alone: action, ARN and condition keys from the names of its members.
std::vector<access> required_sagemaker_access(const operation_call& call);

// The roles that an operation of SageMaker hands over, asked of `roles` one by one: the error of the first
// that the caller may not pass or SageMaker may not become; nothing when all are right.
std::optional<service_error> refused_role(const role_check& roles, const operation_call& call);

// aws:RequestTag/KEY and aws:TagKeys, from a list of Key and Value or from a map.
void add_request_tags(policy_context& context, json::value tags);

// AWS's text of the refusal; nothing when the caller may.
std::optional<std::string> forbidden(const authorizer& permissions, std::string_view service,
                                     const operation_call& call, const iam_store& iam);

}  // namespace trainyard::aws::local
