#include "scheduler/lifecycle/classify.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace trainyard::lifecycle {
namespace {

// Texts of FailureReason, in the order in which they are tried. What matches nothing is the user's: an
// unknown failure repeated costs money. Tuning jobs and executions tell the reason of a part of them inside a
// sentence of their own, so the text is looked for anywhere; the user's own codes go first, for a container
// may write whatever it likes into the text behind them.
constexpr std::array<std::pair<std::string_view, end_class>, 9> failure_reasons{{
    {"AlgorithmError", end_class::user},
    {"ClientError", end_class::user},
    {"CapacityError", end_class::capacity},
    {"InsufficientInstanceCapacity", end_class::capacity},
    {"Unable to provision requested ML compute capacity", end_class::capacity},
    {"InternalServerError", end_class::platform},
    {"InternalFailure", end_class::platform},
    {"InternalServiceError", end_class::platform},
    {"We encountered an internal error", end_class::platform},
}};

struct status_row {
    std::string_view status;
    phase where;
};
constexpr std::array<status_row, 5> of_jobs{{
    {"InProgress", phase::under_way},
    {"Completed", phase::ended},
    {"Failed", phase::ended},
    {"Stopped", phase::ended},
    {"Stopping", phase::stopping},
}};
constexpr std::array<status_row, 5> of_executions{{
    {"Executing", phase::under_way},
    {"Succeeded", phase::ended},
    {"Failed", phase::ended},
    {"Stopped", phase::ended},
    {"Stopping", phase::stopping},
}};
// An endpoint ends by failing or by being deleted; a failed one can only be deleted.
constexpr std::array<status_row, 9> of_endpoints{{
    {"Creating", phase::under_way},
    {"OutOfService", phase::under_way},
    {"InService", phase::serving},
    {"Updating", phase::serving},
    {"SystemUpdating", phase::serving},
    {"RollingBack", phase::serving},
    {"UpdateRollbackFailed", phase::serving},
    {"Deleting", phase::stopping},
    {"Failed", phase::ended},
}};

template <std::size_t N>
phase find(const std::array<status_row, N>& rows, std::string_view status) {
    for (const status_row& r : rows)
        if (r.status == status) return r.where;
    return phase::unknown;
}

end_class of_failure(std::string_view reason) {
    for (const auto& [text, c] : failure_reasons)
        if (reason.starts_with(text)) return c;
    for (const auto& [text, c] : failure_reasons)
        if (reason.find(text) != std::string_view::npos) return c;
    return end_class::user;
}

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

phase phase_of(kind k, std::string_view status) {
    switch (k) {
        case kind::pipeline: return find(of_executions, status);
        case kind::endpoint: return find(of_endpoints, status);
        default: return find(of_jobs, status);
    }
}

end_class classify_end(kind k, std::string_view status, std::string_view secondary_status,
                       std::string_view failure_reason) {
    if (phase_of(k, status) != phase::ended) return end_class::not_ended;
    if (status == "Failed") return of_failure(failure_reason);
    if (status != "Stopped") return end_class::success;
    if (secondary_status == "MaxRuntimeExceeded") return end_class::time_limit;
    if (secondary_status == "MaxWaitTimeExceeded" || secondary_status == "Interrupted")
        return end_class::interruption;
    return end_class::stopped;
}

std::optional<stated_limit> read_stated_limit(std::string_view message) {
    constexpr std::string_view before = "service limit '", between = "' is ", after = " Instances";
    const auto cut = [&message](std::string_view mark) {
        const auto at = message.find(mark);
        const std::string_view head = message.substr(0, at);
        message = at == std::string_view::npos ? std::string_view{} : message.substr(at + mark.size());
        return head;
    };
    cut(before);
    const std::string_view use = cut(between), number = cut(after);
    stated_limit out{use.substr(0, use.find(' ')), 0};
    const auto read = std::from_chars(number.data(), number.data() + number.size(), out.instances);
    if (number.empty() || read.ec != std::errc{} || read.ptr != number.data() + number.size())
        return std::nullopt;
    if (!out.instance_type.starts_with("ml.") || out.instances < 0) return std::nullopt;
    return out;
}

}  // namespace trainyard::lifecycle
