#include "aws/local/identity/iam_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "aws/local/policy/authorizer.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

namespace {

service_error unknown(std::string_view operation) {
    return {400, "UnknownOperationException", "InvalidAction",
            fmt::format("Could not find operation {}", printable(operation, 128)), true};
}

service_error wrong(const model::operation_row&, const model::invalid& why) {
    return iam_error::validation(why.message);
}

}  // namespace

iam_service::iam_service(iam_store& store) : store_(store), table_(model::iam_model(), {unknown, wrong}) {
    using self = iam_service;
    table_.add<self>(*this, {
                                {"AddClientIDToOpenIDConnectProvider", &self::add_client_id},
                                {"AttachRolePolicy", &self::attach_policy},
                                {"AttachUserPolicy", &self::attach_policy},
                                {"CreateAccessKey", &self::create_access_key},
                                {"CreateOpenIDConnectProvider", &self::create_provider},
                                {"CreatePolicy", &self::create_policy},
                                {"CreatePolicyVersion", &self::create_policy_version},
                                {"CreateRole", &self::create_role},
                                {"CreateUser", &self::create_user},
                                {"DeleteAccessKey", &self::delete_access_key},
                                {"DeleteOpenIDConnectProvider", &self::delete_provider},
                                {"DeletePolicy", &self::delete_policy},
                                {"DeletePolicyVersion", &self::delete_policy_version},
                                {"DeleteRole", &self::delete_role},
                                {"DeleteRolePermissionsBoundary", &self::delete_boundary},
                                {"DeleteRolePolicy", &self::delete_inline_policy},
                                {"DeleteUser", &self::delete_user},
                                {"DeleteUserPermissionsBoundary", &self::delete_boundary},
                                {"DeleteUserPolicy", &self::delete_inline_policy},
                                {"DetachRolePolicy", &self::detach_policy},
                                {"DetachUserPolicy", &self::detach_policy},
                                {"GetOpenIDConnectProvider", &self::get_provider},
                                {"GetPolicy", &self::get_policy},
                                {"GetPolicyVersion", &self::get_policy_version},
                                {"GetRole", &self::get_role},
                                {"GetRolePolicy", &self::get_inline_policy},
                                {"GetUser", &self::get_user},
                                {"GetUserPolicy", &self::get_inline_policy},
                                {"ListAccessKeys", &self::list_access_keys},
                                {"ListAttachedRolePolicies", &self::list_attached_policies},
                                {"ListAttachedUserPolicies", &self::list_attached_policies},
                                {"ListEntitiesForPolicy", &self::list_entities_for_policy},
                                {"ListInstanceProfilesForRole", &self::list_instance_profiles_for_role},
                                {"ListOpenIDConnectProviders", &self::list_providers},
                                {"ListPolicies", &self::list_policies},
                                {"ListPolicyTags", &self::list_policy_tags},
                                {"ListPolicyVersions", &self::list_policy_versions},
                                {"ListRolePolicies", &self::list_inline_policies},
                                {"ListRoleTags", &self::list_identity_tags},
                                {"ListRoles", &self::list_roles},
                                {"ListUserPolicies", &self::list_inline_policies},
                                {"ListUserTags", &self::list_identity_tags},
                                {"ListUsers", &self::list_users},
                                {"PutRolePermissionsBoundary", &self::put_boundary},
                                {"PutRolePolicy", &self::put_inline_policy},
                                {"PutUserPermissionsBoundary", &self::put_boundary},
                                {"PutUserPolicy", &self::put_inline_policy},
                                {"RemoveClientIDFromOpenIDConnectProvider", &self::remove_client_id},
                                {"SetDefaultPolicyVersion", &self::set_default_policy_version},
                                {"SimulateCustomPolicy", &self::simulate_custom_policy,
                                 "OrderedOrganizationPolicyInputList ResourceOwner ResourceHandlingOption"},
                                {"SimulatePrincipalPolicy", &self::simulate_principal_policy,
                                 "PolicyExclusionList ResourceOwner ResourceHandlingOption"},
                                {"TagPolicy", &self::tag_policy},
                                {"TagRole", &self::tag_identity},
                                {"TagUser", &self::tag_identity},
                                {"UntagPolicy", &self::untag_policy},
                                {"UntagRole", &self::untag_identity},
                                {"UntagUser", &self::untag_identity},
                                {"UpdateAccessKey", &self::update_access_key},
                                {"UpdateAssumeRolePolicy", &self::update_trust},
                                {"UpdateOpenIDConnectProviderThumbprint", &self::update_thumbprints},
                                {"UpdateRole", &self::update_role},
                                {"UpdateRoleDescription", &self::update_role_description},
                            });
}

service_reply iam_service::handle(const operation_call& call) {
    return table_.handle(call);
}

void iam_service::touched(const operation_call& call, iam_store::entity what, std::string_view name) {
    for (const char* reads : {"Get", "List", "Simulate"})
        if (call.operation.starts_with(reads)) return;
    store_.changed(what, call.who.account, name);
}

iam_service::found<iam_role> iam_service::role_of(const operation_call& call) {
    const std::string name = text_of(call.input, "RoleName");
    iam_account& account = store_.account(call.who.account);
    const auto at = account.roles.find(name);
    if (at == account.roles.end())
        return iam_error::no_such_entity(fmt::format("The role with name {} cannot be found.", name));
    touched(call, iam_store::entity::role, at->second.name);
    return &at->second;
}

iam_service::found<iam_user> iam_service::user_of(const operation_call& call) {
    std::string name = text_of(call.input, "UserName");
    iam_account& account = store_.account(call.who.account);
    if (name.empty()) {
        if (call.who.arn.find(":user/") == std::string::npos)
            return iam_error::validation("Must specify userName when calling with non-User credentials");
        name = call.who.arn.substr(call.who.arn.rfind('/') + 1);
    }
    const auto at = account.users.find(name);
    if (at == account.users.end())
        return iam_error::no_such_entity(fmt::format("The user with name {} cannot be found.", name));
    touched(call, iam_store::entity::user, at->second.name);
    return &at->second;
}

iam_service::found<iam_identity> iam_service::identity_of(const operation_call& call) {
    if (call.input.find("RoleName").exists()) {
        const auto role = role_of(call);
        if (!role) return role.error();
        return static_cast<iam_identity*>(*role);
    }
    const auto user = user_of(call);
    if (!user) return user.error();
    return static_cast<iam_identity*>(*user);
}

iam_service::found<const iam_policy> iam_service::policy_of(const operation_call& call) {
    const std::string arn = text_of(call.input, "PolicyArn");
    if (!arn.starts_with("arn:")) return iam_error::invalid_input(fmt::format("ARN {} is not valid.", arn));
    const iam_policy* p = store_.find_policy(arn);
    const auto parts = parse_iam_arn(arn);
    if (p == nullptr || (parts && parts->account != call.who.account))
        return iam_error::no_such_entity(fmt::format("Policy {} was not found.", arn));
    return p;
}

iam_service::found<iam_policy> iam_service::own_policy_of(const operation_call& call) {
    const auto p = policy_of(call);
    if (!p) return p.error();
    if ((*p)->of_aws) {
        const access what{fmt::format("iam:{}", call.operation), fmt::format("policy {}", (*p)->arn), {}};
        return service_error{403, "AccessDenied", "AccessDenied", denial_text(call.who, what, {}), true};
    }
    touched(call, iam_store::entity::policy, (*p)->name);
    return store_.find_own_policy((*p)->arn);
}

}  // namespace trainyard::aws::local
