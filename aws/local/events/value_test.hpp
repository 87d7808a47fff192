// What a leaf of an event pattern asks of one value of an event. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/local/events/cidr.hpp"
#include "aws/local/events/wildcard.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local::events {

struct equal_text {
    std::string text;
    bool ignore_case = false;
};
struct equal_literal {
    json::kind what = json::kind::null;  // null or boolean
    bool value = false;
};
struct equal_number {
    std::string text;  // for numbers that comparable() refuses, such as account ids
    std::optional<double> value;
};
struct affix {
    std::string text;
    bool suffix = false, ignore_case = false;
};
struct numeric_range {
    std::optional<double> low, high;
    bool low_open = false, high_open = false;
};
struct exists {
    bool wanted = true;
};
struct anything_but;

using value_test = std::variant<equal_text, equal_literal, equal_number, affix, wildcard, numeric_range, cidr,
                                exists, anything_but>;

struct anything_but {
    std::vector<value_test> refused;  // of equal_text, equal_number, affix and wildcard
};

// One element of a leaf's array: a scalar or a match expression.
result<value_test> parse_value_test(json::value element);

// `value` is a scalar. exists: whether it may be there.
bool holds(const value_test& test, json::value value);

// EventBridge compares numbers from -5e9 to 5e9 by their first 6 decimals; others, as text.
std::optional<double> comparable(double number);

}  // namespace trainyard::aws::local::events
