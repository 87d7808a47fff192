#include "aws/local/sagemaker/search/search_expression.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::sagemaker::search {
namespace {

constexpr std::string_view comparisons[] = {
    "Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo", "Contains",
    "Exists", "NotExists", "In",
};

std::optional<double> read_number(std::string_view text) {
    double n = 0;
    const char* const end = text.data() + text.size();
    const auto [at, code] = std::from_chars(text.data(), end, n);
    if (code != std::errc{} || at != end || !std::isfinite(n)) return std::nullopt;
    return n;
}

// AWS's own samples leave the zone out; such times are UTC.
std::optional<double> read_time(std::string_view text) {
    const auto as_is = parse_iso8601(text);
    if (as_is) return to_unix_seconds(*as_is);
    const auto utc = parse_iso8601(std::string{text} + "Z");
    if (utc) return to_unix_seconds(*utc);
    return std::nullopt;
}

bool orders(comparison c) {
    return c >= comparison::greater && c <= comparison::less_or_equal;
}

template <class T>
bool compare(comparison how, const T& left, const T& right) {
    switch (how) {
        case comparison::equals:
        case comparison::not_equals: return left == right;
        case comparison::greater: return left > right;
        case comparison::greater_or_equal: return left >= right;
        case comparison::less: return left < right;
        case comparison::less_or_equal: return left <= right;
        default: return false;
    }
}

class reader {
public:
    reader(const model::service_model& m, const property_finder& find) : m_(m), find_(find) {}

    boost::system::result<expression, service_error> read(json::value in) {
        expression out;
        out.any = in.find("Operator").string() == "Or";
        const json::value filters = in.find("Filters"), nested = in.find("NestedFilters"),
                          inner = in.find("SubExpressions");
        if (filters.size() + nested.size() + inner.size() == 0)
            return validation_exception(
                "A search expression needs Filters, NestedFilters or SubExpressions.");
        for (const json::value v : filters.elements()) {
            auto f = read_filter(v, find_);
            if (!f) return f.error();
            out.filters.push_back(*std::move(f));
        }
        for (const json::value v : nested.elements()) {
            auto n = read_nested(v);
            if (!n) return n.error();
            out.nested.push_back(*std::move(n));
        }
        for (const json::value v : inner.elements()) {
            if (auto e = count()) return *std::move(e);
            auto sub = read(v);
            if (!sub) return sub.error();
            out.inner.push_back(*std::move(sub));
        }
        return out;
    }

private:
    std::optional<service_error> count() {
        if (++conditions_ <= conditions_max) return std::nullopt;
        return validation_exception("A search can have at most " + std::to_string(conditions_max) +
                                    " filters, nested filters and sub-expressions in total.");
    }

    boost::system::result<filter, service_error> read_filter(json::value v, const property_finder& find) {
        if (auto e = count()) return *std::move(e);
        filter out;
        const std::string name{v.find("Name").string().value_or("")};
        auto path = find(name);
        if (!path) return validation_exception("Unknown property name: " + name);
        out.path = *std::move(path);
        const json::value value = v.find("Value"), how = v.find("Operator");
        out.text = value.string().value_or("");
        if (!how.is_null()) {
            const auto found = std::find(std::begin(comparisons), std::end(comparisons), how.string());
            out.how = static_cast<comparison>(found - std::begin(comparisons));
        } else {
            out.how = value.is_null() ? comparison::exists : comparison::equals;
        }
        if (auto e = refuse(out, name, !value.is_null())) return *std::move(e);
        return out;
    }

    std::optional<service_error> refuse(filter& f, const std::string& name, bool valued) {
        const auto wrong = [&](const std::string& why) {
            return validation_exception(why + " (" + name + ")");
        };
        const bool existence = f.how == comparison::exists || f.how == comparison::not_exists;
        if (existence && valued) return wrong("Exists and NotExists take no Value");
        if (existence) return std::nullopt;
        if (!valued) return wrong("The operator needs a Value");
        const value_kind kind = f.path.kind;
        const bool text = kind == value_kind::text || kind == value_kind::text_or_number;
        if (kind == value_kind::composite) return wrong("Only Exists and NotExists apply to this property");
        if (f.how == comparison::contains && ++contains_ > contains_max)
            return validation_exception("'CONTAINS' operator usage limit of 1 exceeded.");
        if ((f.how == comparison::contains || f.how == comparison::in) && !text)
            return wrong("Contains and In apply to text only");
        if (orders(f.how) && (kind == value_kind::text || kind == value_kind::truth))
            return wrong("Text and truth values cannot be ordered");
        if (f.how == comparison::in)
            for (std::size_t at = 0; at <= f.text.size();) {
                const std::size_t end = std::min(f.text.find(',', at), f.text.size());
                f.among.push_back(f.text.substr(at, end - at));
                at = end + 1;
            }
        if (kind == value_kind::number || kind == value_kind::text_or_number) f.number = read_number(f.text);
        if (kind == value_kind::time) f.number = read_time(f.text);
        if (kind == value_kind::number && !f.number) return wrong("The Value is no number");
        if (kind == value_kind::time && !f.number) return wrong("The Value is no time in ISO 8601");
        if (kind == value_kind::text_or_number && orders(f.how) && !f.number)
            return wrong("The Value is no number");
        if (kind == value_kind::truth && f.text != "true" && f.text != "false")
            return wrong("The Value is neither true nor false");
        return std::nullopt;
    }

