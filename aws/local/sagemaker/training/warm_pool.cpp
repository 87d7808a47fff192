#include "aws/local/sagemaker/training/warm_pool.hpp"

#include <algorithm>
#include <cmath>

namespace trainyard::aws::local::sagemaker {
namespace {

// A list of names, whatever their order.
std::string sorted(json::value list) {
    std::vector<std::string> names;
    for (const json::value v : list.elements()) names.push_back(json::to_text(v));
    std::sort(names.begin(), names.end());
    std::string out;
    for (const std::string& n : names) out.append(n).append(",");
    return out;
}

bool flag(json::value input, std::string_view member) {
    return input.find(member).boolean().value_or(false);
}

}  // namespace

std::string pool_shape(json::value input) {
    const json::value resources = input.find("ResourceConfig"), vpc = input.find("VpcConfig");
    if (resources.find("InstanceType").is_null()) return "";
    std::string out = json::to_text(input.find("RoleArn"));
    for (const char* member : {"InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId"})
        out.append("|").append(json::to_text(resources.find(member)));
    out.append("|").append(sorted(vpc.find("SecurityGroupIds")));
    out.append("|").append(sorted(vpc.find("Subnets")));
    for (const bool on :
         {flag(input, "EnableInterContainerTrafficEncryption"), flag(input, "EnableNetworkIsolation"),
          flag(input.find("SessionChainingConfig"), "EnableSessionTagChaining")})
        out.append(on ? "|1" : "|0");
    return out;
}

bool leaves_pool(const training_job& job) {
    if (job.request.keep_alive <= duration{}) return false;
    if (status_of(job.timeline.outcome()) != job_status::failed) return true;
    const std::string& reason = job.request.plan.attempts.back().failure_reason;
    return reason.starts_with("AlgorithmError") || reason.starts_with("ClientError");
}

wall_time pool_expiry(const training_job& job, double time_scale) {
    const wall_time kept = job.timeline.end() + scaled(job.request.keep_alive, time_scale);
    const wall_time longest = job.pool_begun + scaled(pool_chain_limit, time_scale);
    return std::max(job.timeline.end(), std::min(kept, longest));
}

std::optional<pool_view> view_pool(const training_job& job, double time_scale, wall_time now) {
    const wall_time end = job.timeline.end();
    const bool asked = job.request.keep_alive > duration{} || job.pool_ended;
    if (!asked) return std::nullopt;
    if (now < end) return pool_view{"InUse", {}, {}};
    const wall_time over = job.pool_ended     ? *job.pool_ended
                           : leaves_pool(job) ? pool_expiry(job, time_scale)
                                              : end;
    if (now < over) return pool_view{"Available", {}, {}};
    const double retained = std::chrono::duration<double>{std::max(over, end) - end}.count() * time_scale;
    return pool_view{job.reused_by.empty() ? "Terminated" : "Reused", job.reused_by, std::llround(retained)};
}

void write_pool(json::writer& out, const pool_view& pool) {
    out.key("WarmPoolStatus").begin_object().member("Status", pool.status);
    if (pool.retained_seconds) out.member("ResourceRetainedBillableTimeInSeconds", *pool.retained_seconds);
    if (!pool.reused_by.empty()) out.member("ReusedByJob", pool.reused_by);
    out.end_object();
}

}  // namespace trainyard::aws::local::sagemaker
