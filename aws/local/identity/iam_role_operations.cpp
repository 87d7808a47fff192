// Operations on roles.
#include <fmt/format.h>

#include "aws/local/identity/iam_service.hpp"
#include "aws/local/identity/unique_id.hpp"

namespace trainyard::aws::local {
namespace {

iam_result read_trust(const std::string& text) {
    return read_policy(text, policy_kind::trust, iam_trust_policy_max, "ACLSizePerRole");
}

// A role's name is remembered after its deletion, so that it is not taken for one that never existed; beyond
// this many in an account the rest are forgotten.
constexpr std::size_t deleted_roles_max = 10'000;

}  // namespace

service_reply iam_service::create_role(const operation_call& call) {
    iam_account& account = store_.account(call.who.account);
    auto trust = read_trust(text_of(call.input, "AssumeRolePolicyDocument"));
    if (!trust) return trust.error();
    auto tags = read_tags(call.input);
    if (!tags) return tags.error();
    iam_role role{{}, std::move(*trust), text_of(call.input, "Description"), std::chrono::seconds{3600}};
    role.name = text_of(call.input, "RoleName");
    if (account.roles.contains(role.name))
        return iam_error::already_exists(fmt::format("Role with name {} already exists.", role.name));
    if (account.roles.size() >= iam_roles_max) return iam_error::over_quota("RolesPerAccount", iam_roles_max);
    role.boundary = text_of(call.input, "PermissionsBoundary");
    if (!role.boundary.empty() && store_.find_policy(role.boundary) == nullptr)
        return iam_error::no_such_entity(
            fmt::format("Scope ARN: {} does not exist or is not attachable.", role.boundary));
    role.path = text_of(call.input, "Path");
    if (role.path.empty()) role.path = "/";
    role.arn = fmt::format("arn:aws:iam::{}:role{}{}", account.id.str(), role.path, role.name);
    role.id = make_entity_id("AROA", store_.random());
    role.created = call.now;
    role.tags = std::move(*tags);
    if (const auto seconds = call.input.find("MaxSessionDuration").integer())
        role.max_session = std::chrono::seconds{*seconds};
    account.deleted_roles.erase(role.name);
    json::writer out;
    out.begin_object().key("Role");
    write_role(out, role, true);
    out.end_object();
    touched(call, iam_store::entity::role, role.name);
    account.roles.emplace(role.name, std::move(role));
    return out.take();
}

service_reply iam_service::get_role(const operation_call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    json::writer out;
    out.begin_object().key("Role");
    write_role(out, **role, true);
    out.end_object();
    return out.take();
}

service_reply iam_service::delete_role(const operation_call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    if (auto used = still_used(**role)) return *std::move(used);
    iam_account& account = store_.account(call.who.account);
    const std::string name = (*role)->name;
    if (account.deleted_roles.size() < deleted_roles_max) account.deleted_roles.insert(name);
    account.roles.erase(name);
    return std::string{};
}

service_reply iam_service::list_roles(const operation_call& call) {
    const std::string prefix = text_of(call.input, "PathPrefix");
    std::vector<const iam_role*> roles;
    std::vector<std::string> keys;
    for (const auto& [name, role] : store_.account(call.who.account).roles) {
        if (!role.path.starts_with(prefix)) continue;
        roles.push_back(&role);
        keys.push_back(name);
    }
    return list_answer(call.input, "Roles", keys,
                       [&](json::writer& out, std::size_t i) { write_role(out, *roles[i], false); });
}

service_reply iam_service::update_role(const operation_call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    if (const json::value text = call.input.find("Description"); !text.is_null())
        (*role)->description = text_of(call.input, "Description");
    if (const auto seconds = call.input.find("MaxSessionDuration").integer())
        (*role)->max_session = std::chrono::seconds{*seconds};
    return std::string{};
}

service_reply iam_service::update_role_description(const operation_call& call) {
    if (const auto updated = update_role(call); !updated) return updated;
    return get_role(call);
}

service_reply iam_service::update_trust(const operation_call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    auto trust = read_trust(text_of(call.input, "PolicyDocument"));
    if (!trust) return trust.error();
    (*role)->trust = std::move(*trust);
    return std::string{};
}

service_reply iam_service::list_instance_profiles_for_role(const operation_call& call) {
    const auto role = role_of(call);
    if (!role) return role.error();
    // Nothing here makes instance profiles; who deletes a role asks for them all the same.
    return list_answer(call.input, "InstanceProfiles", {}, [](json::writer&, std::size_t) {});
}

}  // namespace trainyard::aws::local
