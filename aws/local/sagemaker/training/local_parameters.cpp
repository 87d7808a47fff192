#include "aws/local/sagemaker/training/local_parameters.hpp"

#include <fmt/format.h>

#include <charconv>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

// FailureReason of the SageMaker model.
constexpr std::size_t failure_reason_max = 1024;

service_error wrong(std::string_view name, std::string_view want) {
    return validation_exception(fmt::format("HyperParameters: {} must be {}.", name, want));
}

std::optional<duration> read_seconds(std::string_view text, duration most) {
    double seconds = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const double limit = std::chrono::duration<double>{most}.count();
    if (code != std::errc{} || end != text.data() + text.size() || !(seconds >= 0 && seconds <= limit))
        return std::nullopt;
    return std::chrono::round<duration>(std::chrono::duration<double>{seconds});
}

}  // namespace

std::optional<service_error> read_local_parameters(json::value parameters, create_input& out) {
    job_plan& plan = out.request.plan;
    if (const auto text = parameters.find(local_seconds_parameter).string()) {
        const auto read = read_seconds(*text, runtime_limit);
        if (!read) return wrong(local_seconds_parameter, "a number of seconds, 0 to 2419200");
        plan.training = *read;
    }
    if (const auto text = parameters.find(local_stop_parameter).string()) {
        const auto read = read_seconds(*text, stop_grace_max);
        if (!read) return wrong(local_stop_parameter, "a number of seconds, 0 to 120");
        plan.stop_grace = *read;
    }
    const auto text = parameters.find(local_outcome_parameter).string();
    if (!text) return std::nullopt;
    out.outcome_is_set = true;
    if (*text == "Completed") return std::nullopt;
    std::string_view reason = *text;
    const std::string_view prefix = "Failed:";
    if (!reason.starts_with(prefix))
        return wrong(local_outcome_parameter, "Completed, or Failed: and a FailureReason");
    reason.remove_prefix(prefix.size());
    while (reason.starts_with(' ')) reason.remove_prefix(1);
    if (reason.empty() || reason.size() > failure_reason_max)
        return wrong(local_outcome_parameter, "Failed: and a FailureReason of 1 to 1024 bytes");
    attempt_plan& attempt = plan.attempts.front();
    attempt.failure_reason = reason;
    attempt.ends = reason.starts_with("CapacityError") ? attempt_plan::ending::fails_at_start
                                                       : attempt_plan::ending::fails_at_end;
    return std::nullopt;
}

}  // namespace trainyard::aws::local::sagemaker
