// One policy, read: statements with their selections and conditions. Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/policy/condition.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local {

enum class policy_kind : unsigned char {
    identity,  // no principal; version 2012-10-17 alone
    session,   // the same, handed over with AssumeRole
    resource,  // needs a principal; without a resource it means the one that holds it
    trust,     // of a role: needs a principal, has no resource, and actions of STS alone
};

// A list, or its opposite (NotAction...).
struct selection {
    bool inverted = false;
    std::vector<std::string> patterns;
};

struct principal_selection {
    bool inverted = false;
    bool everybody = false;  // "*"
    std::vector<std::string> aws, services, federated;
    std::size_t named = 0;  // of any kind
};

struct policy_statement {
    std::string sid;
    bool deny = false;
    principal_selection principals;
    selection actions;  // lower case
    selection resources;
    std::vector<condition> conditions;
};

class policy_document {
public:
    // errc::invalid_argument with AWS's text of MalformedPolicyDocument.
    static result<policy_document> parse(std::string_view text, policy_kind kind);

    const std::vector<policy_statement>& statements() const { return statements_; }
    bool has_variables() const { return variables_; }
    // Condition keys that the policy looks at, in lower case.
    std::set<std::string> condition_keys() const;

    template <class Fields>
    friend void fields(Fields& f, policy_document& d) {
        f("statements", d.statements_), f("variables", d.variables_);
    }

private:
    std::vector<policy_statement> statements_;
    bool variables_ = false;
};

}  // namespace trainyard::aws::local
