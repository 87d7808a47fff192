#include "aws/local/model/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/encoding.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::model {
namespace {

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(
        utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// "TrainingJobName" stands in texts as "trainingJobName".
std::string as_told(std::string_view name) {
    std::string out{name};
    if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
    return out;
}

std::string inside(const std::string& path, std::string_view name) {
    return path.empty() ? as_told(name) : path + "." + as_told(name);
}

bool is_scalar(const shape& s) {
    return s.kind != shape_kind::structure && s.kind != shape_kind::list && s.kind != shape_kind::map;
}

// A value as Java prints it: [a, b] and {k=v}.
std::string java_text(json::value v) {
    if (const auto s = v.string()) return std::string{*s};
    if (v.is_array()) {
        std::string out = "[";
        for (const json::value e : v.elements()) out.append(out.size() > 1 ? ", " : "").append(java_text(e));
        return out + "]";
    }
    if (v.is_object()) {
        std::string out = "{";
        const auto all = v.members();
        for (auto at = all.begin(); at != all.end(); ++at)
            out.append(out.size() > 1 ? ", " : "").append(at.key()).append("=").append(java_text(*at));
        return out + "}";
    }
    return json::to_text(v);
}

std::string_view expected(shape_kind k) {
    switch (k) {
        case shape_kind::string: return "String";
        case shape_kind::integer: return "Integer";
        case shape_kind::long_: return "Long";
        case shape_kind::floating: return "Double";
        case shape_kind::boolean: return "Boolean";
        case shape_kind::timestamp: return "Timestamp";
        case shape_kind::blob: return "Blob";
        case shape_kind::structure:
        case shape_kind::map: return "Map";
        case shape_kind::list: return "List";
    }
    return {};
}

std::string_view found(json::kind k) {
    switch (k) {
        case json::kind::null: return "VALUE_NULL";
        case json::kind::boolean: return "BOOLEAN_VALUE";
        case json::kind::number: return "NUMBER_VALUE";
        case json::kind::string: return "STRING_VALUE";
        case json::kind::array: return "START_ARRAY";
        case json::kind::object: return "START_OBJECT";
    }
    return {};
}

bool has_type(shape_kind k, json::value v) {
    switch (k) {
        case shape_kind::string: return v.is_string();
        case shape_kind::blob: return v.is_string() && from_base64(*v.string()).has_value();
        case shape_kind::integer: {
            const auto n = v.integer();
            return n && *n >= std::numeric_limits<std::int32_t>::min() &&
                   *n <= std::numeric_limits<std::int32_t>::max();
        }
        case shape_kind::long_: return v.integer().has_value();
        case shape_kind::floating: return v.number().has_value();
        case shape_kind::boolean: return v.boolean().has_value();
        case shape_kind::timestamp: {
            if (const auto text = v.string()) return parse_iso8601(*text).has_value();
            // Years 1678 to 2262 are what a wall_time holds.
            const auto seconds = v.number();
            return seconds && std::abs(*seconds) <= 9e9;
        }
        case shape_kind::structure:
        case shape_kind::map: return v.is_object();
        case shape_kind::list: return v.is_array();
    }
    return false;
}

}  // namespace

struct validator::pass {
    validator& all;
    std::vector<std::string> violations{};
    std::size_t count = 0;
    std::string wrong_type{};

