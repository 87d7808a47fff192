// Policies asked: may this requester do this? Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/local/policy/document.hpp"

namespace trainyard::aws::local {

// What is to be done.
struct access {
    std::string action;    // "sqs:SendMessage"; compared without regard to case
    std::string resource;  // ARN, or "*" for operations without resource
    policy_context context;
};

// How closely an allowing statement names the requester: by its account, which leaves it to that account's
// identity policies; by its role or as one of everybody; by its very ARN. Identity policies and services
// always allow `self`.
enum class grant : unsigned char { none, account, role, self };

struct policy_verdict {
    bool denied = false;
    grant allowed = grant::none;
};
policy_verdict evaluate(const policy_document& policy, const requester& who, const access& what);

// Every policy that has a say.
struct policy_stack {
    std::vector<const policy_document*> identity;
    const policy_document* boundary = nullptr;
    bool in_session_policies = false;  // allowed is what `session` allows too
    std::vector<const policy_document*> session;
    const policy_document* resource = nullptr;
    bool same_account = true;  // of requester and resource
};

enum class policy_source : unsigned char { identity, boundary, session, resource };
struct access_decision {
    enum class kind : unsigned char { allowed, denied_explicitly, denied_implicitly };
    kind what = kind::denied_implicitly;
    policy_source by = policy_source::identity;  // of a denial

    bool allowed() const { return what == kind::allowed; }
};
access_decision decide(const policy_stack& policies, const requester& who, const access& what);

// "because no identity-based policy allows the sqs:SendMessage action", "with an explicit deny in a session
// policy".
std::string reason_text(const access_decision& denied, std::string_view action);

// Allows everything: who has it is an administrator.
const policy_document& administrator_policy();

}  // namespace trainyard::aws::local
