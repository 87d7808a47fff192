// Operations on managed policies.
#include <fmt/format.h>

#include "aws/local/identity/iam_service.hpp"
#include "aws/local/identity/unique_id.hpp"

namespace trainyard::aws::local {

service_reply iam_service::create_policy(const operation_call& call) {
    iam_account& account = store_.account(call.who.account);
    iam_policy p;
    p.name = text_of(call.input, "PolicyName");
    if (account.policies.contains(p.name))
        return iam_error::already_exists(
            fmt::format("A policy called {} already exists. Duplicate names are not allowed.", p.name));
    auto document = read_policy(text_of(call.input, "PolicyDocument"), policy_kind::identity,
                                iam_managed_policy_max, "PolicySize");
    if (!document) return document.error();
    auto tags = read_tags(call.input);
    if (!tags) return tags.error();
    if (account.policies.size() >= iam_policies_max)
        return iam_error::over_quota("PoliciesPerAccount", iam_policies_max);
    p.path = text_of(call.input, "Path");
    if (p.path.empty()) p.path = "/";
    p.arn = fmt::format("arn:aws:iam::{}:policy{}{}", account.id.str(), p.path, p.name);
    p.id = make_entity_id("ANPA", store_.random());
    p.description = text_of(call.input, "Description");
    p.created = p.updated = call.now;
    p.tags = std::move(*tags);
    p.versions.push_back({1, std::move(*document), call.now});
    json::writer out;
    out.begin_object().key("Policy");
    write_policy(out, p, {0, 0}, true);
    out.end_object();
    touched(call, iam_store::entity::policy, p.name);
    account.policies.emplace(p.name, std::move(p));
    return out.take();
}

service_reply iam_service::get_policy(const operation_call& call) {
    const auto p = policy_of(call);
    if (!p) return p.error();
    json::writer out;
    out.begin_object().key("Policy");
    write_policy(out, **p, store_.uses_of(call.who.account, (*p)->arn), true);
    out.end_object();
    return out.take();
}

service_reply iam_service::delete_policy(const operation_call& call) {
    const auto p = own_policy_of(call);
    if (!p) return p.error();
    const auto [attached, as_boundary] = store_.uses_of(call.who.account, (*p)->arn);
    if (attached + as_boundary > 0)
        return iam_error::delete_conflict("Cannot delete a policy attached to entities.");
    if ((*p)->versions.size() > 1)
        return iam_error::delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy.");
    const std::string name = (*p)->name;
    store_.account(call.who.account).policies.erase(name);
    return std::string{};
}

service_reply iam_service::list_policies(const operation_call& call) {
    const std::string prefix = text_of(call.input, "PathPrefix"), scope = text_of(call.input, "Scope"),
                      usage = text_of(call.input, "PolicyUsageFilter");
    const bool only_attached = call.input.find("OnlyAttached").boolean().value_or(false);
    std::vector<std::string> keys;
    std::vector<const iam_policy*> policies;
    by_name<const iam_policy*> sorted;
    const auto consider = [&](const iam_policy& p) {
        const auto [attached, as_boundary] = store_.uses_of(call.who.account, p.arn);
        const bool used = usage == "PermissionsBoundary" ? as_boundary > 0
                          : usage.empty()                ? attached + as_boundary > 0
                                                         : attached > 0;
        if (p.path.starts_with(prefix) && (used || (!only_attached && usage.empty())))
            sorted.emplace(p.name + "/" + p.arn, &p);
    };
    if (scope != "AWS")
        for (const auto& [name, p] : store_.account(call.who.account).policies) consider(p);
    if (scope != "Local")
        for (const auto& [arn, p] : aws_managed_policies()) consider(p);
    for (const auto& [key, p] : sorted) {
        keys.push_back(key);
        policies.push_back(p);
    }
    return list_answer(call.input, "Policies", keys, [&](json::writer& out, std::size_t i) {
        write_policy(out, *policies[i], store_.uses_of(call.who.account, policies[i]->arn), false);
    });
}

service_reply iam_service::list_entities_for_policy(const operation_call& call) {
    const auto p = policy_of(call);
    if (!p) return p.error();
    const std::string filter = text_of(call.input, "EntityFilter"),
                      prefix = text_of(call.input, "PathPrefix"),
                      usage = text_of(call.input, "PolicyUsageFilter");
    const auto uses = [&](const iam_identity& who) {
        const bool attached = who.attached.contains((*p)->arn), bounded = who.boundary == (*p)->arn;
        const bool wanted = usage == "PermissionsBoundary" ? bounded
                            : usage.empty()                ? attached || bounded
                                                           : attached;
        return wanted && who.path.starts_with(prefix);
    };
    const iam_account& account = store_.account(call.who.account);
    // One list of users and then roles, of which a page is told apart again.
    std::vector<std::string> keys;
    std::vector<const iam_identity*> users_and_roles;
    std::size_t users = 0;
    if (filter.empty() || filter == "User")
        for (const auto& [name, user] : account.users)
            if (uses(user)) users_and_roles.push_back(&user), keys.push_back("1" + name), ++users;
    if (filter.empty() || filter == "Role")
        for (const auto& [name, role] : account.roles)
            if (uses(role)) users_and_roles.push_back(&role), keys.push_back("2" + name);
    bool in_roles = false;
    return list_answer(call.input, "PolicyUsers", keys, [&](json::writer& w, std::size_t i) {
        if (i >= users && !in_roles) {
            w.end_array().key("PolicyRoles").begin_array();
            in_roles = true;
        }
        w.begin_object().member(in_roles ? "RoleName" : "UserName", users_and_roles[i]->name);
        w.member(in_roles ? "RoleId" : "UserId", users_and_roles[i]->id).end_object();
    });
}

service_reply iam_service::tag_policy(const operation_call& call) {
    const auto p = own_policy_of(call);
    if (!p) return p.error();
    const auto added = read_tags(call.input);
    if (!added) return added.error();
    tag_map all = (*p)->tags;
    for (const auto& [key, value] : *added) all.insert_or_assign(key, value);
    if (all.size() > iam_tags_max) return iam_error::over_quota("TagsPerPolicy", iam_tags_max);
    (*p)->tags = std::move(all);
    return std::string{};
}

service_reply iam_service::untag_policy(const operation_call& call) {
    const auto p = own_policy_of(call);
    if (!p) return p.error();
    for (const std::string& key : texts_of(call.input, "TagKeys")) (*p)->tags.erase(key);
    return std::string{};
}

service_reply iam_service::list_policy_tags(const operation_call& call) {
    const auto p = policy_of(call);
    if (!p) return p.error();
    return list_tags_answer(call.input, (*p)->tags);
}

}  // namespace trainyard::aws::local
