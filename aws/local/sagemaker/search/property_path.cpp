#include "aws/local/sagemaker/search/property_path.hpp"

#include <span>

namespace trainyard::aws::local::sagemaker::search {
namespace {

using part = property_path::part;

value_kind kind_of(const model::shape& s) {
    switch (s.kind) {
        case model::shape_kind::string:
        case model::shape_kind::blob: return value_kind::text;
        case model::shape_kind::integer:
        case model::shape_kind::long_:
        case model::shape_kind::floating: return value_kind::number;
        case model::shape_kind::boolean: return value_kind::truth;
        case model::shape_kind::timestamp: return value_kind::time;
        case model::shape_kind::structure:
        case model::shape_kind::list:
        case model::shape_kind::map: return value_kind::composite;
    }
    return value_kind::composite;
}

std::uint16_t element_of(const model::service_model& m, const model::shape& list) {
    return m.members_of(list)[0].shape;
}

// The two lists whose elements are named by what they say, not by a member.
std::optional<property_path> resolve_named(const model::service_model& m, const model::shape& s,
                                           std::string_view name) {
    const auto in_list = [&](std::string_view list, std::string_view prefix, part::kind as,
                             value_kind kind) -> std::optional<property_path> {
        if (!name.starts_with(prefix) || name.size() == prefix.size()) return std::nullopt;
        const model::member* found = m.find_member(s, list);
        if (!found) return std::nullopt;
        return property_path{
            {{part::kind::member, std::string{list}}, {as, std::string{name.substr(prefix.size())}}},
            kind,
            found->shape};
    };
    if (auto tag = in_list("Tags", "Tags.", part::kind::tag, value_kind::text)) return tag;
    return in_list("FinalMetricDataList", "Metrics.", part::kind::metric, value_kind::number);
}

bool any_from(json::value v, std::span<const part> rest, const std::function<bool(json::value)>& found) {
    if (v.is_null()) return false;
    if (rest.empty()) return found(v);
    const part& next = rest.front();
    const auto after = rest.subspan(1);
    switch (next.what) {
        case part::kind::member: return any_from(v.find(next.name), after, found);
        case part::kind::each:
            for (const json::value e : v.elements())
                if (any_from(e, after, found)) return true;
            return false;
        case part::kind::tag:
        case part::kind::metric: {
            const char* const key = next.what == part::kind::tag ? "Key" : "MetricName";
            for (const json::value e : v.elements())
                if (e.find(key).string() == next.name && any_from(e.find("Value"), after, found)) return true;
            return false;
        }
    }
    return false;
}

}  // namespace

std::optional<property_path> resolve(const model::service_model& m, std::uint16_t shape,
                                     std::string_view name) {
    if (auto named = resolve_named(m, m.at(shape), name)) return named;
    property_path out;
    out.shape = shape;
    bool hyperparameters = false;
    while (!name.empty()) {
        const model::shape& s = m.at(out.shape);
        if (s.kind == model::shape_kind::list) {
            out.parts.push_back({part::kind::each, {}});
            out.shape = element_of(m, s);
            continue;
        }
        if (s.kind == model::shape_kind::map) {
            // A key may hold dots, so all that is left is the key.
            out.parts.push_back({part::kind::member, std::string{name}});
            out.shape = m.members_of(s)[1].shape;
            name = {};
            continue;
        }
        if (s.kind != model::shape_kind::structure) return std::nullopt;
        const std::string_view head = name.substr(0, name.find('.'));
        const model::member* found = m.find_member(s, head);
        if (!found) return std::nullopt;
        hyperparameters = found->name == "HyperParameters";
        out.parts.push_back({part::kind::member, std::string{head}});
        out.shape = found->shape;
        name.remove_prefix(head.size());
        if (name == ".") return std::nullopt;
        if (!name.empty()) name.remove_prefix(1);
    }
    if (out.parts.empty()) return std::nullopt;
    out.kind = kind_of(m.at(out.shape));
    if (hyperparameters && out.kind == value_kind::text) out.kind = value_kind::text_or_number;
    return out;
}

bool any_value(json::value record, const property_path& path, const std::function<bool(json::value)>& found) {
    return any_from(record, path.parts, found);
}

}  // namespace trainyard::aws::local::sagemaker::search