    void add(std::string text) {
        if (++count <= violations_told_max) violations.push_back(std::move(text));
    }
    void fail(const std::string& path, const shape& s, json::value v, std::string_view constraint) {
        if (count >= violations_told_max) return void(++count);  // a text of the value may be long
        add(s.sensitive ? fmt::format("Value at '{}' failed to satisfy constraint: {}", path, constraint)
                        : fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}",
                                      printable(java_text(v)), path, constraint));
    }
    bool typed(const std::string& path, const shape& s, json::value v) {
        if (has_type(s.kind, v)) return true;
        if (wrong_type.empty())
            wrong_type = fmt::format("{} can not be converted to {} {} (member {})", found(v.kind()),
                                     s.kind == shape_kind::integer ? "an" : "a", expected(s.kind),
                                     path.empty() ? "of the request" : path);
        return false;
    }

    void check(std::uint16_t index, json::value v, const std::string& path) {
        const shape& s = all.service_.at(index);
        if (!typed(path, s, v)) return;
        for (const std::string& c : broken(s, v)) fail(path, s, v, c);
        switch (s.kind) {
            case shape_kind::structure: return structure(s, v, path);
            case shape_kind::list: return list(s, v, path);
            case shape_kind::map: return map(s, v, path);
            default: return;
        }
    }

    void structure(const shape& s, json::value v, const std::string& path) {
        std::size_t set = 0;
        for (const member& m : all.service_.members_of(s)) {
            const json::value child = v.find(m.name);
            if (child.is_null()) {
                if (m.required)
                    add(fmt::format(
                        "Value null at '{}' failed to satisfy constraint: Member must not be null",
                        inside(path, m.name)));
                continue;
            }
            ++set;
            check(m.shape, child, inside(path, m.name));
        }
        if (s.is_union && set != 1) fail(path, s, v, "Exactly one member of the union must be set");
    }

    void list(const shape& s, json::value v, const std::string& path) {
        const std::uint16_t inner = all.service_.members_of(s)[0].shape;
        const shape& element = all.service_.at(inner);
        std::vector<std::string> constraints;  // of scalars, told once for the list
        std::size_t number = 0;
        for (const json::value e : v.elements()) {
            const std::string place = fmt::format("{}.{}.member", path, ++number);
            if (!is_scalar(element)) {
                check(inner, e, place);
            } else if (typed(place, element, e)) {
                if (!broken(element, e).empty()) constraints = every(element);
            }
        }
        if (!constraints.empty())
            fail(path, s, v,
                 fmt::format("Member must satisfy constraint: [{}]", fmt::join(constraints, ", ")));
    }

    void map(const shape& s, json::value v, const std::string& path) {
        const auto parts = all.service_.members_of(s);
        const shape& key = all.service_.at(parts[0].shape);
        const shape& value = all.service_.at(parts[1].shape);
        bool keys = false, values = false;
        const auto entries = v.members();
        for (auto at = entries.begin(); at != entries.end(); ++at) {
            const std::string place = fmt::format("{}.{}.member", path, printable(at.key()));
            keys = keys || !text_broken(key, at.key()).empty();
            if (!is_scalar(value))
                check(parts[1].shape, *at, place);
            else if (typed(place, value, *at))
                values = values || !broken(value, *at).empty();
        }
        if (keys)
            fail(path, s, v,
                 fmt::format("Map keys must satisfy constraint: [{}]", fmt::join(every(key), ", ")));
        if (values)
            fail(path, s, v,
                 fmt::format("Map value must satisfy constraint: [{}]", fmt::join(every(value), ", ")));
    }

    // The constraints of `s` itself that a value of the right type breaks.
    std::vector<std::string> broken(const shape& s, json::value v) {
        switch (s.kind) {
            case shape_kind::string: return text_broken(s, *v.string());
            case shape_kind::integer:
            case shape_kind::long_:
            case shape_kind::floating: return range_broken(s, *v.number(), "value");
            case shape_kind::list:
            case shape_kind::map: return range_broken(s, static_cast<double>(v.size()), "length");
            default: return {};
        }
    }

    std::vector<std::string> text_broken(const shape& s, std::string_view text) {
        std::vector<std::string> out = range_broken(s, static_cast<double>(characters(text)), "length");
        if (!s.pattern.empty() && !all.matches(s, text)) out.push_back(pattern_rule(s));
        const auto values = all.service_.values_of(s);
        if (!values.empty() && std::find(values.begin(), values.end(), text) == values.end())
            out.push_back(enum_rule(s));
        return out;
    }

    static std::vector<std::string> range_broken(const shape& s, double n, std::string_view what) {
        std::vector<std::string> out;
        if (s.maximum != no_maximum && n > static_cast<double>(s.maximum))
            out.push_back(maximum_rule(s, what));
        if (s.minimum != no_minimum && n < static_cast<double>(s.minimum))
            out.push_back(minimum_rule(s, what));
        return out;
    }

    // All constraints of a scalar, as AWS lists them for elements of lists and maps.
    std::vector<std::string> every(const shape& s) const {
        const std::string_view what = s.kind == shape_kind::string ? "length" : "value";
        std::vector<std::string> out;
        if (s.maximum != no_maximum) out.push_back(maximum_rule(s, what));
        if (s.minimum != no_minimum) out.push_back(minimum_rule(s, what));
        if (!s.pattern.empty()) out.push_back(pattern_rule(s));
        if (s.values != 0) out.push_back(enum_rule(s));
        return out;
    }

    static std::string maximum_rule(const shape& s, std::string_view what) {
        return fmt::format("Member must have {} less than or equal to {}", what, s.maximum);
    }
    static std::string minimum_rule(const shape& s, std::string_view what) {
        return fmt::format("Member must have {} greater than or equal to {}", what, s.minimum);
    }
    static std::string pattern_rule(const shape& s) {
        return fmt::format("Member must satisfy regular expression pattern: {}", s.pattern);
    }
    std::string enum_rule(const shape& s) const {
        return fmt::format("Member must satisfy enum value set: [{}]",
                           fmt::join(all.service_.values_of(s), ", "));
    }

    std::optional<invalid> outcome() const {
        if (!wrong_type.empty()) return invalid{invalid::kind::serialization, wrong_type};
        if (count == 0) return std::nullopt;
        return invalid{invalid::kind::constraint,
                       fmt::format("{} validation error{} detected: {}", count, count == 1 ? "" : "s",
                                   fmt::join(violations, "; "))};
    }
};

std::optional<invalid> validator::check(const operation& o, json::value input) {
    if (o.input == no_shape) return std::nullopt;
    return check_shape(o.input, input);
}

std::optional<invalid> validator::check_shape(std::uint16_t shape, json::value value,
                                              const std::string& path) {
    pass p{*this};
    p.check(shape, value, path);
    return p.outcome();
}

bool validator::matches(const shape& s, std::string_view text) {
    return patterns_.try_emplace(s.pattern, s.pattern).first->second.matches(text);
}

}  // namespace trainyard::aws::local::model
