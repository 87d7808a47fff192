#include "aws/local/events/event_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/local/events/value_test.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

struct leaf {
    std::vector<value_test> alternatives;
    std::size_t number = 0;         // of all leaves
    bool absent = false;            // one alternative is {"exists": false}
    std::vector<std::string> path;  // from the root of the event, for `absent`
};

// No field of this name may stand inside $or: it would read as an operator.
constexpr std::array<std::string_view, 9> reserved{
    "exactly",      "prefix", "suffix", "equals-ignore-case", "wildcard", "numeric",
    "anything-but", "exists", "cidr"};

template <class Holds>
bool some_element(json::value list, Holds holds) {
    for (const json::value each : list.elements())
        if (holds(each)) return true;
    return false;
}

bool has_leaf(json::value v) {
    if (!v.is_array()) return v.exists() && !v.is_object();
    return some_element(v, has_leaf);
}

// Whether the event has a scalar at `path`, in whichever elements of arrays.
bool has_path(json::value v, const std::vector<std::string>& path, std::size_t depth) {
    if (v.is_array()) return some_element(v, [&](json::value each) { return has_path(each, path, depth); });
    if (depth == path.size()) return has_leaf(v);
    return v.is_object() && has_path(v.find(path[depth]), path, depth + 1);
}

}  // namespace

struct event_pattern::object {
    std::string name;  // of the field; none at the top and in $or
    std::vector<std::pair<std::string, leaf>> leaves;
    std::vector<object> objects;
    std::vector<std::vector<object>> any_of;  // each $or
};

struct event_pattern::parser {
    std::size_t leaves = 0;
    std::vector<std::string> path{};

    error at(std::string_view reason) const {
        std::string place;
        for (const std::string& step : path) place += "/" + printable(json::pointer_token(step));
        return {errc::invalid_argument, fmt::format("{} at {}", reason, place.empty() ? "the top" : place)};
    }

    result<leaf> read_leaf(json::value list) {
        leaf out;
        out.number = leaves++;
        out.path = path;
        for (const json::value each : list.elements()) {
            auto test = parse_value_test(each);
            if (!test) return at(test.error().message);
            const auto* e = std::get_if<exists>(&*test);
            if (e != nullptr && !e->wanted)
                out.absent = true;
            else
                out.alternatives.push_back(std::move(*test));
        }
        if (list.size() == 0) return at("Empty arrays are not allowed");
        return out;
    }

    result<std::vector<object>> read_or(json::value list) {
        if (!list.is_array()) return at("It must be an Array followed with $or.");
        std::vector<object> out;
        for (const json::value each : list.elements()) {
            if (!each.is_object()) return at("Only JSON object is allowed in array of $or relationship.");
            auto read = read_object(each, true);
            if (!read) return read.error();
            out.push_back(std::move(*read));
        }
        if (out.size() < 2) return at("There must have at least 2 Objects in $or relationship.");
        return out;
    }

    result<object> read_object(json::value v, bool in_or) {
        object out;
        const auto members = v.members();
        for (auto m = members.begin(); m != members.end(); ++m) {
            const std::string name{m.key()};
            if (name == "$or") {
                auto read = read_or(*m);
                if (!read) return read.error();
                out.any_of.push_back(std::move(*read));
                continue;
            }
            if (in_or && std::find(reserved.begin(), reserved.end(), name) != reserved.end())
                return at(
                    fmt::format("{} is Ruler reserved fieldName which cannot be used inside $or.", name));
            if (!(*m).is_object() && !(*m).is_array())
                return at(fmt::format("\"{}\" must be an object or an array", name));
            path.push_back(name);
            if ((*m).is_array()) {
                auto read = read_leaf(*m);
                if (!read) return read.error();
                out.leaves.emplace_back(name, std::move(*read));
            } else {
                auto read = read_object(*m, in_or);
                if (!read) return read.error();
                read->name = name;
                out.objects.push_back(std::move(*read));
            }
            path.pop_back();
        }
        if (v.size() == 0) return at("Empty objects are not allowed");
        return out;
    }

    // Conjunctions of fields that the pattern amounts to; stops counting beyond the limit.
    static std::size_t combinations(const object& o) {
        std::size_t product = 1;
        const auto times = [&product](std::size_t n) {
            product = std::min(product * n, max_rule_combinations + 1);
        };
        for (const object& inner : o.objects) times(combinations(inner));
        for (const auto& alternatives : o.any_of) {
            std::size_t sum = 0;
            for (const object& each : alternatives)
                sum = std::min(sum + combinations(each), max_rule_combinations + 1);
            times(sum);
        }
        return product;
    }
};

// One event against the pattern.
struct event_pattern::pass {
    json::value event;
    std::vector<std::optional<bool>> absent;  // by leaf, once asked

    bool is_absent(const leaf& l) {
        auto& known = absent[l.number];
        if (!known) known = !has_path(event, l.path, 0);
        return *known;
    }

    static bool some_value(const leaf& l, json::value v) {
        if (!v.exists() || v.is_object()) return false;
        if (v.is_array()) return some_element(v, [&](json::value each) { return some_value(l, each); });
        return std::any_of(l.alternatives.begin(), l.alternatives.end(),
                           [&](const value_test& test) { return holds(test, v); });
    }

    bool leaf_holds(const leaf& l, json::value v) { return some_value(l, v) || (l.absent && is_absent(l)); }

    // `v` is not an array; what is no object has no members.
    bool one(const object& o, json::value v) {
        for (const auto& [name, l] : o.leaves)
            if (!leaf_holds(l, v.find(name))) return false;
        for (const object& inner : o.objects)
            if (!any(inner, v.find(inner.name))) return false;
        for (const auto& alternatives : o.any_of)
            if (std::none_of(alternatives.begin(), alternatives.end(),
                             [&](const object& each) { return one(each, v); }))
                return false;
        return true;
    }

    bool any(const object& o, json::value v) {
        if (!v.is_array() || v.size() == 0) return one(o, v.is_array() ? json::value{} : v);
        return some_element(v, [&](json::value each) { return any(o, each); });
    }
};

event_pattern::event_pattern(std::shared_ptr<const object> root, std::size_t leaves)
    : root_(std::move(root)), leaves_(leaves) {}

result<event_pattern> event_pattern::parse(std::string_view text) {
    const auto document = json::document::parse(text);
    if (!document) return document.error();
    parser in;
    if (!document->root().is_object()) return in.at("Filter is not an object");
    auto read = in.read_object(document->root(), false);
    if (!read) return read.error();
    if (parser::combinations(*read) > max_rule_combinations)
        return error{errc::limit, fmt::format("The pattern has more than {} rule combinations of $or",
                                              max_rule_combinations)};
    return event_pattern{std::make_shared<const object>(std::move(*read)), in.leaves};
}

bool event_pattern::matches(json::value event) const {
    pass p{event, std::vector<std::optional<bool>>(leaves_)};
    return p.any(*root_, event);
}

}  // namespace trainyard::aws::local::events
