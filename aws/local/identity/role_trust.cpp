#include "aws/local/identity/role_trust.hpp"

#include <fmt/format.h>

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

// "123456789012" of an ARN; empty when it is none.
std::string account_of(std::string_view arn) {
    std::size_t from = 0;
    for (int i = 0; i < 4; ++i) {
        from = arn.find(':', from);
        if (from == std::string_view::npos) return {};
        ++from;
    }
    return std::string{arn.substr(from, arn.find(':', from) - from)};
}

}  // namespace

role_trust::looked_up role_trust::look_up(std::string_view role_arn, wall_time now) const {
    if (const iam_role* role = store_.find_role(role_arn)) {
        if (now < role->created + options_.role_delay) return {state::closed, nullptr};
        return {state::known, role};
    }
    const auto parts = parse_iam_arn(role_arn);
    const iam_account* in = parts ? store_.find_account(parts->account) : nullptr;
    const bool other_path = in && in->roles.contains(parts->name);
    if (options_.strict_roles || other_path || store_.was_deleted(role_arn)) return {state::closed, nullptr};
    return {state::unknown, nullptr};
}

bool role_trust::lets_in(const iam_role& role, const principal& who, const access& what,
                         wall_time now) const {
    access full = what;
    add_time(full.context, now);
    for (const auto& [key, value] : context_of(who)) full.context.insert_or_assign(key, value);
    const policy_verdict trusted = evaluate(role.trust.document, who, full);
    if (trusted.denied || trusted.allowed == grant::none) return false;
    const auto parts = parse_iam_arn(role.arn);
    if (parts->account == who.account && trusted.allowed != grant::account) {
        // The trust policy is permission enough, unless the caller's own policies deny it.
        const auto own = permissions_.authorize(who, what, who.account, &role.trust.document, now);
        return own.allowed();
    }
    return permissions_.authorize(who, what, who.account, nullptr, now).allowed();
}

bool role_trust::lets_in(const iam_role& role, const requester& who, const access& what) {
    const policy_verdict trusted = evaluate(role.trust.document, who, what);
    return !trusted.denied && trusted.allowed != grant::none;
}

role_answer role_trust::check(const role_use& use) const {
    const std::string arn{use.role_arn};
    access pass{"iam:PassRole", arn, {{"iam:passedtoservice", std::string{use.service}}}};
    if (!use.resource_arn.empty())
        pass.context.emplace("iam:associatedresourcearn", std::string{use.resource_arn});
    const auto passed = permissions_.authorize(use.caller, pass, use.caller.account, nullptr, use.now);
    if (!passed.allowed()) return {role_outcome::pass_role_denied, denial_text(use.caller, pass, passed)};
    const looked_up found = look_up(arn, use.now);
    if (found.is == state::unknown) return {};
    const requester service{requester::kind::service, std::string{use.service}};
    access assume{"sts:AssumeRole", arn, {}};
    if (!use.resource_arn.empty()) {
        assume.context.emplace("aws:sourcearn", std::string{use.resource_arn});
        assume.context.emplace("aws:sourceaccount", account_of(use.resource_arn));
    }
    add_time(assume.context, use.now);
    if (found.is == state::known && lets_in(*found.role, service, assume)) return {};
    return {role_outcome::not_assumable,
            fmt::format(
                "Could not assume role {}. Please ensure that the role exists and allows principal '{}' to "
                "assume the role.",
                arn, use.service)};
}

}  // namespace trainyard::aws::local
