// What is known of one request when policies are asked: condition keys and their values. Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/service.hpp"

namespace trainyard::aws::local {

// One value, or those of a multivalued key.
struct context_value {
    context_value(const char* one) : all{one} {}
    context_value(std::string one) : all{std::move(one)} {}
    context_value(std::vector<std::string> many) : all(std::move(many)) {}
    std::vector<std::string> all;
};

// Names in lower case. A key that is not here, or has no values, is absent.
using policy_context = std::map<std::string, context_value, std::less<>>;

// What every request says of its caller: aws:PrincipalAccount, aws:PrincipalArn (the role of a session),
// aws:PrincipalType, aws:userid, aws:username of users, and aws:SecureTransport, which is always true: the
// plain port stands for the TLS of AWS.
policy_context context_of(const principal& who);

// aws:CurrentTime and aws:EpochTime.
void add_time(policy_context& context, wall_time now);

// Who asks, as resource and trust policies name their principals.
struct requester {
    enum class kind : unsigned char { aws, service, federated };
    kind what = kind::aws;
    std::string name;  // ARN of the user or session; "events.amazonaws.com"; ARN of the identity provider
    std::string account{};   // kind::aws only, as is what follows
    std::string role_arn{};  // of a session; may be empty or without the role's path

    requester(kind k, std::string n) : what(k), name(std::move(n)) {}
    requester(const principal& who)  // NOLINT: a principal is a requester
        : name(who.arn), account(who.account.str()), role_arn(who.role_arn) {}
};

}  // namespace trainyard::aws::local
