// Who may become a role: its trust policy, and the leniency towards roles that nobody created. Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/base/role_check.hpp"
#include "aws/local/identity/iam_store.hpp"
#include "aws/local/identity/identity_options.hpp"
#include "aws/local/policy/authorizer.hpp"

namespace trainyard::aws::local {

class role_trust final : public role_check {
public:
    // All outlive this.
    role_trust(const iam_store& store, const authorizer& permissions, const identity_options& options)
        : store_(store), permissions_(permissions), options_(options) {}

    enum class state : unsigned char {
        known,    // decided by its trust policy
        unknown,  // never created: whoever asks may have it
        closed,   // deleted, not yet known everywhere, of another path; or never created and roles are strict
    };
    struct looked_up {
        state is = state::closed;
        const iam_role* role = nullptr;  // of state::known
    };
    looked_up look_up(std::string_view role_arn, wall_time now) const;

    // Whether the role's trust policy lets a principal of this server in. An account that is named leaves it
    // to that account's identity policies; who comes from another account needs theirs in any case.
    bool lets_in(const iam_role& role, const principal& who, const access& what, wall_time now) const;
    // The same for a service or a web identity, which has no policies of its own.
    static bool lets_in(const iam_role& role, const requester& who, const access& what);

    // iam:PassRole of the caller, then whether the role trusts the service.
    role_answer check(const role_use& use) const override;

private:
    const iam_store& store_;
    const authorizer& permissions_;
    const identity_options& options_;
};

}  // namespace trainyard::aws::local
