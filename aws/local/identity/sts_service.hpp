// STS of the local AWS (Query protocol): AssumeRole and GetCallerIdentity. Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/base/query_text.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/identity/identity_store.hpp"

namespace trainyard::aws::local {

// One ErrorResponse document of STS, and of requests that no service takes.
std::string sts_error(const service_error& e, std::string_view request_id);

inline constexpr std::string_view sts_version = "2011-06-15";
inline constexpr std::string_view sts_namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

class sts_service {
public:
    // Both outlive the service.
    sts_service(identity_store& identities, rng& random) : identities_(identities), random_(random) {}

    // The XML document of a 200 answer. `type` of an error is the Query code.
    service_reply handle(const query_parameters& parameters, const principal& who,
                         std::string_view request_id, wall_time now);

private:
    service_reply assume_role(const query_parameters& p, std::string_view request_id, wall_time now);
    identity_store& identities_;
    rng& random_;
};

}  // namespace trainyard::aws::local
