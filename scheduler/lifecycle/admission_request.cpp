#include <fmt/format.h>

#include "engine/base/encoding.hpp"
#include "scheduler/lifecycle/admission_checks.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr std::size_t own_tags = 5, tags_max = 50;
constexpr std::int64_t day = 86400;
constexpr std::int64_t runtime_max = 28 * day;  // of a training job; the longest that is planned with
constexpr std::int64_t processing_runtime_max = 777'600;  // SageMaker's model
constexpr std::int64_t tuning_runtime_min = 120, tuning_runtime_max = 15'768'000;
constexpr std::int64_t parallel_max = 1'000;  // training jobs of one tuning job at once; AWS's default is 10
constexpr std::size_t resources_max = 20;     // kinds of instances in one job

refused read_count(json::value v, const std::string& pointer, std::int64_t low, std::int64_t high,
                   std::int64_t& out) {
    const auto n = v.integer();
    if (!n || *n < low || *n > high)
        return refuse(pointer, fmt::format("must be a whole number from {} to {}", low, high));
    out = *n;
    return {};
}

void add(job_facts& facts, std::string resource, std::int64_t instances) {
    for (demand_item& d : facts.demand) {
        if (d.resource != resource) continue;
        d.instances += instances;
        return;
    }
    facts.demand.push_back({std::move(resource), instances});
}

bool is_instance_type(std::string_view s) {
    return s.starts_with("ml.") && s.size() <= 64 &&
           s.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
}

refused read_holder(json::value holder, const std::string& pointer, bool spot, std::int64_t times,
                    job_facts& facts) {
    const auto type = holder.find("InstanceType").string();
    if (!type || !is_instance_type(*type))
        return refuse(pointer + "/InstanceType", "must be an instance type such as ml.m5.xlarge");
    std::int64_t count = 0;
    if (auto r =
            read_count(holder.find("InstanceCount"), pointer + "/InstanceCount", 1, instances_limit, count))
        return r;
    add(facts, std::string{*type} + (spot ? ":spot" : ""), count * times);
    return {};
}

refused read_list(json::value list, const std::string& pointer, bool spot, std::int64_t times,
                  job_facts& facts) {
    if (!list.is_array()) return refuse(pointer, "must be a list");
    std::size_t index = 0;
    for (const json::value g : list.elements())
        if (auto r = read_holder(g, fmt::format("{}/{}", pointer, index++), spot, times, facts)) return r;
    return {};
}

refused read_cluster(json::value owner, const std::string& at, std::string_view member, bool spot,
                     std::int64_t times, job_facts& facts) {
    const std::string pointer = at + "/" + std::string{member};
    const json::value config = owner.find(member);
    if (!config.is_object()) return refuse(pointer, "is required: instance type and count are the demand");
    const json::value groups = config.find("InstanceGroups");
    if (groups.size() > 0) return read_list(groups, pointer + "/InstanceGroups", spot, times, facts);
    // SageMaker takes the first of these that it can get, and each of them is quota that it may take.
    const json::value choices = config.find("InstanceConfigs");
    if (choices.size() > 0) return read_list(choices, pointer + "/InstanceConfigs", spot, times, facts);
    return read_holder(config, pointer, spot, times, facts);
}

bool is_spot(json::value v) {
    return v.find("EnableManagedSpotTraining").boolean().value_or(false);
}

refused require(json::value request, const std::string& at, std::initializer_list<std::string_view> members) {
    for (const std::string_view m : members)
        if (!request.find(m).is_object()) return refuse(at + "/" + std::string{m}, "is required");
    return {};
}

refused require_role(json::value owner, const std::string& at) {
    if (owner.find("RoleArn").is_string()) return {};
    return refuse(at + "/RoleArn", "is required; \"${pool.execution_role}\" is the normal value");
}

refused read_runtime(json::value condition, const std::string& at, std::int64_t high, job_facts& facts) {
    const json::value limit = condition.find("MaxRuntimeInSeconds");
    if (!limit.exists()) return {};
    return read_count(limit, at + "/StoppingCondition/MaxRuntimeInSeconds", 1, high,
                      facts.max_runtime_seconds);
}

refused read_training(json::value request, const std::string& at, job_facts& facts) {
    if (auto r = require(request, at, {"AlgorithmSpecification", "OutputDataConfig", "StoppingCondition"}))
        return r;
    if (auto r = require_role(request, at)) return r;
    if (auto r = read_cluster(request, at, "ResourceConfig", is_spot(request), 1, facts)) return r;
    return read_runtime(request.find("StoppingCondition"), at, runtime_max, facts);
}

