#include "aws/local/identity/iam_authorizer.hpp"

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {

iam_authorizer::permissions iam_authorizer::permissions_of(std::string_view owner_arn) const {
    if (const iam_role* role = store_.find_role(owner_arn)) return {role, false};
    if (const iam_user* user = store_.find_user(owner_arn)) return {user, false};
    const auto parts = parse_iam_arn(owner_arn);
    if (parts && parts->kind == "role")
        return {nullptr, !options_.strict_roles && !store_.was_deleted(owner_arn)};
    return {nullptr, is_builtin_user(owner_arn)};
}

access_decision iam_authorizer::authorize(const principal& who, const access& what, const account_id& owner,
                                          const policy_document* resource, wall_time now) const {
    const session_facts* session = identities_.facts_of(who.access_key_id);
    const permissions held = permissions_of(session ? std::string_view{session->owner_arn} : who.arn);
    access full = what;
    add_time(full.context, now);
    for (const auto& [key, value] : context_of(who)) full.context.insert_or_assign(key, value);
    // Tags of the session stand above those of the role.
    if (session) {
        for (const auto& [key, value] : session->tags)
            full.context.emplace("aws:principaltag/" + lower(key), value);
        if (!session->source_identity.empty())
            full.context.emplace("aws:sourceidentity", session->source_identity);
    }
    policy_stack policies;
    policies.resource = resource;
    policies.same_account = who.account == owner;
    if (held.administrator) policies.identity = {&administrator_policy()};
    if (held.who) {
        for (const auto& [key, value] : held.who->tags)
            full.context.emplace("aws:principaltag/" + lower(key), value);
        auto own = store_.policies_of(*held.who);
        policies.identity = std::move(own.identity);
        policies.boundary = own.boundary;
    }
    if (session && session->limited) {
        policies.in_session_policies = true;
        for (const policy_document& p : session->policies) policies.session.push_back(&p);
    }
    return decide(policies, who, full);
}

}  // namespace trainyard::aws::local
