#include "aws/local/sagemaker/pipelines/condition.hpp"

#include <algorithm>
#include <compare>
#include <optional>

#include "aws/local/sagemaker/pipelines/definition.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

constexpr std::string_view comparisons[] = {"Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan",
                                            "LessThanOrEqualTo"};

error wrong(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

bool is_comparison(std::string_view type) {
    return std::find(std::begin(comparisons), std::end(comparisons), type) != std::end(comparisons);
}

result<void> check_condition(json::value c, const std::string& where) {
    const auto type = c.find("Type").string();
    if (!type) return wrong(where + ": a condition needs a Type");
    if (is_comparison(*type)) {
        if (!c.find("LeftValue").exists() || !c.find("RightValue").exists())
            return wrong(where + ": " + std::string{*type} + " needs LeftValue and RightValue");
        return {};
    }
    if (*type == "In") {
        if (!c.find("QueryValue").exists() || c.find("Values").size() == 0)
            return wrong(where + ": In needs QueryValue and Values");
        return {};
    }
    if (*type == "Not") return check_condition(c.find("Expression"), where);
    if (*type == "Or") return check_conditions(c.find("Conditions"), where);
    return wrong(where + ": unknown condition Type '" + std::string{*type} + "'");
}

// How two values stand to each other; fails when they are of different kinds.
result<std::partial_ordering> compare(json::value left, json::value right) {
    if (const auto l = left.number(), r = right.number(); l && r) return *l <=> *r;
    if (const auto l = left.string(), r = right.string(); l && r) return std::partial_ordering{*l <=> *r};
    if (const auto l = left.boolean(), r = right.boolean(); l && r) return std::partial_ordering{*l <=> *r};
    return wrong("a condition compares " + std::string{to_string(left.kind())} + " with " +
                 std::string{to_string(right.kind())});
}

bool satisfies(std::string_view type, std::partial_ordering order) {
    if (type == "Equals") return order == 0;
    if (type == "GreaterThan") return order > 0;
    if (type == "GreaterThanOrEqualTo") return order >= 0;
    if (type == "LessThan") return order < 0;
    return order <= 0;
}

result<bool> holds_in(json::value c, const scope& in) {
    const auto query = resolve_scalar(c.find("QueryValue"), in);
    if (!query) return query.error();
    for (const json::value v : c.find("Values").elements()) {
        const auto value = resolve_scalar(v, in);
        if (!value) return value.error();
        if (const auto order = compare(query->root(), value->root()); order && *order == 0) return true;
    }
    return false;
}

result<bool> holds_one(json::value c, const scope& in) {
    const std::string_view type = c.find("Type").string().value_or("");
    if (type == "In") return holds_in(c, in);
    if (type == "Not") {
        const auto inner = holds_one(c.find("Expression"), in);
        return inner ? result<bool>{!*inner} : inner;
    }
    if (type == "Or") {
        for (const json::value one : c.find("Conditions").elements()) {
            const auto held = holds_one(one, in);
            if (!held || *held) return held;
        }
        return false;
    }
    const auto left = resolve_scalar(c.find("LeftValue"), in);
    if (!left) return left.error();
    const auto right = resolve_scalar(c.find("RightValue"), in);
    if (!right) return right.error();
    const auto order = compare(left->root(), right->root());
    return order ? result<bool>{satisfies(type, *order)} : result<bool>{order.error()};
}

}  // namespace

result<void> check_conditions(json::value list, const std::string& where) {
    if (!list.is_array() || list.size() == 0) return wrong(where + ": Conditions is no list of conditions");
    if (list.size() > conditions_max)
        return wrong(where + ": at most " + std::to_string(conditions_max) + " Conditions");
    for (const json::value c : list.elements())
        if (auto done = check_condition(c, where); !done) return done;
    return {};
}

result<bool> holds(json::value conditions, const scope& in) {
    for (const json::value c : conditions.elements()) {
        const auto held = holds_one(c, in);
        if (!held || !*held) return held;
    }
    return true;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
