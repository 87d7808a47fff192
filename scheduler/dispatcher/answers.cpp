#include "scheduler/dispatcher/answers.hpp"

namespace trainyard::dispatcher {

using lifecycle::create_outcome;

create_outcome to_outcome(const aws::api_error& e) {
    switch (e.kind) {
        case aws::failure::throttled:
        case aws::failure::conflict:
        case aws::failure::unreachable: return create_outcome::refused_for_now;
        case aws::failure::quota_exceeded: return create_outcome::refused_by_quota;
        case aws::failure::already_exists: return create_outcome::name_taken;
        case aws::failure::access_denied:
        case aws::failure::bad_credentials: return create_outcome::refused_access;
        case aws::failure::not_found: return create_outcome::refused_request;
        case aws::failure::invalid_request:
            // A role needs up to a minute to become assumable after its creation.
            return e.message.starts_with("Could not assume role") ? create_outcome::refused_access
                                                                  : create_outcome::refused_request;
        case aws::failure::service_fault:
        case aws::failure::effect_unknown:
        case aws::failure::cancelled: return create_outcome::unknown;
    }
    return create_outcome::unknown;
}

lifecycle::sighting to_sighting(const aws::sagemaker::job_description& j) {
    lifecycle::sighting s{j.status, j.secondary_status, j.failure_reason, j.arn, j.model_artifacts};
    s.billable_seconds = j.billable_seconds.value_or(0);
    if (j.ended)
        s.ran_seconds =
            std::chrono::duration_cast<std::chrono::seconds>(*j.ended - j.started.value_or(j.created))
                .count();
    return s;
}

static_assert(lifecycle::kind_count == aws::sagemaker::job_kinds);
aws::sagemaker::job_kind to_aws(lifecycle::kind k) {
    return static_cast<aws::sagemaker::job_kind>(k);
}

}  // namespace trainyard::dispatcher
