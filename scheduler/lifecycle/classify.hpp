// Why an attempt ended, folded into what to do about it. A versioned table over kind, status, secondary
// status and FailureReason (texts: AWS, "Asynchronous failures").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

inline constexpr int classification_version = 2;

enum class end_class {
    success,
    capacity,      // no instances to be had; try again later or elsewhere
    interruption,  // spot capacity was reclaimed or never came
    platform,      // SageMaker's own fault
    user,          // the job's code, data, image or role; trying again would fail again
    time_limit,    // MaxRuntimeInSeconds was reached
    stopped,       // the stop operation
    not_ended,     // under way, serving, stopping, or a status that this version does not know
};
std::string_view to_string(end_class c);

// Where a job stands while it has not ended.
enum class phase {
    under_way,
    serving,   // an endpoint that answers
    stopping,  // its end was asked for
    ended,
    unknown,  // a status of a later version: observe, never guess
};

phase phase_of(kind k, std::string_view status);
end_class classify_end(kind k, std::string_view status, std::string_view secondary_status,
                       std::string_view failure_reason);
inline end_class classify_end(std::string_view status, std::string_view secondary_status,
                              std::string_view failure_reason) {
    return classify_end(kind::training, status, secondary_status, failure_reason);
}

// Whether another attempt of the same job makes sense.
constexpr bool is_retryable(end_class c) {
    return c == end_class::capacity || c == end_class::interruption || c == end_class::platform;
}

// The limit that a ResourceLimitExceeded names: "The account-level service limit 'ml.p3.2xlarge for training
// job usage' is 34 Instances, with current utilization of 34 Instances and a request delta of 1 Instances.
// ...". The type is a view of the text. Nothing for any other text: the wording is AWS's to change.
struct stated_limit {
    std::string_view instance_type;
    std::int64_t instances = 0;
};
std::optional<stated_limit> read_stated_limit(std::string_view message);

}  // namespace trainyard::lifecycle
