// When a step whose job failed, or could not be created, is tried again. Pure.
// Source: SageMaker Developer Guide, "Retry Policy for Pipeline Steps".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

enum class exception_type : unsigned char {
    service_fault,       // Step.SERVICE_FAULT: 5xx of the create call
    throttling,          // Step.THROTTLING
    job_internal_error,  // SageMaker.JOB_INTERNAL_ERROR
    capacity_error,      // SageMaker.CAPACITY_ERROR
    resource_limit,      // SageMaker.RESOURCE_LIMIT
};
inline constexpr std::size_t retry_policies_max = 5;
inline constexpr int retry_attempts_max = 20;

struct retry_policy {
    std::vector<exception_type> on;
    double interval_seconds = 1;
    double backoff_rate = 2;
    int attempts_max = 5;
    std::optional<duration> expire_after;  // since the step began
};

// `where` prefixes the message of an error.
result<std::vector<retry_policy>> read_retry_policies(json::value list, std::string_view where);

// By the error of a create call, or by how the FailureReason of a job begins.
std::optional<exception_type> classify_refusal(std::string_view code, int status);
std::optional<exception_type> classify_failure(std::string_view failure_reason);

// How long to wait before the try after `tries` failed ones, in SageMaker's own time; nothing: give up.
// `since_start` is how long the step has been going.
std::optional<duration> wait_before_retry(const std::vector<retry_policy>& policies, exception_type what,
                                          int tries, duration since_start);

}  // namespace trainyard::aws::local::sagemaker::pipelines
