#include "aws/local/sagemaker/pipelines/retry_policy.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

struct named_exception {
    std::string_view name;
    exception_type type;
};
constexpr named_exception exceptions[] = {
    {"Step.SERVICE_FAULT", exception_type::service_fault},
    {"Step.THROTTLING", exception_type::throttling},
    {"SageMaker.JOB_INTERNAL_ERROR", exception_type::job_internal_error},
    {"SageMaker.CAPACITY_ERROR", exception_type::capacity_error},
    {"SageMaker.RESOURCE_LIMIT", exception_type::resource_limit},
};
constexpr double wait_seconds_max = 24.0 * 3600;

error refuse(std::string_view where, std::string_view what) {
    return {errc::invalid_argument, std::string{where} + ": " + std::string{what}};
}

// A number of a policy, or its default; nothing when it is none or out of range.
std::optional<double> number(json::value policy, std::string_view member, double otherwise, double min,
                             double max) {
    const json::value v = policy.find(member);
    if (v.is_null()) return otherwise;
    const auto n = v.number();
    if (!n || *n < min || *n > max) return std::nullopt;
    return n;
}

result<retry_policy> read_policy(json::value v, std::string_view where) {
    retry_policy out;
    const json::value types = v.find("ExceptionType");
    if (types.size() == 0) return refuse(where, "ExceptionType has to name at least one exception");
    for (const json::value type : types.elements()) {
        const auto found = std::find_if(std::begin(exceptions), std::end(exceptions),
                                        [&](const named_exception& e) { return type.string() == e.name; });
        if (found == std::end(exceptions)) return refuse(where, "unknown ExceptionType");
        out.on.push_back(found->type);
    }
    const auto interval = number(v, "IntervalSeconds", 1, 0, wait_seconds_max);
    const auto backoff = number(v, "BackoffRate", 2, 0, 100);
    const auto attempts = number(v, "MaxAttempts", 5, 1, retry_attempts_max);
    const auto expire = number(v, "ExpireAfterMin", 0, 0, 28.0 * 24 * 60);
    if (!interval) return refuse(where, "IntervalSeconds is no number from 0 to 86400");
    if (!backoff) return refuse(where, "BackoffRate is no number from 0 to 100");
    if (!attempts || *attempts != std::floor(*attempts))
        return refuse(where, "MaxAttempts is no integer from 1 to 20");
    if (!expire) return refuse(where, "ExpireAfterMin is no number from 0 to 40320");
    out.interval_seconds = *interval;
    out.backoff_rate = *backoff;
    out.attempts_max = static_cast<int>(*attempts);
    if (!v.find("ExpireAfterMin").is_null())
        out.expire_after =
            std::chrono::duration_cast<duration>(std::chrono::duration<double, std::ratio<60>>{*expire});
    return out;
}

}  // namespace

result<std::vector<retry_policy>> read_retry_policies(json::value list, std::string_view where) {
    std::vector<retry_policy> out;
    if (list.is_null()) return out;
    if (!list.is_array()) return refuse(where, "RetryPolicies is no list");
    if (list.size() > retry_policies_max) return refuse(where, "at most 5 RetryPolicies");
    for (const json::value v : list.elements()) {
        auto policy = read_policy(v, where);
        if (!policy) return policy.error();
        out.push_back(*std::move(policy));
    }
    return out;
}

std::optional<exception_type> classify_refusal(std::string_view code, int status) {
    if (code == "ThrottlingException") return exception_type::throttling;
    if (code == "ResourceLimitExceeded") return exception_type::resource_limit;
    if (status >= 500) return exception_type::service_fault;
    return std::nullopt;
}

std::optional<exception_type> classify_failure(std::string_view failure_reason) {
    if (failure_reason.starts_with("CapacityError")) return exception_type::capacity_error;
    if (failure_reason.starts_with("InternalServerError")) return exception_type::job_internal_error;
    return std::nullopt;
}

std::optional<duration> wait_before_retry(const std::vector<retry_policy>& policies, exception_type what,
                                          int tries, duration since_start) {
    for (const retry_policy& p : policies) {
        if (std::find(p.on.begin(), p.on.end(), what) == p.on.end()) continue;
        if (tries > p.attempts_max || (p.expire_after && since_start >= *p.expire_after)) return std::nullopt;
        const double seconds =
            std::min(wait_seconds_max, p.interval_seconds * std::pow(p.backoff_rate, tries - 1));
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>{seconds});
    }
    return std::nullopt;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
