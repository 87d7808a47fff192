#include "aws/local/sqs/queue_policy.hpp"

#include <fmt/format.h>

namespace trainyard::aws::local {
namespace {

error beyond(std::string_view what, std::size_t found, std::size_t limit) {
    return {errc::limit, fmt::format("{} {} were found, maximum allowed is {}.", found, what, limit)};
}

}  // namespace

result<queue_policy> queue_policy::parse(std::string_view text) {
    if (text.size() > max_policy_bytes) return beyond("Bytes", text.size(), max_policy_bytes);
    auto read = policy_document::parse(text, policy_kind::resource);
    if (!read) return read.error();
    const auto& statements = read->statements();
    std::size_t principals = 0, conditions = 0;
    for (const policy_statement& s : statements) {
        principals += s.principals.named;
        conditions += s.conditions.size();
        for (const std::string& action : s.actions.patterns)
            if (action != "*" && !action.starts_with("sqs:"))
                return error{errc::invalid_argument, fmt::format("{} is not an action of SQS", action)};
    }
    if (statements.size() > max_policy_statements)
        return beyond("Statements", statements.size(), max_policy_statements);
    if (principals > max_policy_principals) return beyond("Principals", principals, max_policy_principals);
    if (conditions > max_policy_conditions) return beyond("Conditions", conditions, max_policy_conditions);
    return queue_policy{std::move(*read)};
}

policy_decision queue_policy::evaluate(const requester& who, std::string_view action,
                                       std::string_view resource, const policy_context& context) const {
    const access what{fmt::format("sqs:{}", action), std::string{resource}, context};
    const policy_verdict v = local::evaluate(document_, who, what);
    if (v.denied) return policy_decision::deny;
    return v.allowed == grant::none ? policy_decision::neither : policy_decision::allow;
}

}  // namespace trainyard::aws::local