    boost::system::result<nested_filter, service_error> read_nested(json::value v) {
        if (auto e = count()) return *std::move(e);
        const std::string name{v.find("NestedPropertyName").string().value_or("")};
        auto list = find_(name);
        if (!list || list->shape == model::no_shape || m_.at(list->shape).kind != model::shape_kind::list)
            return validation_exception("NestedPropertyName is no list of this resource: " + name);
        const std::uint16_t element = m_.members_of(m_.at(list->shape))[0].shape;
        const property_finder inside = [&](std::string_view full) {
            if (full.starts_with(name) && full.size() > name.size() && full[name.size()] == '.')
                full.remove_prefix(name.size() + 1);
            return resolve(m_, element, full);
        };
        nested_filter out{*std::move(list), {}};
        for (const json::value f : v.find("Filters").elements()) {
            auto read = read_filter(f, inside);
            if (!read) return read.error();
            out.filters.push_back(*std::move(read));
        }
        return out;
    }

    const model::service_model& m_;
    const property_finder& find_;
    std::size_t conditions_ = 0, contains_ = 0;
};

bool holds_for(const filter& f, json::value v) {
    if (f.path.kind == value_kind::composite) return true;
    if (const auto truth = v.boolean()) return compare(f.how, *truth, f.text == "true");
    if (f.path.kind == value_kind::number || f.path.kind == value_kind::time) {
        const auto n = v.number();
        return n && f.number && compare(f.how, *n, *f.number);
    }
    const auto text = v.string();
    if (!text) return false;
    if (f.how == comparison::contains) return text->find(f.text) != std::string_view::npos;
    if (f.how == comparison::in) return std::find(f.among.begin(), f.among.end(), *text) != f.among.end();
    if (f.path.kind == value_kind::text_or_number && f.number)
        if (auto n = read_number(*text)) {
            // AWS compares as integers when the filter names one.
            if (f.text.find_first_of(".eE") == std::string::npos) n = std::trunc(*n);
            return compare(f.how, *n, *f.number);
        }
    return (f.how == comparison::equals || f.how == comparison::not_equals) && *text == f.text;
}

bool holds(const filter& f, json::value record) {
    if (f.how == comparison::exists || f.how == comparison::not_exists)
        return any_value(record, f.path, [](json::value) { return true; }) == (f.how == comparison::exists);
    const bool found = any_value(record, f.path, [&](json::value v) { return holds_for(f, v); });
    return f.how == comparison::not_equals ? !found : found;
}

bool holds(const nested_filter& n, json::value record) {
    return any_value(record, n.list, [&](json::value list) {
        for (const json::value element : list.elements())
            if (std::all_of(n.filters.begin(), n.filters.end(),
                            [&](const filter& f) { return holds(f, element); }))
                return true;
        return false;
    });
}

}  // namespace

boost::system::result<expression, service_error> read_expression(json::value input,
                                                                 const model::service_model& m,
                                                                 const property_finder& find) {
    if (input.is_null()) return expression{};
    return reader{m, find}.read(input);
}

bool matches(const expression& e, json::value record) {
    const bool nothing = e.filters.empty() && e.nested.empty() && e.inner.empty();
    if (nothing) return true;
    const auto decides = [&](bool held) { return held == e.any; };
    for (const filter& f : e.filters)
        if (decides(holds(f, record))) return e.any;
    for (const nested_filter& n : e.nested)
        if (decides(holds(n, record))) return e.any;
    for (const expression& sub : e.inner)
        if (decides(matches(sub, record))) return e.any;
    return !e.any;
}

}  // namespace trainyard::aws::local::sagemaker::search
