// Why an attempt ended, folded into what to do about it. A versioned table over status, secondary status and
// FailureReason (texts: AWS, "Asynchronous failures" of training jobs).
#pragma once

#include <string_view>

namespace trainyard::lifecycle {

inline constexpr int classification_version = 1;

enum class end_class {
    success,
    capacity,      // no instances to be had; try again later or elsewhere
    interruption,  // spot capacity was reclaimed or never came
    platform,      // SageMaker's own fault
    user,          // the job's code, data, image or role; trying again would fail again
    time_limit,    // MaxRuntimeInSeconds was reached
    stopped,       // StopTrainingJob
    not_ended,     // InProgress, Stopping, Deleting, or a status that this version does not know
};
std::string_view to_string(end_class c);

end_class classify_end(std::string_view status, std::string_view secondary_status,
                       std::string_view failure_reason);

// Whether another attempt of the same job makes sense.
constexpr bool is_retryable(end_class c) {
    return c == end_class::capacity || c == end_class::interruption || c == end_class::platform;
}

}  // namespace trainyard::lifecycle
