#include "tests/simulation/work.hpp"

#include <fmt/format.h>

#include "engine/base/check.hpp"
#include "engine/base/json.hpp"

namespace trainyard::simulation {
namespace {

using lifecycle::kind;

std::string training_members(std::string_view role, std::string_view output, std::int64_t count,
                             std::int64_t seconds, bool spot) {
    return fmt::format(
        R"("AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File"}},"RoleArn":"{}",)"
        R"("OutputDataConfig":{{"S3OutputPath":"{}"}},)"
        R"("ResourceConfig":{{"InstanceType":"{}","InstanceCount":{},"VolumeSizeInGB":1}},{})"
        R"("HyperParameters":{{"trainyard-local-seconds":"{}"}},"StoppingCondition":{{"MaxRuntimeInSeconds":7200{}}})",
        role, output, demanded_resource, count, spot ? R"("EnableManagedSpotTraining":true,)" : "", seconds,
        spot ? R"(,"MaxWaitTimeInSeconds":14400)" : "");
}

std::string tuning_members(std::string_view role, std::string_view output, std::int64_t seconds) {
    return fmt::format(
        R"("HyperParameterTuningJobConfig":{{"Strategy":"Random",)"
        R"("HyperParameterTuningJobObjective":{{"Type":"Minimize","MetricName":"loss"}},)"
        R"("ResourceLimits":{{"MaxNumberOfTrainingJobs":3,"MaxParallelTrainingJobs":2}},)"
        R"("ParameterRanges":{{"ContinuousParameterRanges":[{{"Name":"lr","MinValue":"0.1","MaxValue":"1"}}]}}}},)"
        R"("TrainingJobDefinition":{{"AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File",)"
        R"("MetricDefinitions":[{{"Name":"loss","Regex":"loss=([0-9.]+);"}}]}},"RoleArn":"{}",)"
        R"("OutputDataConfig":{{"S3OutputPath":"{}"}},"StoppingCondition":{{"MaxRuntimeInSeconds":7200}},)"
        R"("ResourceConfig":{{"InstanceType":"{}","InstanceCount":1,"VolumeSizeInGB":1}},)"
        R"("StaticHyperParameters":{{"trainyard-local-seconds":"{}"}}}})",
        role, output, demanded_resource, seconds);
}

std::string processing_members(std::string_view role, std::int64_t seconds) {
    return fmt::format(
        R"("AppSpecification":{{"ImageUri":"i"}},"RoleArn":"{}","Environment":{{"TRAINYARD_LOCAL_SECONDS":"{}"}},)"
        R"("ProcessingResources":{{"ClusterConfig":{{"InstanceType":"{}","InstanceCount":1,"VolumeSizeInGB":1}}}})",
        role, seconds, demanded_resource);
}

std::string transform_members(std::int64_t seconds) {
    return fmt::format(
        R"("ModelName":"m","Environment":{{"TRAINYARD_LOCAL_SECONDS":"{}"}},)"
        R"("TransformInput":{{"DataSource":{{"S3DataSource":{{"S3DataType":"S3Prefix","S3Uri":"s3://b/in"}}}}}},)"
        R"("TransformOutput":{{"S3OutputPath":"s3://b/out"}},)"
        R"("TransformResources":{{"InstanceType":"{}","InstanceCount":1}})",
        seconds, demanded_resource);
}

std::string role_of(const std::string& account) {
    return "arn:aws:iam::" + account + ":role/exec";
}

}  // namespace

std::string make_message(const plan& p, rng& r) {
    if (r.chance(p.broken_message)) {
        const char* const broken[] = {"", "{", R"({"kind":"training"})",
                                      R"({"kind":"no such kind","request":{}})"};
        return broken[r.below(4)];
    }
    const char* const priorities[] = {"low", "normal", "high"};
    const bool poison = r.chance(p.poison);
    const bool spot = r.chance(p.spot);
    const std::int64_t seconds = r.between(p.seconds_min, p.seconds_max), count = r.between(1, 2);
    kind k = kind::training;
    if (r.chance(p.other_kinds)) k = static_cast<kind>(1 + r.below(lifecycle::kind_count - 1));
    std::string more, request;
    const std::string_view role = "${pool.execution_role}", output = "${pool.bucket}/out";
    const std::string stated = fmt::format(R"(,"resources":{{"{}":1}})", demanded_resource);
    switch (k) {
        case kind::training: request = training_members(role, output, count, seconds, spot); break;
        case kind::tuning: request = tuning_members(role, output, seconds); break;
        case kind::processing: request = processing_members(role, seconds); break;
        case kind::transform: request = transform_members(seconds); break;
        case kind::pipeline:
            more = stated;
            request = R"("PipelineName":"p")";
            break;
        case kind::endpoint:
            more = stated + fmt::format(R"(,"lifetime_seconds":{})", seconds);
            request = R"("EndpointConfigName":"c")";
            break;
    }
    // One after the other: the order of arguments is the compiler's.
    const std::int64_t attempts = r.between(1, 4);
    const std::string_view priority = priorities[r.below(3)];
    const std::string& tenant = p.tenants[r.below(p.tenants.size())];
    const std::uint64_t number = r.below(1000);
    return fmt::format(
        R"({{"kind":"{}","name":"{}-{}","tenant":"{}","priority":"{}","max_attempts":{}{},"request":{{{}}}}})",
        lifecycle::to_string(k), poison ? poison_mark : "job", number, tenant, priority, attempts, more,
        request);
}

std::vector<std::pair<std::string, std::string>> preparations(const std::string& account) {
    json::writer w;
    w.begin_object().member("PipelineName", "p");
    w.member("ClientRequestToken", std::string_view{std::string(32, 'a')});
    w.member(
        "PipelineDefinition",
        std::string_view{fmt::format(
            R"({{"Version":"2020-12-01","Steps":[{{"Name":"s","Type":"Lambda",)"
            R"("FunctionArn":"arn:aws:lambda:us-east-1:{}:function:f","Arguments":{{"trainyard-local-seconds":20}}}}]}})",
            account)});
    w.member("RoleArn", std::string_view{role_of(account)}).end_object();
    return {{"CreateModel",
             fmt::format(R"({{"ModelName":"m","PrimaryContainer":{{"Image":"i"}},"ExecutionRoleArn":"{}"}})",
                         role_of(account))},
            {"CreateEndpointConfig",
             fmt::format(
                 R"({{"EndpointConfigName":"c","ProductionVariants":[{{"VariantName":"v","ModelName":"m",)"
                 R"("InstanceType":"{}","InitialInstanceCount":1}}]}})",
                 demanded_resource)},
            {"CreatePipeline", w.take()}};
}

std::string strangers_request(kind k, std::string_view name, const std::string& account) {
    const std::string role = role_of(account), output = "s3://else/out";
    const auto named = [&](const std::string& members) {
        return fmt::format(R"({{"{}":"{}",{}}})", lifecycle::row_of(k).name_member, name, members);
    };
    switch (k) {
        case kind::training: return named(training_members(role, output, 1, 5, false));
        case kind::tuning: return named(tuning_members(role, output, 5));
        case kind::processing: return named(processing_members(role, 5));
        case kind::transform: return named(transform_members(5));
        case kind::endpoint: return named(R"("EndpointConfigName":"c")");
        case kind::pipeline: break;
    }
    check_failed("kind", "nobody can take the name of an execution", std::source_location::current());
}

}  // namespace trainyard::simulation
