#include "scheduler/provision/resource.hpp"

#include <fmt/format.h>

namespace trainyard::provision {

std::string_view to_string(kind k) {
    switch (k) {
        case kind::queue: return "queue";
        case kind::role: return "role";
        case kind::pipeline: return "pipeline";
        case kind::rule: return "rule";
    }
    return "";
}

std::string to_string(const resource_id& id) {
    if (id.region.empty()) return fmt::format("{} {}/{}", to_string(id.kind), id.account, id.name);
    return fmt::format("{} {}/{}/{}", to_string(id.kind), id.account, id.region, id.name);
}

bool is_exclusive(std::string_view attribute) {
    return attribute.starts_with("policy:") || attribute.starts_with("attached:") ||
           attribute.starts_with("target:");
}

bool is_secret(std::string_view attribute) {
    return attribute == "external_id";
}

}  // namespace trainyard::provision
