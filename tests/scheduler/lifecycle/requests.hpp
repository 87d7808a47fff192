// A request of every kind, as small as SageMaker takes it.
#pragma once

#include <string>

#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

inline std::string request_of(kind k) {
    const std::string definition =
        R"({"AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},"RoleArn":"${pool.execution_role}",)"
        R"("OutputDataConfig":{"S3OutputPath":"${pool.bucket}/o"},"StoppingCondition":{"MaxRuntimeInSeconds":3600},)"
        R"("ResourceConfig":{"InstanceType":"ml.g5.2xlarge","InstanceCount":2,"VolumeSizeInGB":1}})";
    switch (k) {
        case kind::training: return definition;
        case kind::tuning:
            return R"({"HyperParameterTuningJobConfig":{"Strategy":"Random","ResourceLimits":{"MaxNumberOfTrainingJobs":9,)"
                   R"("MaxParallelTrainingJobs":3}},"TrainingJobDefinition":)" +
                   definition + "}";
        case kind::processing:
            return R"({"AppSpecification":{"ImageUri":"i"},"RoleArn":"${pool.execution_role}","StoppingCondition":{"MaxRuntimeInSeconds":700000},)"
                   R"("ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":4,"VolumeSizeInGB":1}}})";
        case kind::transform:
            return R"({"ModelName":"m","TransformInput":{"DataSource":{}},"TransformOutput":{"S3OutputPath":"s3://b/o"},)"
                   R"("TransformResources":{"InstanceType":"ml.m5.xlarge","InstanceCount":2}})";
        case kind::pipeline:
            return R"({"PipelineName":"nightly","PipelineExecutionDescription":"by ${pool.name}"})";
        case kind::endpoint: return R"({"EndpointConfigName":"c"})";
    }
    return {};
}

inline std::string envelope_of(kind k, const std::string& more = "") {
    const std::string resources =
        row_of(k).stated_demand ? R"(,"resources":{"ml.m5.xlarge":2,"ml.g5.2xlarge:spot":1})" : "";
    return R"({"kind":")" + std::string{to_string(k)} + R"(","name":"Res-net")" + resources + more +
           R"(,"request":)" + request_of(k) + "}";
}

inline constexpr kind every_kind[] = {kind::training,  kind::tuning,   kind::processing,
                                      kind::transform, kind::pipeline, kind::endpoint};

}  // namespace trainyard::lifecycle
