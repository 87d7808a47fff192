#include "scheduler/config/provision_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace trainyard::config {
namespace {

bool is_role_name(const std::string& s) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-";
    return !s.empty() && s.size() <= 64 && s.find_first_not_of(allowed) == std::string::npos;
}

std::string read_role_name(const node& n, const std::string& fallback) {
    const std::string name = n.text(fallback);
    if (!is_role_name(name)) n.fail(fmt::format("'{}' is not the name of a role", name));
    return name;
}

pipeline read_pipeline(const node& n, const fleet& f, const std::string& directory) {
    n.only({"name", "definition", "pools"});
    pipeline p;
    p.name = n["name"].required_text();
    const std::string file = n["definition"].required_text();
    p.definition_file = (std::filesystem::path{directory} / file).lexically_normal().string();
    p.pools = n["pools"].texts();
    for (const std::string& name : p.pools)
        if (std::none_of(f.pools.begin(), f.pools.end(), [&](const pool& x) { return x.name == name; }))
            n["pools"].fail(fmt::format("there is no pool '{}'", name));
    return p;
}

}  // namespace

void read_provision(const node& n, fleet& f, const std::string& directory) {
    if (!n.present()) return;
    n.only({"admin_role", "hub_role", "hub_principals", "senders", "managed_policies", "existing", "tags",
            "pipelines"});
    provisioning& p = f.provision;
    p.admin_role = read_role_name(n["admin_role"], p.admin_role);
    p.hub_role = read_role_name(n["hub_role"], p.hub_role);
    p.hub_principals = n["hub_principals"].texts();
    if (p.hub_role == "none") {
        p.hub_role.clear();
        if (p.hub_principals.empty())
            n["hub_principals"].fail("without a hub role, say who runs Trainyard: the ARN of a role or user");
    }
    p.senders = n["senders"].texts();
    p.managed_policies = n["managed_policies"].texts();
    for (const std::string& arn : p.managed_policies)
        if (!arn.starts_with("arn:") || arn.find(":policy/") == std::string::npos)
            n["managed_policies"].fail(fmt::format("'{}' is not the ARN of a managed policy", arn));
    p.existing = n["existing"].texts();
    if (n["tags"].present())
        for (const auto& [key, value] : n["tags"].entries()) {
            if (key.starts_with("trainyard:") || key.starts_with("aws:"))
                value.fail(fmt::format("the tag '{}' is not for you to set", key));
            p.tags[key] = value.text();
        }
    for (const node& item : n["pipelines"].items()) p.pipelines.push_back(read_pipeline(item, f, directory));
}

}  // namespace trainyard::config
