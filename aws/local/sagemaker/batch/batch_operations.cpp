#include "aws/local/sagemaker/batch/batch_operations.hpp"

#include <fmt/format.h>

#include <utility>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::string text(json::value v) {
    return std::string{v.string().value_or("")};
}

batch_request read_processing(json::value in) {
    batch_request out;
    out.name = text(in.find("ProcessingJobName"));
    const json::value cluster = in.find("ProcessingResources").find("ClusterConfig");
    out.instances[text(cluster.find("InstanceType"))] = *cluster.find("InstanceCount").integer();
    const auto runtime = in.find("StoppingCondition").find("MaxRuntimeInSeconds").integer();
    out.max_runtime = runtime ? duration{std::chrono::seconds{*runtime}} : duration{batch_runtime_default};
    out.environment = in.find("Environment");
    out.tags = read_tag_list(in.find("Tags"));
    return out;
}

batch_request read_transform(json::value in) {
    batch_request out;
    out.name = text(in.find("TransformJobName"));
    const json::value resources = in.find("TransformResources");
    out.instances[text(resources.find("InstanceType"))] = *resources.find("InstanceCount").integer();
    out.environment = in.find("Environment");
    out.tags = read_tag_list(in.find("Tags"));
    return out;
}

service_reply create_transform(const operation_call& call, batch_jobs& jobs, const model_exists& exists) {
    const std::string name = text(call.input.find("ModelName"));
    if (!exists(call, name))
        return validation_exception(fmt::format("Could not find model \"arn:aws:sagemaker:{}:{}:model/{}\".",
                                                call.region.str(), call.who.account.str(), name));
    return jobs.create(call, read_transform(call.input));
}

// The same for both kinds.
void add_others(operation_table& table, batch_jobs& jobs, std::string_view describe, std::string_view list,
                std::string_view stop) {
    table.add({describe, [&jobs](const operation_call& c) { return jobs.describe(c); }});
    table.add({list, [&jobs](const operation_call& c) { return jobs.list(c); }});
    table.add({stop, [&jobs](const operation_call& c) { return jobs.stop(c); }});
}

}  // namespace

void add_processing_operations(operation_table& table, batch_jobs& jobs) {
    table.add({"CreateProcessingJob",
               [&jobs](const operation_call& c) { return jobs.create(c, read_processing(c.input)); },
               "ProcessingInputs ProcessingOutputConfig AppSpecification NetworkConfig ExperimentConfig"});
    add_others(table, jobs, "DescribeProcessingJob", "ListProcessingJobs", "StopProcessingJob");
    table.add({"DeleteProcessingJob", [&jobs](const operation_call& c) { return jobs.remove(c); }});
}

void add_transform_operations(operation_table& table, batch_jobs& jobs, model_exists exists) {
    table.add({"CreateTransformJob",
               [&jobs, exists = std::move(exists)](const operation_call& c) {
                   return create_transform(c, jobs, exists);
               },
               "MaxConcurrentTransforms ModelClientConfig MaxPayloadInMB BatchStrategy TransformInput "
               "TransformOutput "
               "DataCaptureConfig DataProcessing ExperimentConfig"});
    add_others(table, jobs, "DescribeTransformJob", "ListTransformJobs", "StopTransformJob");
}

}  // namespace trainyard::aws::local::sagemaker
