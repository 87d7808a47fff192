#include "aws/local/policy/authorizer.hpp"

#include <fmt/format.h>

namespace trainyard::aws::local {

const open_authorizer& open_authorizer::instance() {
    static const open_authorizer one;
    return one;
}

access_decision open_authorizer::authorize(const principal& who, const access& what, const account_id& owner,
                                           const policy_document* resource, wall_time now) const {
    access full = what;
    full.context.merge(context_of(who));
    add_time(full.context, now);
    policy_stack policies;
    policies.identity = {&administrator_policy()};
    policies.resource = resource;
    policies.same_account = who.account == owner;
    return decide(policies, who, full);
}

std::string denial_text(const principal& who, const access& what, const access_decision& denied) {
    return fmt::format("User: {} is not authorized to perform: {}{}{} {}", who.arn, what.action,
                       what.resource == "*" ? "" : " on resource: ",
                       what.resource == "*" ? "" : what.resource, reason_text(denied, what.action));
}

}  // namespace trainyard::aws::local
