// STS of the local AWS: AssumeRole and GetCallerIdentity. Pure.
#pragma once

#include "aws/local/base/service.hpp"
#include "aws/local/identity/identity_store.hpp"

namespace trainyard::aws::local {

class sts_service {
public:
    // Both outlive the service.
    sts_service(identity_store& identities, rng& random) : identities_(identities), random_(random) {}

    // `type` of an error is the Query code.
    service_reply handle(const operation_call& call);

private:
    service_reply assume_role(const operation_call& call);
    identity_store& identities_;
    rng& random_;
};

}  // namespace trainyard::aws::local