// The training jobs of a tuning job run at most so many at once, each of any of its definitions: of every
// resource the largest of them, so many times.
refused read_definition(json::value d, const std::string& at, std::int64_t times, job_facts& facts) {
    if (auto r = require(d, at, {"AlgorithmSpecification", "OutputDataConfig", "StoppingCondition"}))
        return r;
    if (auto r = require_role(d, at)) return r;
    job_facts one;
    const bool own = d.find("HyperParameterTuningResourceConfig").is_object();
    if (auto r = read_cluster(d, at, own ? "HyperParameterTuningResourceConfig" : "ResourceConfig",
                              is_spot(d), times, one))
        return r;
    for (const demand_item& x : one.demand) {
        const auto known = std::find_if(facts.demand.begin(), facts.demand.end(),
                                        [&](const demand_item& y) { return y.resource == x.resource; });
        if (known == facts.demand.end())
            facts.demand.push_back(x);
        else
            known->instances = std::max(known->instances, x.instances);
    }
    return {};
}

refused read_tuning(json::value request, const std::string& at, job_facts& facts) {
    if (auto r = require(request, at, {"HyperParameterTuningJobConfig"})) return r;
    const std::string limits_at = at + "/HyperParameterTuningJobConfig/ResourceLimits";
    const json::value limits = request.find("HyperParameterTuningJobConfig").find("ResourceLimits");
    std::int64_t parallel = 0;
    if (auto r = read_count(limits.find("MaxParallelTrainingJobs"), limits_at + "/MaxParallelTrainingJobs", 1,
                            parallel_max, parallel))
        return r;
    facts.max_runtime_seconds = runtime_max;
    if (const json::value v = limits.find("MaxRuntimeInSeconds"); !v.is_null()) {
        if (auto r = read_count(v, limits_at + "/MaxRuntimeInSeconds", tuning_runtime_min, tuning_runtime_max,
                                facts.max_runtime_seconds))
            return r;
        facts.max_runtime_seconds = std::min(facts.max_runtime_seconds, runtime_max);
    }
    const json::value one = request.find("TrainingJobDefinition"),
                      many = request.find("TrainingJobDefinitions");
    if (!many.is_null() && !many.is_array()) return refuse(at + "/TrainingJobDefinitions", "must be a list");
    if (!one.is_object() && many.size() == 0)
        return refuse(at + "/TrainingJobDefinition", "or TrainingJobDefinitions is required");
    if (one.is_object())
        if (auto r = read_definition(one, at + "/TrainingJobDefinition", parallel, facts)) return r;
    std::size_t index = 0;
    for (const json::value d : many.elements())
        if (auto r =
                read_definition(d, fmt::format("{}/TrainingJobDefinitions/{}", at, index++), parallel, facts))
            return r;
    return {};
}

refused read_processing(json::value request, const std::string& at, job_facts& facts) {
    if (auto r = require(request, at, {"AppSpecification", "ProcessingResources"})) return r;
    if (auto r = require_role(request, at)) return r;
    if (auto r = read_cluster(request.find("ProcessingResources"), at + "/ProcessingResources",
                              "ClusterConfig", false, 1, facts))
        return r;
    return read_runtime(request.find("StoppingCondition"), at, processing_runtime_max, facts);
}

refused read_transform(json::value request, const std::string& at, job_facts& facts) {
    if (auto r = require(request, at, {"TransformInput", "TransformOutput", "TransformResources"})) return r;
    if (!request.find("ModelName").is_string()) return refuse(at + "/ModelName", "is required");
    return read_cluster(request, at, "TransformResources", false, 1, facts);
}

// {"ml.m5.xlarge": 2, "ml.g5.2xlarge:spot": 1}: the most that runs at once.
refused read_resources(json::value resources, job_facts& facts) {
    if (!resources.is_object() || resources.size() == 0)
        return refuse("/resources", "is required for this kind: instances by type, {\"ml.m5.xlarge\": 2}");
    if (resources.size() > resources_max)
        return refuse("/resources", fmt::format("at most {} instance types", resources_max));
    for (auto i = resources.members().begin(); i != resources.members().end(); ++i) {
        const std::string pointer = "/resources/" + json::pointer_token(i.key());
        std::string_view type = i.key();
        if (type.ends_with(":spot")) type.remove_suffix(5);
        if (!is_instance_type(type))
            return refuse(pointer, "must be an instance type such as ml.m5.xlarge or ml.m5.xlarge:spot");
        std::int64_t count = 0;
        if (auto r = read_count(*i, pointer, 1, instances_limit, count)) return r;
        add(facts, std::string{i.key()}, count);
    }
    return {};
}

refused read_pipeline(json::value envelope, json::value request, const std::string& at, job_facts& facts) {
    const auto name = request.find("PipelineName").string();
    if (!name || name->empty() || name->size() > 2048) return refuse(at + "/PipelineName", "is required");
    if (name->find("${") != std::string_view::npos)
        return refuse(at + "/PipelineName",
                      "is a name without placeholders; every pool has its own pipeline");
    facts.terms.target = std::string{*name};
    facts.max_runtime_seconds = runtime_max;  // SageMaker ends an execution after 672 hours
    return read_resources(envelope.find("resources"), facts);
}

