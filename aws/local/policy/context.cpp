#include "aws/local/policy/context.hpp"

namespace trainyard::aws::local {

policy_context context_of(const principal& who) {
    const std::string_view arn = who.arn;
    const auto after = [arn](std::string_view mark) {
        const auto at = arn.find(mark);
        return at == std::string_view::npos ? std::string_view{} : arn.substr(at + mark.size());
    };
    policy_context out{{"aws:principalaccount", who.account.str()},
                       {"aws:principalarn", who.role_arn.empty() ? who.arn : who.role_arn},
                       {"aws:securetransport", "true"},
                       {"aws:userid", who.user_id}};
    if (const auto user = after(":user/"); !user.empty()) {
        out.emplace("aws:principaltype", "User");
        out.emplace("aws:username", std::string{user.substr(user.rfind('/') + 1)});
    } else if (!after(":assumed-role/").empty()) {
        out.emplace("aws:principaltype", "AssumedRole");
    } else if (!after(":federated-user/").empty()) {
        out.emplace("aws:principaltype", "FederatedUser");
    } else {
        out.emplace("aws:principaltype", "Account");
    }
    return out;
}

void add_time(policy_context& context, wall_time now) {
    context.insert_or_assign("aws:currenttime", to_iso8601(now));
    context.insert_or_assign("aws:epochtime", std::to_string(to_unix_millis(now) / 1000));
}

}  // namespace trainyard::aws::local
