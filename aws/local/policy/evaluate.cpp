#include "aws/local/policy/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

grant names_aws(const std::string& pattern, const requester& who) {
    if (pattern == who.name) return grant::self;
    if (pattern == who.account || pattern == "arn:aws:iam::" + who.account + ":root") return grant::account;
    if (!who.role_arn.empty() && pattern == who.role_arn) return grant::role;
    // A role is meant with all its sessions: role/path/name against assumed-role/name/session.
    const std::string role = "arn:aws:iam::" + who.account + ":role/";
    const std::string session = "arn:aws:sts::" + who.account + ":assumed-role/";
    if (!pattern.starts_with(role) || !who.name.starts_with(session)) return grant::none;
    const std::string_view name = std::string_view(pattern).substr(pattern.rfind('/') + 1);
    const std::string_view assumed = std::string_view(who.name).substr(session.size());
    return name == assumed.substr(0, assumed.find('/')) ? grant::role : grant::none;
}

grant names(const principal_selection& p, const requester& who) {
    const auto contains = [&who](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), who.name) != list.end() ? grant::self : grant::none;
    };
    grant found = grant::none;
    switch (who.what) {
        case requester::kind::service: found = contains(p.services); break;
        case requester::kind::federated: found = contains(p.federated); break;
        case requester::kind::aws:
            for (const std::string& pattern : p.aws) found = std::max(found, names_aws(pattern, who));
            break;
    }
    // "*" is everybody who signs, and services as well.
    return p.everybody ? std::max(found, grant::role) : found;
}

bool chosen(const selection& from, std::string_view text, const policy_context& context, bool variables) {
    const bool any = std::any_of(from.patterns.begin(), from.patterns.end(), [&](const std::string& p) {
        if (!variables || p.find("${") == std::string::npos) return matches_pattern(p, text);
        const auto expanded = expand(p, context);
        return expanded && matches(*expanded, text);
    });
    return any != from.inverted;
}

// How the statement applies to the request; none: not at all.
grant applies(const policy_statement& s, bool variables, const requester& who, const std::string& action,
              const access& what) {
    if (!chosen(s.actions, action, what.context, false) ||
        !chosen(s.resources, what.resource, what.context, variables))
        return grant::none;
    const principal_selection& p = s.principals;
    grant reach = grant::self;
    if (p.everybody || p.named > 0) {
        reach = names(p, who);
        if (p.inverted) reach = reach == grant::none ? grant::role : grant::none;
    }
    const bool hold = std::all_of(s.conditions.begin(), s.conditions.end(),
                                  [&](const condition& c) { return holds(c, what.context, variables); });
    return hold ? reach : grant::none;
}

policy_verdict evaluate_all(const std::vector<const policy_document*>& policies, const requester& who,
                            const access& what) {
    policy_verdict out;
    for (const policy_document* p : policies) {
        const policy_verdict one = evaluate(*p, who, what);
        out.denied = out.denied || one.denied;
        out.allowed = std::max(out.allowed, one.allowed);
    }
    return out;
}

std::string_view article(policy_source s) {
    switch (s) {
        case policy_source::identity: return "an identity-based policy";
        case policy_source::boundary: return "a permissions boundary";
        case policy_source::session: return "a session policy";
        case policy_source::resource: return "a resource-based policy";
    }
    return {};
}

}  // namespace

policy_verdict evaluate(const policy_document& policy, const requester& who, const access& what) {
    const std::string action = lower(what.action);
    policy_verdict out;
    for (const policy_statement& s : policy.statements()) {
        const grant how = applies(s, policy.has_variables(), who, action, what);
        if (how == grant::none) continue;
        if (s.deny)
            out.denied = true;
        else
            out.allowed = std::max(out.allowed, how);
    }
    return out;
}

access_decision decide(const policy_stack& policies, const requester& who, const access& what) {
    using kind = access_decision::kind;
    const policy_verdict identity = evaluate_all(policies.identity, who, what);
    const policy_verdict session = evaluate_all(policies.session, who, what);
    const policy_verdict boundary =
        policies.boundary ? evaluate(*policies.boundary, who, what) : policy_verdict{};
    const policy_verdict resource =
        policies.resource ? evaluate(*policies.resource, who, what) : policy_verdict{};
    if (identity.denied) return {kind::denied_explicitly, policy_source::identity};
    if (boundary.denied) return {kind::denied_explicitly, policy_source::boundary};
    if (session.denied) return {kind::denied_explicitly, policy_source::session};
    if (resource.denied) return {kind::denied_explicitly, policy_source::resource};

    // Inside an account a resource's policy is enough of a permission. One that names a user or session is
    // not limited by what the boundary and the session policies leave out; one that names the role is.
    if (policies.same_account && resource.allowed == grant::self) return {kind::allowed, {}};
    const bool granted = policies.same_account && resource.allowed == grant::role;
    if (!granted && identity.allowed == grant::none)
        return {kind::denied_implicitly, policy_source::identity};
    if (policies.boundary && boundary.allowed == grant::none)
        return {kind::denied_implicitly, policy_source::boundary};
    if (policies.in_session_policies && session.allowed == grant::none)
        return {kind::denied_implicitly, policy_source::session};
    if (!policies.same_account && resource.allowed == grant::none)
        return {kind::denied_implicitly, policy_source::resource};
    return {kind::allowed, {}};
}

std::string reason_text(const access_decision& denied, std::string_view action) {
    if (denied.what == access_decision::kind::denied_explicitly)
        return fmt::format("with an explicit deny in {}", article(denied.by));
    std::string_view what = article(denied.by);
    what.remove_prefix(what.find(' ') + 1);
    return fmt::format("because no {} allows the {} action", what, action);
}

const policy_document& administrator_policy() {
    static const policy_document all =
        policy_document::parse(
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
            policy_kind::identity)
            .value();
    return all;
}

}  // namespace trainyard::aws::local
