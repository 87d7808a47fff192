#include "aws/local/events/value_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

constexpr double largest_comparable = 5e9;

error bad(std::string reason) {
    return {errc::invalid_argument, std::move(reason)};
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same_letters(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

equal_number number_of(json::value v) {
    return {std::string{v.number_text()}, comparable(*v.number())};
}

result<double> bound(json::value v, std::string_view op) {
    if (v.kind() != json::kind::number) return bad(fmt::format("Value of {} must be numeric", op));
    const auto n = comparable(*v.number());
    if (!n) return bad("Value must be between -5.0E9 and 5.0E9, inclusive");
    return *n;
}

result<value_test> parse_numeric(json::value list) {
    if (!list.is_array()) return bad("Value of numeric must be an array.");
    const auto op = list.at(0).string();
    if (!op) return bad("Invalid member in numeric match: an operator comes first");
    const bool equals = *op == "=", above = op->starts_with('>'), below = op->starts_with('<');
    if (!equals && *op != ">" && *op != ">=" && *op != "<" && *op != "<=")
        return bad(fmt::format("Unrecognized numeric operator: {}", printable(*op)));
    const auto first = bound(list.at(1), equals ? "equals" : *op);
    if (!first) return first.error();
    numeric_range out;
    if (!below) out.low = *first;
    if (!above) out.high = *first;
    out.low_open = *op == ">";
    out.high_open = *op == "<";
    if (list.size() == 2) return value_test{out};
    if (!above) return bad("Too many elements in numeric expression");
    const auto second_op = list.at(2).string();
    if (!second_op) return bad("Bad value in numeric range: an operator comes third");
    if (*second_op != "<" && *second_op != "<=")
        return bad(fmt::format("Bad numeric range operator: {}", printable(*second_op)));
    const auto second = bound(list.at(3), *second_op);
    if (!second) return second.error();
    if (list.size() > 4) return bad("Too many terms in numeric range expression");
    if (*second <= *first) return bad("Bottom must be less than top");
    out.high = *second;
    out.high_open = *second_op == "<";
    return value_test{out};
}

result<value_test> parse_affix(json::value v, bool suffix) {
    const std::string_view name = suffix ? "suffix" : "prefix";
    if (const auto text = v.string()) return value_test{affix{std::string{*text}, suffix, false}};
    if (!v.is_object()) return bad(fmt::format("{} match pattern must be a string", name));
    const auto inner = v.members().begin();
    if (v.size() == 0) return bad(fmt::format("{} expression name not found", suffix ? "Suffix" : "Prefix"));
    if (inner.key() != "equals-ignore-case")
        return bad(fmt::format("Unsupported {} pattern: {}", name, printable(inner.key())));
    const auto text = (*inner).string();
    if (!text) return bad("equals-ignore-case match pattern must be a string");
    if (v.size() > 1) return bad("Only one key allowed in match expression");
    return value_test{affix{std::string{*text}, suffix, true}};
}

result<value_test> parse_wildcard(json::value v) {
    const auto text = v.string();
    if (!text) return bad("wildcard match pattern must be a string");
    auto read = wildcard::parse(*text);
    if (!read) return read.error();
    return value_test{std::move(*read)};
}

// {"anything-but": {"prefix": ...}}: one of the operators, over a text or a list of them.
result<value_test> parse_refused(std::string_view op, json::value v) {
    const bool is_affix = op == "prefix" || op == "suffix";
    if (op == "wildcard") return parse_wildcard(v);
    const auto text = v.string();
    if (!text)
        return is_affix ? bad("prefix/suffix match pattern must be a string")
                        : bad("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not "
                              "supported.");
    if (!is_affix) return value_test{equal_text{std::string{*text}, true}};
    if (text->empty()) return bad("Null prefix/suffix not allowed");
    return value_test{affix{std::string{*text}, op == "suffix", false}};
}

result<value_test> parse_operator_anything_but(json::value v) {
    const auto inner = v.members().begin();
    if (v.size() == 0) return bad("Anything-But expression name not found");
    const std::string_view op = inner.key();
    if (op != "prefix" && op != "suffix" && op != "equals-ignore-case" && op != "wildcard")
        return bad(fmt::format("Unsupported anything-but pattern: {}", printable(op)));
    if (v.size() > 1) return bad("Only one key allowed in match expression");
    anything_but out;
    const json::value values = *inner;
    if (values.is_array() && values.size() == 0) return bad("Empty arrays are not allowed");
    const auto add = [&](json::value each) -> result<void> {
        auto test = parse_refused(op, each);
        if (!test) return test.error();
        out.refused.push_back(std::move(*test));
        return {};
    };
    if (!values.is_array()) {
        if (const auto added = add(values); !added) return added.error();
    }
    for (const json::value each : values.elements())
        if (const auto added = add(each); !added) return added.error();
    return value_test{std::move(out)};
}

result<value_test> parse_anything_but(json::value v) {
    if (v.is_object()) return parse_operator_anything_but(v);
    anything_but out;
    bool texts = false, numbers = false, others = false;
    const auto add = [&](json::value each) {
        if (const auto text = each.string()) {
            texts = true;
            out.refused.emplace_back(equal_text{std::string{*text}, false});
        } else if (each.kind() == json::kind::number) {
            numbers = true;
            out.refused.emplace_back(number_of(each));
        } else {
            others = true;
        }
    };
    if (v.is_array()) {
        for (const json::value each : v.elements()) add(each);
        if (others) return bad("Inside anything but list, start|null|boolean is not supported.");
        if (texts == numbers)
            return bad(
                "Inside anything but list, either all values are number or string, mixed type is not "
                "supported");
    } else {
        add(v);
        if (others) return bad("Value of anything-but must be an array or single string/number value.");
    }
    return value_test{std::move(out)};
}

result<value_test> parse_expression(json::value object) {
    if (object.size() == 0) return bad("Match expression name not found");
    const auto only = object.members().begin();
    const std::string_view op = only.key();
    const json::value v = *only;
    constexpr std::string_view known[] = {"anything-but", "cidr",   "equals-ignore-case",
                                          "exactly",      "exists", "numeric",
                                          "prefix",       "suffix", "wildcard"};
    if (std::find(std::begin(known), std::end(known), op) == std::end(known))
        return bad(fmt::format("Unrecognized match type {}", printable(op)));
    if (object.size() > 1) return bad("Only one key allowed in match expression");
    if (op == "prefix" || op == "suffix") return parse_affix(v, op == "suffix");
    if (op == "numeric") return parse_numeric(v);
    if (op == "anything-but") return parse_anything_but(v);
    if (op == "wildcard") return parse_wildcard(v);
    if (op == "exists") {
        const auto wanted = v.boolean();
        if (!wanted) return bad("exists match pattern must be either true or false.");
        return value_test{exists{*wanted}};
    }
    const auto text = v.string();
    if (!text) return bad(fmt::format("{} match pattern must be a string", op == "exactly" ? "exact" : op));
    if (op != "cidr") return value_test{equal_text{std::string{*text}, op == "equals-ignore-case"}};
    auto block = cidr::parse(*text);
    if (!block) return block.error();
    return value_test{*block};
}

bool test(const equal_text& t, json::value v) {
    const auto text = v.string();
    return text && (t.ignore_case ? same_letters(*text, t.text) : *text == t.text);
}
bool test(const equal_literal& t, json::value v) {
    return v.kind() == t.what && (t.what == json::kind::null || v.boolean() == t.value);
}
bool test(const equal_number& t, json::value v) {
    const auto number = v.number();
    if (!number) return false;
    if (v.number_text() == t.text) return true;
    return t.value && comparable(*number) == t.value;
}
bool test(const affix& t, json::value v) {
    const auto text = v.string();
    if (!text || text->size() < t.text.size()) return false;
    const std::string_view part =
        t.suffix ? text->substr(text->size() - t.text.size()) : text->substr(0, t.text.size());
    return t.ignore_case ? same_letters(part, t.text) : part == t.text;
}
bool test(const wildcard& t, json::value v) {
    const auto text = v.string();
    return text && t.matches(*text);
}
bool test(const numeric_range& t, json::value v) {
    const auto number = v.number();
    if (!number) return false;
    const auto n = comparable(*number);
    if (!n) return false;
    return (!t.low || (t.low_open ? *n > *t.low : *n >= *t.low)) &&
           (!t.high || (t.high_open ? *n < *t.high : *n <= *t.high));
}
bool test(const cidr& t, json::value v) {
    const auto text = v.string();
    return text && t.contains(*text);
}
bool test(const exists& t, json::value) {
    return t.wanted;
}
bool test(const anything_but& t, json::value v) {
    return std::none_of(t.refused.begin(), t.refused.end(),
                        [&](const value_test& each) { return holds(each, v); });
}

}  // namespace

std::optional<double> comparable(double number) {
    if (!(std::abs(number) <= largest_comparable)) return std::nullopt;
    constexpr double decimals = 1e6;
    return std::trunc(number * decimals) / decimals;
}

result<value_test> parse_value_test(json::value element) {
    switch (element.kind()) {
        case json::kind::string: return value_test{equal_text{std::string{*element.string()}, false}};
        case json::kind::number: return value_test{number_of(element)};
        case json::kind::null: return value_test{equal_literal{json::kind::null, false}};
        case json::kind::boolean: return value_test{equal_literal{json::kind::boolean, *element.boolean()}};
        case json::kind::object: return parse_expression(element);
        case json::kind::array: break;
    }
    return bad("Match value must be String, number, true, false, or null");
}

bool holds(const value_test& t, json::value value) {
    return std::visit([&](const auto& each) { return test(each, value); }, t);
}

}  // namespace trainyard::aws::local::events
