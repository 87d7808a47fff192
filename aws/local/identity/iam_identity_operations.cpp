// What roles and users have alike: inline policies, attached policies, a permissions boundary, tags.
#include <fmt/format.h>

#include "aws/local/identity/iam_service.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

bool of_role(const operation_call& call) {
    return call.input.find("RoleName").exists();
}
std::string_view kind(const operation_call& call) {
    return of_role(call) ? "role" : "user";
}

service_error no_inline_policy(const operation_call& call, std::string_view name) {
    return iam_error::no_such_entity(
        fmt::format("The {} policy with name {} cannot be found.", kind(call), name));
}

std::size_t inline_size(const iam_identity& who, std::string_view without) {
    std::size_t out = 0;
    for (const auto& [name, policy] : who.inline_policies)
        if (name != without) out += policy_size(policy.text);
    return out;
}

}  // namespace

service_reply iam_service::put_inline_policy(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const std::string name = text_of(call.input, "PolicyName");
    auto policy = read_policy(text_of(call.input, "PolicyDocument"), policy_kind::identity, 0, {});
    if (!policy) return policy.error();
    const std::size_t max = of_role(call) ? iam_role_inline_max : iam_user_inline_max;
    if (inline_size(**who, name) + policy_size(policy->text) > max)
        return iam_error::limit_exceeded(
            fmt::format("Maximum policy size of {} bytes exceeded for {} {}", max, kind(call), (*who)->name));
    (*who)->inline_policies.insert_or_assign(name, std::move(*policy));
    return std::string{};
}

service_reply iam_service::get_inline_policy(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const std::string name = text_of(call.input, "PolicyName");
    const auto policy = (*who)->inline_policies.find(name);
    if (policy == (*who)->inline_policies.end()) return no_inline_policy(call, name);
    json::writer out;
    out.begin_object()
        .member(of_role(call) ? "RoleName" : "UserName", (*who)->name)
        .member("PolicyName", name);
    out.member("PolicyDocument", percent_encode(policy->second.text)).end_object();
    return out.take();
}

service_reply iam_service::delete_inline_policy(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const std::string name = text_of(call.input, "PolicyName");
    if ((*who)->inline_policies.erase(name) == 0) return no_inline_policy(call, name);
    return std::string{};
}

service_reply iam_service::list_inline_policies(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    by_name<bool> sorted;
    for (const auto& [name, policy] : (*who)->inline_policies) sorted.emplace(name, true);
    std::vector<std::string> names;
    for (const auto& [name, unused] : sorted) names.push_back(name);
    return list_answer(call.input, "PolicyNames", names,
                       [&](json::writer& out, std::size_t i) { out.string(names[i]); });
}

service_reply iam_service::attach_policy(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const auto policy = policy_of(call);
    const std::string arn = text_of(call.input, "PolicyArn");
    if (!policy && policy.error().type != "NoSuchEntity") return policy.error();
    if (!policy)
        return iam_error::no_such_entity(fmt::format("Policy {} does not exist or is not attachable.", arn));
    if ((*who)->attached.contains(arn)) return std::string{};
    if ((*who)->attached.size() >= iam_attached_max)
        return iam_error::over_quota(of_role(call) ? "PoliciesPerRole" : "PoliciesPerUser", iam_attached_max);
    (*who)->attached.insert(arn);
    return std::string{};
}

service_reply iam_service::detach_policy(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const std::string arn = text_of(call.input, "PolicyArn");
    if ((*who)->attached.erase(arn) == 0)
        return iam_error::no_such_entity(fmt::format("Policy {} was not found.", arn));
    return std::string{};
}

service_reply iam_service::list_attached_policies(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const std::string prefix = text_of(call.input, "PathPrefix");
    by_name<const iam_policy*> sorted;
    for (const std::string& arn : (*who)->attached)
        if (const iam_policy* p = store_.find_policy(arn); p != nullptr && p->path.starts_with(prefix))
            sorted.emplace(p->name + "/" + arn, p);  // AWS's policies may share a name with one's own
    std::vector<std::string> keys;
    std::vector<const iam_policy*> policies;
    for (const auto& [key, p] : sorted) {
        keys.push_back(key);
        policies.push_back(p);
    }
    return list_answer(call.input, "AttachedPolicies", keys, [&](json::writer& out, std::size_t i) {
        out.begin_object()
            .member("PolicyName", policies[i]->name)
            .member("PolicyArn", policies[i]->arn)
            .end_object();
    });
}

service_reply iam_service::put_boundary(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const std::string arn = text_of(call.input, "PermissionsBoundary");
    if (store_.find_policy(arn) == nullptr)
        return iam_error::no_such_entity(
            fmt::format("Scope ARN: {} does not exist or is not attachable.", arn));
    (*who)->boundary = arn;
    return std::string{};
}

service_reply iam_service::delete_boundary(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    (*who)->boundary.clear();
    return std::string{};
}

service_reply iam_service::tag_identity(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    const auto added = read_tags(call.input);
    if (!added) return added.error();
    tag_map all = (*who)->tags;
    for (const auto& [key, value] : *added) all.insert_or_assign(key, value);
    if (all.size() > iam_tags_max)
        return iam_error::over_quota(of_role(call) ? "TagsPerRole" : "TagsPerUser", iam_tags_max);
    (*who)->tags = std::move(all);
    return std::string{};
}

service_reply iam_service::untag_identity(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    for (const std::string& key : texts_of(call.input, "TagKeys")) (*who)->tags.erase(key);
    return std::string{};
}

service_reply iam_service::list_identity_tags(const operation_call& call) {
    const auto who = identity_of(call);
    if (!who) return who.error();
    return list_tags_answer(call.input, (*who)->tags);
}

}  // namespace trainyard::aws::local
