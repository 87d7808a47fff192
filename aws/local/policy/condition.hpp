// Condition operators of IAM policies. Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
// reference_policies_condition-single-vs-multi-valued-context-keys.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/policy/context.hpp"

namespace trainyard::aws::local {

struct condition {
    enum class family : unsigned char {
        string,
        string_ignoring_case,
        string_like,
        arn,
        numeric,
        date,
        boolean,
        binary,
        ip_address,
        null
    };
    enum class order : unsigned char { equal, less, less_equal, greater, greater_equal };
    enum class quantifier : unsigned char { none, any, all };  // ForAnyValue:, ForAllValues:

    family what = family::string;
    order compare = order::equal;  // numeric and date
    bool negated = false;          // StringNotEquals, NotIpAddress
    bool if_exists = false;
    quantifier over = quantifier::none;
    std::string key;  // lower case
    std::vector<std::string> values;
};

// "ForAnyValue:StringLikeIfExists" without key and values; nothing for an operator that IAM does not have.
std::optional<condition> parse_operator(std::string_view name);

// `variables`: whether "${...}" is replaced, which only policies of version 2012-10-17 ask for.
bool holds(const condition& c, const policy_context& context, bool variables);

}  // namespace trainyard::aws::local