refused read_variants(json::value list, const std::string& pointer, job_facts& facts) {
    if (!list.is_null() && !list.is_array()) return refuse(pointer, "must be a list");
    std::size_t index = 0;
    for (const json::value v : list.elements()) {
        const std::string at = fmt::format("{}/{}", pointer, index++);
        if (v.find("ServerlessConfig").is_object()) continue;
        const auto type = v.find("InstanceType").string();
        if (!type || !is_instance_type(*type))
            return refuse(at + "/InstanceType", "must be an instance type such as ml.m5.xlarge");
        std::int64_t count = 0, most = 0;
        if (auto r = read_count(v.find("InitialInstanceCount"), at + "/InitialInstanceCount", 1,
                                instances_limit, count))
            return r;
        const json::value scaling = v.find("ManagedInstanceScaling").find("MaxInstanceCount");
        if (!scaling.is_null())
            if (auto r = read_count(scaling, at + "/ManagedInstanceScaling/MaxInstanceCount", 1,
                                    instances_limit, most))
                return r;
        add(facts, std::string{*type}, std::max(count, most));
    }
    return {};
}

// The configuration is one that stands in every pool, by its name, and `resources` tell what it takes; or it
// comes along and is made with the endpoint.
refused read_endpoint(json::value envelope, json::value request, const std::string& at, job_facts& facts) {
    facts.max_runtime_seconds =
        facts.terms.lifetime_seconds > 0 ? std::min(facts.terms.lifetime_seconds, runtime_max) : runtime_max;
    const json::value config = request.find("EndpointConfig");
    const bool named = request.find("EndpointConfigName").is_string();
    if (named == config.is_object() || (!named && request.find("EndpointConfigName").exists()))
        return refuse(at + "/EndpointConfigName",
                      "or EndpointConfig, as of CreateEndpointConfig, is required");
    if (named) return read_resources(envelope.find("resources"), facts);
    facts.terms.own_config = true;
    const std::string inside = at + "/EndpointConfig";
    if (!envelope.find("resources").is_null())
        return refuse("/resources", "the demand is read from the configuration's variants");
    for (const std::string_view ours : {"EndpointConfigName", "Tags"})
        if (config.find(ours).exists())
            return refuse(inside + "/" + std::string{ours}, "is Trainyard's to write");
    for (const std::string_view list : {"ProductionVariants", "ShadowProductionVariants"})
        if (auto r = read_variants(config.find(list), inside + "/" + std::string{list}, facts)) return r;
    if (facts.demand.empty())
        return refuse(inside + "/ProductionVariants",
                      "is required: instance types and counts are the demand");
    return {};
}

refused check_tags(json::value tags, const std::string& at) {
    if (tags.size() + own_tags > tags_max)
        return refuse(at + "/Tags",
                      fmt::format("at most {} tags: Trainyard adds {}", tags_max - own_tags, own_tags));
    std::size_t index = 0;
    for (const json::value t : tags.elements()) {
        if (t.find("Key").string().value_or("").starts_with("trainyard:"))
            return refuse(fmt::format("{}/Tags/{}/Key", at, index),
                          "keys that begin with 'trainyard:' are Trainyard's own");
        ++index;
    }
    return {};
}

refused read_by_kind(kind k, json::value envelope, json::value request, const std::string& at,
                     job_facts& facts) {
    switch (k) {
        case kind::training: return read_training(request, at, facts);
        case kind::tuning: return read_tuning(request, at, facts);
        case kind::processing: return read_processing(request, at, facts);
        case kind::transform: return read_transform(request, at, facts);
        case kind::pipeline: return read_pipeline(envelope, request, at, facts);
        case kind::endpoint: return read_endpoint(envelope, request, at, facts);
    }
    return {};
}

}  // namespace

refused read_request(json::value envelope, json::value request, const std::string& at,
                     const tenant_rules& tenant, job_facts& facts) {
    const kind k = kind_of(facts);
    if (!row_of(k).stated_demand && !envelope.find("resources").is_null())
        return refuse("/resources",
                      fmt::format("the demand of a {} job is read from its request", to_string(k)));
    if (k != kind::endpoint && facts.terms.lifetime_seconds > 0)
        return refuse("/lifetime_seconds", "only an endpoint has a lifetime");
    if (auto r = read_by_kind(k, envelope, request, at, facts)) return r;
    if (facts.demand.empty()) return refuse(at, "states no instances, and what it takes must be known");
    if (auto r = check_tags(request.find("Tags"), at)) return r;
    return check_reach(request, at, tenant, facts.tenant);
}

}  // namespace trainyard::lifecycle
