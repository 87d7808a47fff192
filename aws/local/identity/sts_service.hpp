// STS of the local AWS: temporary credentials for roles, users and web identities. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/identity/identity_options.hpp"
#include "aws/local/identity/identity_store.hpp"
#include "aws/local/identity/role_trust.hpp"
#include "aws/local/model/operation_table.hpp"

namespace trainyard::aws::local {

// What STS works with; all of it outlives the service.
struct sts_parts {
    identity_store& identities;
    const iam_store& iam;
    const role_trust& trust;
    const identity_options& options;
    rng& random;
};

class sts_service {
public:
    explicit sts_service(sts_parts parts);

    // The table calls back into this.
    sts_service(const sts_service&) = delete;
    sts_service& operator=(const sts_service&) = delete;

    // JSON in and out. `type` of an error is the Query code. AssumeRoleWithWebIdentity looks at no principal.
    service_reply handle(const operation_call& call);
    const model::operation_table& operations() const { return table_; }

private:
    service_reply assume_role(const operation_call& call);
    service_reply assume_role_with_web_identity(const operation_call& call);
    static service_reply get_caller_identity(const operation_call& call);
    service_reply get_session_token(const operation_call& call);
    service_reply get_federation_token(const operation_call& call);
    static service_reply get_access_key_info(const operation_call& call);

    sts_parts parts_;
    model::operation_table table_;
};

}  // namespace trainyard::aws::local
