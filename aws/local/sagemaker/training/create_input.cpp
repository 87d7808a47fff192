#include "aws/local/sagemaker/training/create_input.hpp"

#include <fmt/format.h>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/training/local_parameters.hpp"
#include "aws/local/sagemaker/training/warm_pool.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using refusal = std::optional<service_error>;

duration seconds_of(json::value v, duration otherwise) {
    const auto n = v.integer();
    return n ? duration{std::chrono::seconds{*n}} : otherwise;
}

// Either one type and count, or groups of them.
refusal read_instances(json::value config, training_request& out) {
    const json::value groups = config.find("InstanceGroups");
    const auto type = config.find("InstanceType").string();
    const auto count = config.find("InstanceCount").integer();
    if (groups.size() > 0 && (type || count))
        return validation_exception(
            "ResourceConfig must have either InstanceGroups or InstanceType and InstanceCount, not both.");
    if (groups.size() == 0 && (!type || !count))
        return validation_exception(
            "ResourceConfig must have InstanceType and InstanceCount, or InstanceGroups.");
    const auto add = [&](std::string_view t, std::int64_t n) { out.instances[std::string{t}] += n; };
    if (type) add(*type, *count);
    for (const json::value g : groups.elements())
        add(*g.find("InstanceType").string(), *g.find("InstanceCount").integer());
    for (const auto& [t, n] : out.instances)
        if (n < 1) return validation_exception("InstanceCount of " + t + " must be at least 1.");
    return std::nullopt;
}

refusal read_keep_alive(json::value config, training_request& out) {
    out.keep_alive = seconds_of(config.find("KeepAlivePeriodInSeconds"), {});
    if (out.keep_alive <= duration{}) return std::nullopt;
    if (out.spot)
        return validation_exception(
            "KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining.");
    if (config.find("InstanceGroups").size() > 0)
        return validation_exception("KeepAlivePeriodInSeconds is not supported with InstanceGroups.");
    if (!out.training_plan.empty())
        return validation_exception("KeepAlivePeriodInSeconds is not supported with a training plan.");
    return std::nullopt;
}

refusal read_stopping(json::value condition, training_request& out) {
    out.plan.max_runtime = seconds_of(condition.find("MaxRuntimeInSeconds"), runtime_default);
    if (out.plan.max_runtime > runtime_limit)
        return validation_exception(
            fmt::format("MaxRuntimeInSeconds must be at most {}.",
                        std::chrono::duration_cast<std::chrono::seconds>(runtime_limit).count()));
    out.max_pending = seconds_of(condition.find("MaxPendingTimeInSeconds"), out.max_pending);
    const json::value wait = condition.find("MaxWaitTimeInSeconds");
    if (!out.spot)
        return wait.is_null() ? std::nullopt
                              : refusal{validation_exception("MaxWaitTimeInSeconds is supported only with "
                                                             "EnableManagedSpotTraining.")};
    out.plan.max_wait = seconds_of(wait, {});
    if (*out.plan.max_wait < out.plan.max_runtime)
        return validation_exception(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds.");
    return std::nullopt;
}

std::map<std::string, std::string> read_tags(json::value list) {
    std::map<std::string, std::string> out;
    for (const json::value tag : list.elements())
        out.insert_or_assign(std::string{*tag.find("Key").string()},
                             std::string{*tag.find("Value").string()});
    return out;
}

}  // namespace

boost::system::result<create_input, service_error> read_create_training_job(json::value input) {
    create_input out;
    training_request& request = out.request;
    out.name = *input.find("TrainingJobName").string();
    out.retries =
        static_cast<int>(input.find("RetryStrategy").find("MaximumRetryAttempts").integer().value_or(0));
    request.spot = input.find("EnableManagedSpotTraining").boolean().value_or(false);
    request.tags = read_tags(input.find("Tags"));
    request.plan.checkpoints = !input.find("CheckpointConfig").is_null();
    const json::value config = input.find("ResourceConfig");
    request.training_plan = config.find("TrainingPlanArn").string().value_or("");

    const bool serverless = !input.find("ServerlessJobConfig").is_null();
    if (!serverless)
        for (const char* member : {"AlgorithmSpecification", "ResourceConfig", "StoppingCondition"})
            if (input.find(member).is_null())
                return validation_exception(std::string{member} + " is required for a training job.");
    if (!config.is_null())
        if (auto e = read_instances(config, request)) return *std::move(e);
    if (auto e = read_keep_alive(config, request)) return *std::move(e);
    if (auto e = read_stopping(input.find("StoppingCondition"), request)) return *std::move(e);
    if (auto e = read_local_parameters(input.find("HyperParameters"), out)) return *std::move(e);
    if (request.spot && !request.training_plan.empty())
        return validation_exception("EnableManagedSpotTraining is not supported with a training plan.");
    request.pool_shape = pool_shape(input);
    request.body = json::to_text(input);
    return out;
}

}  // namespace trainyard::aws::local::sagemaker
