#include "aws/local/quotas/sagemaker_quotas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/local/model/shapes.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::quotas {
namespace {

struct known {
    const char *code, *name;
    double value;
};

// Requests a second, not adjustable.
constexpr std::array<known, 24> rates{{
    {"L-21A1652A", "CreateTrainingJob", 1},
    {"L-B57580F5", "StopTrainingJob", 1},
    {"L-5C11C23E", "UpdateTrainingJob", 1},
    {"L-96E3A68C", "DescribeTrainingJob", 5},
    {"L-DE587792", "ListTrainingJobs", 2},
    {"L-9C2FFCB7", "CreateTransformJob", 1},
    {"L-9EB87FF0", "StopTransformJob", 1},
    {"L-5FDD3816", "DescribeTransformJob", 5},
    {"L-3AAF267A", "ListTransformJobs", 2},
    {"L-BA5EF415", "CreateModel", 1},
    {"L-E2274DDA", "DeleteModel", 1},
    {"L-7FADB696", "DescribeModel", 5},
    {"L-254EBA2C", "ListModels", 2},
    {"L-C48C555A", "CreateEndpointConfig", 1},
    {"L-C4717561", "DeleteEndpointConfig", 1},
    {"L-B50E4FC3", "DescribeEndpointConfig", 5},
    {"L-206CAD5E", "ListEndpointConfigs", 2},
    {"L-56A14E33", "CreateEndpoint", 1},
    {"L-E6623D00", "UpdateEndpoint", 1},
    {"L-0AFC5B08", "DeleteEndpoint", 1},
    {"L-A0EB0A2A", "DescribeEndpoint", 5},
    {"L-35C54F5F", "ListEndpoints", 2},
    {"L-AD9316E0", "UpdateEndpointWeightsAndCapacities", 1},
    {"L-612DD414", "InvokeEndpoint", 10'000},
}};

constexpr std::array<known, 20> totals{{
    {"L-00C91CB5", "Number of instances across training jobs", 30},
    {"L-93958082", "Number of instances across spot training jobs", 20},
    {"L-622CFD70", "Number of instances for a training job", 20},
    {"L-DB62C864", "Number of instances for a spot training job", 20},
    {"L-F311B08F", "Number of instances across processing jobs", 75},
    {"L-A5D63399", "Number of instances for a processing job", 20},
    {"L-60D2A6F0", "Number of instances across transform jobs", 20},
    {"L-7A3DF611", "Number of instances across active endpoints", 200},
    {"L-ED8DEE9B", "Number of instances for an endpoint", 200},
    {"L-33A961FD", "Longest run time for a training job", 432'000},
    {"L-EA47BDD3", "Longest run time for a processing job", 432'000},
    {"L-C5A266EB", "Size of EBS volume for an instance", 1'024},
    {"L-E8EADE50", "Maximum number of pipelines allowed per account", 500},
    {"L-F88776CD", "Maximum number of concurrent pipeline executions allowed per account", 200},
    {"L-CED6A634", "Maximum number of parameters allowed per pipeline", 200},
    {"L-729F2471", "Maximum number of steps allowed per pipeline", 50},
    {"L-A24D873D", "Pipeline execution timeout in hours", 672},
    {"L-9D782CC7", "Maximum number of parallel hyperparameter tuning jobs", 100},
    {"L-EAC49F53", "Maximum number of training jobs per hyperparameter tuning job", 500},
    {"L-11294128", "Maximum number of parallel training jobs per hyperparameter tuning job", 10},
}};

// Per-type quotas whose code and default are known.
constexpr std::array<known, 7> types{{
    {"L-09B4A649", "ml.p4d.24xlarge for training job usage", 0},
    {"L-B6D80D9C", "ml.g5.xlarge for training job usage", 1},
    {"L-DE07CBDF", "ml.g5.xlarge for spot training job usage", 0},
    {"L-3F53BF0F", "ml.g4dn.xlarge for training job usage", 1},
    {"L-D438008E", "ml.p3.2xlarge for training job usage", 1},
    {"L-611FA074", "ml.m5.large for training job usage", 30},
    {"L-CCE2AFA6", "ml.m5.xlarge for training job usage", 30},
}};

// What a new account may use of a type whose default is not known: nothing that accelerates.
double usual_default(std::string_view type, std::string_view use) {
    constexpr double plain = 20;
    constexpr std::array<std::string_view, 5> accelerated{"ml.p", "ml.g", "ml.trn", "ml.inf", "ml.dl"};
    const bool dear = std::any_of(accelerated.begin(), accelerated.end(),
                                  [&](std::string_view family) { return type.starts_with(family); });
    return dear || use == "training warm pool usage" ? 0 : plain;
}

void add_types(std::vector<quota_definition>& out, std::string_view shape_name, std::string_view use) {
    const auto& model = model::sagemaker_model();
    const auto shape = std::find_if(model.shapes.begin(), model.shapes.end(),
                                    [&](const model::shape& s) { return s.name == shape_name; });
    TY_CHECK(shape != model.shapes.end(), "SageMaker's model lists its instance types");
    for (const std::string_view type : model.values_of(*shape)) {
        const std::string name = fmt::format("{} for {}", type, use);
        if (std::any_of(types.begin(), types.end(), [&](const known& k) { return k.name == name; })) continue;
        out.push_back({made_up_code(name), name, usual_default(type, use)});
    }
}

}  // namespace

std::vector<quota_definition> sagemaker_quotas() {
    std::vector<quota_definition> out;
    for (const known& k : totals) out.push_back({k.code, k.name, k.value});
    for (const known& k : types) out.push_back({k.code, k.name, k.value});
    for (const known& k : rates)
        out.push_back({k.code, fmt::format("Rate of {} requests", k.name), k.value, false, false, "None"});
    add_types(out, "TrainingInstanceType", "training job usage");
    add_types(out, "TrainingInstanceType", "spot training job usage");
    add_types(out, "TrainingInstanceType", "training warm pool usage");
    add_types(out, "ProcessingInstanceType", "processing job usage");
    add_types(out, "TransformInstanceType", "transform job usage");
    add_types(out, "ProductionVariantInstanceType", "endpoint usage");
    return out;
}

}  // namespace trainyard::aws::local::quotas
