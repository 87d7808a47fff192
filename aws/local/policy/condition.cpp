#include "aws/local/policy/condition.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <compare>

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

struct operator_row {
    std::string_view name;
    condition::family what;
    condition::order compare = condition::order::equal;
    bool negated = false;
};
using f = condition::family;
using o = condition::order;
constexpr std::array operators{
    operator_row{"StringEquals", f::string},
    operator_row{"StringNotEquals", f::string, o::equal, true},
    operator_row{"StringEqualsIgnoreCase", f::string_ignoring_case},
    operator_row{"StringNotEqualsIgnoreCase", f::string_ignoring_case, o::equal, true},
    operator_row{"StringLike", f::string_like},
    operator_row{"StringNotLike", f::string_like, o::equal, true},
    operator_row{"ArnEquals", f::arn},  // the same as ArnLike
    operator_row{"ArnLike", f::arn},
    operator_row{"ArnNotEquals", f::arn, o::equal, true},
    operator_row{"ArnNotLike", f::arn, o::equal, true},
    operator_row{"NumericEquals", f::numeric},
    operator_row{"NumericNotEquals", f::numeric, o::equal, true},
    operator_row{"NumericLessThan", f::numeric, o::less},
    operator_row{"NumericLessThanEquals", f::numeric, o::less_equal},
    operator_row{"NumericGreaterThan", f::numeric, o::greater},
    operator_row{"NumericGreaterThanEquals", f::numeric, o::greater_equal},
    operator_row{"DateEquals", f::date},
    operator_row{"DateNotEquals", f::date, o::equal, true},
    operator_row{"DateLessThan", f::date, o::less},
    operator_row{"DateLessThanEquals", f::date, o::less_equal},
    operator_row{"DateGreaterThan", f::date, o::greater},
    operator_row{"DateGreaterThanEquals", f::date, o::greater_equal},
    operator_row{"Bool", f::boolean},
    operator_row{"BinaryEquals", f::binary},
    operator_row{"IpAddress", f::ip_address},
    operator_row{"NotIpAddress", f::ip_address, o::equal, true},
    operator_row{"Null", f::null},
};

std::optional<double> number(std::string_view text) {
    double n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(n)) return std::nullopt;
    return n;
}

// ISO 8601, its date alone, or seconds since 1970.
std::optional<double> date(std::string_view text) {
    if (const auto seconds = number(text)) return seconds;
    const auto whole =
        parse_iso8601(text.size() == 10 ? std::string{text} + "T00:00:00Z" : std::string{text});
    if (!whole) return std::nullopt;
    return to_unix_seconds(*whole);
}

bool compares(condition::order how, std::optional<double> actual, std::optional<double> wanted) {
    if (!actual || !wanted) return false;
    switch (how) {
        case o::equal: return std::is_eq(*actual <=> *wanted);
        case o::less: return *actual < *wanted;
        case o::less_equal: return *actual <= *wanted;
        case o::greater: return *actual > *wanted;
        case o::greater_equal: return *actual >= *wanted;
    }
    return false;
}

struct ip_bytes {
    std::array<unsigned char, 16> bytes{};
    int bits = 0;  // 32 or 128; 0: no address
};
ip_bytes parse_ip(const std::string& text) {
    ip_bytes out;
    if (inet_pton(AF_INET, text.c_str(), out.bytes.data()) == 1)
        out.bits = 32;
    else if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1)
        out.bits = 128;
    return out;
}

// `range`: an address, or one with /prefix.
bool in_range(const std::string& range, const std::string& address) {
    const auto slash = range.find('/');
    const ip_bytes from = parse_ip(range.substr(0, slash)), ip = parse_ip(address);
    if (from.bits == 0 || from.bits != ip.bits) return false;
    int prefix = from.bits;
    if (slash != std::string::npos) {
        const char* last = range.data() + range.size();
        const auto [end, code] = std::from_chars(range.data() + slash + 1, last, prefix);
        if (code != std::errc{} || end != last || prefix < 0 || prefix > from.bits) return false;
    }
    for (int bit = 0; bit < prefix; ++bit) {
        const auto at = static_cast<std::size_t>(bit / 8);
        const unsigned mask = 0x80U >> static_cast<unsigned>(bit % 8);
        if (((from.bytes[at] ^ ip.bytes[at]) & mask) != 0) return false;
    }
    return true;
}

bool matches_value(const condition& c, const std::string& wanted, const std::string& actual,
                   const policy_context& context, bool variables) {
    switch (c.what) {
        case f::numeric: return compares(c.compare, number(actual), number(wanted));
        case f::date: return compares(c.compare, date(actual), date(wanted));
        case f::boolean: return lower(actual) == lower(wanted);
        case f::binary: return actual == wanted;
        case f::ip_address: return in_range(wanted, actual);
        case f::string:
        case f::string_ignoring_case:
        case f::string_like:
        case f::arn:
        case f::null: break;
    }
    const auto pattern = variables ? expand(wanted, context) : std::optional{expand_nothing(wanted)};
    if (!pattern) return false;
    if (c.what == f::string) return pattern->text == actual;
    if (c.what == f::string_ignoring_case) return lower(pattern->text) == lower(actual);
    return c.what == f::arn ? matches_arn(*pattern, actual) : matches(*pattern, actual);
}

}  // namespace

std::optional<condition> parse_operator(std::string_view name) {
    condition out;
    constexpr std::string_view any = "ForAnyValue:", all = "ForAllValues:", suffix = "IfExists";
    if (name.starts_with(any)) {
        out.over = condition::quantifier::any;
        name.remove_prefix(any.size());
    } else if (name.starts_with(all)) {
        out.over = condition::quantifier::all;
        name.remove_prefix(all.size());
    }
    if (name.ends_with(suffix)) {
        out.if_exists = true;
        name.remove_suffix(suffix.size());
    }
    const auto row = std::find_if(operators.begin(), operators.end(),
                                  [name](const operator_row& r) { return r.name == name; });
    // Null asks whether a key exists: IfExists would make it always true, so IAM does not have it.
    if (row == operators.end() || (row->what == f::null && out.if_exists)) return std::nullopt;
    out.what = row->what;
    out.compare = row->compare;
    out.negated = row->negated;
    return out;
}

bool holds(const condition& c, const policy_context& context, bool variables) {
    const auto found = context.find(c.key);
    const bool absent = found == context.end() || found->second.all.empty();
    if (c.what == f::null)
        return std::any_of(c.values.begin(), c.values.end(), [absent](const std::string& wanted) {
            return lower(wanted) == (absent ? "true" : "false");
        });
    if (absent) {
        if (c.if_exists || c.over == condition::quantifier::all) return true;
        // An absent key equals nothing; ForAnyValue needs a value that does.
        return c.negated && c.over == condition::quantifier::none;
    }
    const auto satisfies = [&](const std::string& actual) {
        const bool equal = std::any_of(c.values.begin(), c.values.end(), [&](const std::string& wanted) {
            return matches_value(c, wanted, actual, context, variables);
        });
        return equal != c.negated;
    };
    const auto& actual = found->second.all;
    // A multivalued key without a quantifier is for IAM a mistake of the policy: read so that a negated
    // operator still excludes.
    const bool every =
        c.over == condition::quantifier::all || (c.over == condition::quantifier::none && c.negated);
    return every ? std::all_of(actual.begin(), actual.end(), satisfies)
                 : std::any_of(actual.begin(), actual.end(), satisfies);
}

}  // namespace trainyard::aws::local
