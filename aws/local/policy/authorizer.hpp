// The one question of every service of the local AWS before it acts: may this caller do this?
#pragma once

#include <optional>
#include <string>

#include "aws/local/base/service.hpp"
#include "aws/local/policy/evaluate.hpp"

namespace trainyard::aws::local {

class authorizer {
public:
    virtual ~authorizer() = default;

    // `context` holds what the service knows; what is known of every caller and of the time is added here.
    // `resource` is the policy of the resource, if it has one; `owner` is its account.
    virtual access_decision authorize(const principal& who, const access& what, const account_id& owner,
                                      const policy_document* resource, wall_time now) const = 0;
};

// Who signs for an account may do everything in it; a resource's policy lets others in, and denies.
class open_authorizer final : public authorizer {
public:
    static const open_authorizer& instance();

    access_decision authorize(const principal& who, const access& what, const account_id& owner,
                              const policy_document* resource, wall_time now) const override;
};

// "User: ARN is not authorized to perform: sqs:SendMessage on resource: ARN because no identity-based policy
// allows the sqs:SendMessage action".
std::string denial_text(const principal& who, const access& what, const access_decision& denied);

}  // namespace trainyard::aws::local
