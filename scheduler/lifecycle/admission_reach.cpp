#include <fmt/format.h>

#include "engine/base/encoding.hpp"
#include "scheduler/lifecycle/admission_checks.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::lifecycle {
namespace {

// part of arn:partition:service:region:account:resource; empty when the ARN has none.
std::string_view arn_part(std::string_view arn, int index) {
    for (; index > 0; --index) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return arn.substr(0, arn.find(':'));
}

refused check_placeholders(std::string_view text, const std::string& pointer) {
    for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
        const auto close = text.find('}', at);
        if (close == std::string_view::npos || !is_placeholder(text.substr(at + 2, close - at - 2)))
            return refuse(
                pointer,
                fmt::format("'{}' holds an unknown placeholder; ${{pool.execution_role}}, ${{pool.bucket}}, "
                            "${{pool.account}}, ${{pool.region}} and ${{pool.name}} exist",
                            printable(text)));
    }
    // Anything glued to the role would name another role of the account.
    if (text.find("${pool.execution_role}") != std::string_view::npos && text != "${pool.execution_role}")
        return refuse(pointer, "${pool.execution_role} must stand alone");
    return {};
}

refused check_arn(std::string_view arn, const std::string& pointer, const tenant_rules& tenant) {
    const std::string_view service = arn_part(arn, 2), region = arn_part(arn, 3), account = arn_part(arn, 4);
    if (service == "iam" && account.find("${") != std::string_view::npos)
        return refuse(pointer, "a role ARN may not be built from placeholders; use ${pool.execution_role}");
    if (service == "iam" && !contains(tenant.roles, arn))
        return refuse(
            pointer,
            fmt::format("'{}' is not a role of this tenant; use ${{pool.execution_role}} or add the role "
                        "to the tenant's roles in the fleet file",
                        printable(arn)));
    if (!account.empty() && account != "aws" && account != "${pool.account}" &&
        !contains(tenant.accounts, account))
        return refuse(pointer,
                      fmt::format("'{}' belongs to an account that this tenant may not use", printable(arn)));
    // Pipelines, plans and models act in their own region; data and keys may lie elsewhere.
    if (service == "sagemaker" && region != "${pool.region}" && account != "aws" &&
        std::none_of(tenant.pools.begin(), tenant.pools.end(), [&](const std::string& pool) {
            return std::string_view{pool}.substr(pool.find('/') + 1) == region;
        }))
        return refuse(pointer,
                      fmt::format("'{}' belongs to a region that this tenant may not use", printable(arn)));
    return {};
}

class reach {
public:
    reach(const tenant_rules& tenant, const std::string& name) : tenant_(tenant), name_(name) {}

    refused walk(json::value v, const std::string& pointer) const {
        if (const auto text = v.string()) {
            if (auto r = check_placeholders(*text, pointer)) return r;
            return text->starts_with("arn:") ? check_arn(*text, pointer, tenant_) : refused{};
        }
        std::size_t index = 0;
        for (const json::value e : v.elements())
            if (auto r = walk(e, fmt::format("{}/{}", pointer, index++))) return r;
        for (auto i = v.members().begin(); i != v.members().end(); ++i) {
            const std::string inside = pointer + "/" + json::pointer_token(i.key());
            if (auto r = member(i.key(), *i, inside)) return r;
        }
        return {};
    }

private:
    refused member(std::string_view key, json::value v, const std::string& pointer) const {
        // A variable of this name would steer the SDKs inside the container.
        if (key == "Environment")
            for (auto i = v.members().begin(); i != v.members().end(); ++i)
                if (i.key().starts_with("AWS_"))
                    return refuse(pointer + "/" + json::pointer_token(i.key()),
                                  "names that begin with AWS_ are not allowed");
        if ((key == "RoleArn" || key == "ExecutionRoleArn") && !v.is_null()) return role(v, pointer);
        // Both would let somebody act inside the container with the execution role.
        if ((key == "EnableRemoteDebug" || key == "EnableSSMAccess") && v.boolean().value_or(!v.is_null()))
            return refuse(pointer, "is not allowed");
        return walk(v, pointer);
    }

    refused role(json::value v, const std::string& pointer) const {
        const auto text = v.string();
        if (text && (*text == "${pool.execution_role}" || contains(tenant_.roles, *text))) return {};
        return refuse(pointer,
                      fmt::format("'{}' is not a role of tenant {}; use ${{pool.execution_role}} or add the "
                                  "role to the tenant's roles in the fleet file",
                                  printable(text.value_or("(no text)")), name_));
    }

    const tenant_rules& tenant_;
    const std::string& name_;
};

}  // namespace

refused check_reach(json::value request, const std::string& at, const tenant_rules& tenant,
                    const std::string& tenant_name) {
    return reach{tenant, tenant_name}.walk(request, at);
}

}  // namespace trainyard::lifecycle
