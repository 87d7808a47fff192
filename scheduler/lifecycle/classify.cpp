#include "scheduler/lifecycle/classify.hpp"

#include <array>
#include <utility>

namespace trainyard::lifecycle {
namespace {

// Prefixes of FailureReason. What matches nothing is the user's: an unknown failure repeated costs money.
constexpr std::array<std::pair<std::string_view, end_class>, 5> failure_reasons{{
    {"CapacityError", end_class::capacity},
    {"InternalServerError", end_class::platform},
    {"InternalFailure", end_class::platform},
    {"AlgorithmError", end_class::user},
    {"ClientError", end_class::user},
}};

}  // namespace

std::string_view to_string(end_class c) {
    switch (c) {
        case end_class::success: return "success";
        case end_class::capacity: return "capacity";
        case end_class::interruption: return "interruption";
        case end_class::platform: return "platform";
        case end_class::user: return "user";
        case end_class::time_limit: return "time_limit";
        case end_class::stopped: return "stopped";
        case end_class::not_ended: return "not_ended";
    }
    return "unknown";
}

end_class classify_end(std::string_view status, std::string_view secondary_status,
                       std::string_view failure_reason) {
    if (status == "Completed") return end_class::success;
    if (status == "Stopped") {
        if (secondary_status == "MaxRuntimeExceeded") return end_class::time_limit;
        if (secondary_status == "MaxWaitTimeExceeded" || secondary_status == "Interrupted")
            return end_class::interruption;
        return end_class::stopped;
    }
    if (status != "Failed") return end_class::not_ended;
    for (const auto& [prefix, c] : failure_reasons)
        if (failure_reason.starts_with(prefix)) return c;
    if (failure_reason.find("InsufficientInstanceCapacity") != std::string_view::npos)
        return end_class::capacity;
    return end_class::user;
}

}  // namespace trainyard::lifecycle
