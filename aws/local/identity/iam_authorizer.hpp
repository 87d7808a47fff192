// IAM's answer to "may this caller do this?". Pure.
#pragma once

#include "aws/local/identity/identity_options.hpp"
#include "aws/local/identity/identity_store.hpp"
#include "aws/local/policy/authorizer.hpp"

namespace trainyard::aws::local {

// By the caller's policies, its permissions boundary and its session's policies. The built-in keys are
// administrators, and so are sessions of roles that nobody created (options.strict_roles: these may do
// nothing).
class iam_authorizer final : public authorizer {
public:
    // Both outlive this.
    iam_authorizer(const iam_store& store, const identity_store& identities, const identity_options& options)
        : store_(store), identities_(identities), options_(options) {}

    access_decision authorize(const principal& who, const access& what, const account_id& owner,
                              const policy_document* resource, wall_time now) const override;

private:
    // Administrators have no identity: nothing limits them but their session's policies.
    struct permissions {
        const iam_identity* who = nullptr;
        bool administrator = false;
    };
    permissions permissions_of(std::string_view owner_arn) const;

    const iam_store& store_;
    const identity_store& identities_;
    const identity_options& options_;
};

}  // namespace trainyard::aws::local
