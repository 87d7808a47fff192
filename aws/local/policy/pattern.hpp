// Wildcards of IAM policies. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/local/policy/context.hpp"

namespace trainyard::aws::local {

// `*` and `?` as in IAM. Takes text times pattern steps at most.
bool matches_pattern(std::string_view pattern, std::string_view text);

// A pattern whose policy variables have been replaced: what they gave stands for itself, also where it holds
// a wildcard.
struct expanded_pattern {
    std::string text;
    std::string wild;  // as long as `text`: '*', '?' or 0 for a character that stands for itself
};

// "${aws:username}", "${aws:username, 'anonymous'}", "${*}", "${?}" and "${$}". Nothing when a variable
// without default has not exactly one value: then the element that uses it matches nothing.
std::optional<expanded_pattern> expand(std::string_view pattern, const policy_context& context);

// The pattern as it stands, for policies without variables.
expanded_pattern expand_nothing(std::string_view pattern);

bool matches(const expanded_pattern& pattern, std::string_view text);
// Part by part: a wildcard does not cross the first five colons. Both must be ARNs.
bool matches_arn(const expanded_pattern& pattern, std::string_view arn);

std::string lower(std::string_view text);  // ASCII

}  // namespace trainyard::aws::local
