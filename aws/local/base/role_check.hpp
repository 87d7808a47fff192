// Whether an AWS service may work as a role that its caller hands over. IAM answers; services that take a
// RoleArn ask.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"

namespace trainyard::aws::local {

struct role_use {
    const principal& caller;
    std::string_view role_arn;
    std::string_view service;       // "sagemaker.amazonaws.com"
    std::string_view resource_arn;  // what will work as the role; iam:AssociatedResourceArn and aws:SourceArn
    wall_time now;
};

enum class role_outcome : unsigned char {
    ok,
    not_assumable,     // the role does not exist (yet), or its trust policy does not name the service
    pass_role_denied,  // the caller lacks iam:PassRole on it
};

struct role_answer {
    role_outcome outcome = role_outcome::ok;
    // AWS's text; SageMaker tells not_assumable as ValidationException, pass_role_denied as
    // AccessDeniedException.
    std::string message{};
};

class role_check {
public:
    virtual ~role_check() = default;
    virtual role_answer check(const role_use& use) const = 0;
};

}  // namespace trainyard::aws::local
