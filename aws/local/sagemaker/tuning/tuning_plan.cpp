#include "aws/local/sagemaker/tuning/tuning_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

template <class T>
using checked = boost::system::result<T, service_error>;

// SageMaker tells the algorithm which metric counts.
constexpr std::string_view objective_parameter = "_tuning_objective_metric";

std::optional<std::uint64_t> read_count(json::value v) {
    const auto n = v.integer();
    return n ? std::optional{static_cast<std::uint64_t>(*n)} : std::nullopt;
}

// The metric has to be one that the algorithm tells; SageMaker's own algorithms, known by name here, tell
// theirs without MetricDefinitions.
checked<tuning_objective> read_objective(json::value objective, json::value definition) {
    const json::value algorithm = definition.find("AlgorithmSpecification");
    if (objective.is_null())
        return validation_exception("A hyperparameter tuning job needs an objective metric.");
    tuning_objective out{std::string{*objective.find("MetricName").string()},
                         objective.find("Type").string() == "Maximize"};
    const json::value known = algorithm.find("MetricDefinitions");
    bool found = known.size() == 0 && !algorithm.find("AlgorithmName").is_null();
    for (const json::value m : known.elements()) found = found || m.find("Name").string() == out.metric;
    if (!found)
        return validation_exception(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the "
            "metric "
            "definitions.");
    return out;
}

// The instances of one training job: ResourceConfig, or the first choice of
// HyperParameterTuningResourceConfig.
struct instance_choice {
    json::value type, count, volume;
};

std::optional<instance_choice> flexible_choice(json::value definition) {
    const json::value flexible = definition.find("HyperParameterTuningResourceConfig");
    if (flexible.is_null()) return std::nullopt;
    const json::value list = flexible.find("InstanceConfigs");
    const json::value from = list.size() > 0 ? list.at(0) : flexible;
    return instance_choice{from.find("InstanceType"), from.find("InstanceCount"),
                           from.find("VolumeSizeInGB")};
}

checked<instance_counts> read_instances(json::value definition) {
    const json::value fixed = definition.find("ResourceConfig");
    const auto flexible = flexible_choice(definition);
    if (fixed.is_null() == !flexible)
        return validation_exception(
            "A training job definition needs exactly one of ResourceConfig and "
            "HyperParameterTuningResourceConfig.");
    instance_counts out;
    const auto add = [&](json::value type, json::value count) {
        const auto t = type.string();
        const auto n = count.integer();
        if (!t || !n || *n < 1) return false;
        out[std::string{*t}] += *n;
        return true;
    };
    bool good = true;
    if (flexible)
        good = add(flexible->type, flexible->count);
    else if (const json::value groups = fixed.find("InstanceGroups"); groups.size() > 0)
        for (const json::value g : groups.elements())
            good = good && add(g.find("InstanceType"), g.find("InstanceCount"));
    else
        good = add(fixed.find("InstanceType"), fixed.find("InstanceCount"));
    if (!good)
        return validation_exception("A training job definition needs an InstanceType and an InstanceCount.");
    return out;
}

checked<tuned_definition> read_definition(json::value in, json::value ranges, json::value objective,
                                          search_kind strategy) {
    tuned_definition out;
    out.name = in.find("DefinitionName").string().value_or("");
    auto space = search_space::read(ranges);
    if (!space) return std::move(space).error();
    out.space = *std::move(space);
    for (const parameter_range& r : out.space.parameters()) {
        if (!in.find("StaticHyperParameters").find(r.name).is_null())
            return validation_exception(
                fmt::format("The hyperparameter '{}' is both static and tuned.", r.name));
        if (strategy == search_kind::grid && r.is != parameter_range::kind::categorical)
            return validation_exception("The Grid strategy takes categorical hyperparameters only.");
    }
    if (out.space.size() == 0 && out.space.fixed().empty())
        return validation_exception("A tuning job needs a range for at least one hyperparameter.");
    auto read = read_objective(objective, in);
    if (!read) return std::move(read).error();
    out.objective = *std::move(read);
    auto instances = read_instances(in);
    if (!instances) return std::move(instances).error();
    out.instances = *std::move(instances);
    out.spot = in.find("EnableManagedSpotTraining").boolean().value_or(false);
    return out;
}

std::optional<service_error> read_definitions(json::value input, tuning_plan& plan) {
    const json::value config = input.find("HyperParameterTuningJobConfig");
    const json::value single = input.find("TrainingJobDefinition"),
                      many = input.find("TrainingJobDefinitions");
    if (single.is_null() == (many.size() == 0))
        return validation_exception(
            "Exactly one of TrainingJobDefinition and TrainingJobDefinitions is required.");
    const auto add = [&](json::value in, json::value ranges,
                         json::value objective) -> std::optional<service_error> {
        auto one = read_definition(in, ranges, objective, plan.strategy);
        if (!one) return std::move(one).error();
        plan.definitions.push_back(*std::move(one));
        return std::nullopt;
    };
    if (!single.is_null())
        return add(single, config.find("ParameterRanges"), config.find("HyperParameterTuningJobObjective"));
    std::set<std::string> names;
    for (const json::value in : many.elements()) {
        if (auto e = add(in, in.find("HyperParameterRanges"), in.find("TuningObjective"))) return e;
        const std::string& name = plan.definitions.back().name;
        if (name.empty() || !names.insert(name).second)
            return validation_exception("Each of TrainingJobDefinitions needs a DefinitionName of its own.");
    }
    return std::nullopt;
}

std::optional<service_error> read_limits(json::value config, tuning_plan& plan) {
    const json::value limits = config.find("ResourceLimits"),
                      criteria = config.find("TuningJobCompletionCriteria");
    const auto trials = read_count(limits.find("MaxNumberOfTrainingJobs"));
    plan.parallel = *read_count(limits.find("MaxParallelTrainingJobs"));
    if (const auto s = limits.find("MaxRuntimeInSeconds").integer())
        plan.max_runtime = std::chrono::seconds{*s};
    plan.target = criteria.find("TargetObjectiveMetricValue").number();
    plan.not_improving_max =
        read_count(criteria.find("BestObjectiveNotImproving").find("MaxNumberOfTrainingJobsNotImproving"));
    plan.trials = trials.value_or(trials_otherwise);
    if (plan.strategy == search_kind::grid) {
        std::uint64_t all = 0;
        for (const tuned_definition& d : plan.definitions)
            all = std::min(trials_max + 1, all + std::min(trials_max + 1, grid_size(d.space)));
        if (trials && *trials != all)
            return validation_exception(fmt::format(
                "MaxNumberOfTrainingJobs must be absent or the number of combinations of the grid, {}.",
                all));
        plan.trials = all;
    } else if (!trials && !plan.max_runtime && !plan.target && !plan.not_improving_max) {
        return validation_exception(
            "A tuning job needs MaxNumberOfTrainingJobs, MaxRuntimeInSeconds or a completion criterion.");
    }
    if (plan.trials > trials_max)
        return of_type("ResourceLimitExceeded",
                       fmt::format("A tuning job can start at most {} training jobs.", trials_max));
    return std::nullopt;
}

void copy(json::writer& out, json::value from, std::initializer_list<const char*> members) {
    for (const char* name : members)
        if (const json::value v = from.find(name); !v.is_null()) out.member(name, v);
}

void write_resources(json::writer& out, json::value definition) {
    const auto choice = flexible_choice(definition);
    if (!choice) return copy(out, definition, {"ResourceConfig"}), void();
    const json::value all = definition.find("HyperParameterTuningResourceConfig");
    out.key("ResourceConfig").begin_object();
    out.member("InstanceType", choice->type).member("InstanceCount", choice->count);
    out.member("VolumeSizeInGB", choice->volume.integer().value_or(1));
    copy(out, all, {"VolumeKmsKeyId"});
    out.end_object();
}

}  // namespace

checked<tuning_plan> read_tuning_plan(json::value input, std::uint64_t seed) {
    const json::value config = input.find("HyperParameterTuningJobConfig");
    tuning_plan plan;
    const auto strategy = read_search_kind(*config.find("Strategy").string());
    TY_CHECK(strategy.has_value(), "the model knows the strategies that are known here");
    plan.strategy = *strategy;
    plan.seed = read_count(config.find("RandomSeed")).value_or(seed);
    const bool by_itself = plan.strategy == search_kind::hyperband;
    const bool asked = config.find("TrainingJobEarlyStoppingType").string() == "Auto";
    if (by_itself && asked)
        return validation_exception(
            "Hyperband stops early by itself: TrainingJobEarlyStoppingType must be Off.");
    plan.early_stopping = by_itself || asked;
    if (auto e = read_definitions(input, plan)) return *std::move(e);
    if (auto e = read_limits(config, plan)) return *std::move(e);
    const json::value warm = input.find("WarmStartConfig");
    for (const json::value p : warm.find("ParentHyperParameterTuningJobs").elements())
        plan.parents.emplace_back(p.find("HyperParameterTuningJobName").string().value_or(""));
    plan.same_algorithm = warm.find("WarmStartType").string() == "IdenticalDataAndAlgorithm";
    return plan;
}

json::value definition_in(json::value input, const tuning_plan& plan, std::uint64_t trial) {
    const json::value many = input.find("TrainingJobDefinitions");
    return many.size() > 0 ? many.at(trial % plan.definitions.size()) : input.find("TrainingJobDefinition");
}

std::string trial_request(json::value input, const tuning_plan& plan, std::uint64_t trial,
                          std::string_view name, const parameter_values& values) {
    const json::value definition = definition_in(input, plan, trial);
    parameter_values all = values;
    all.emplace(objective_parameter, plan.definition_of(trial).objective.metric);
    const auto fixed = definition.find("StaticHyperParameters").members();
    for (auto at = fixed.begin(); at != fixed.end(); ++at)
        if (const auto text = (*at).string()) all.emplace(at.key(), *text);
    json::writer out;
    out.begin_object().member("TrainingJobName", name).key("HyperParameters").begin_object();
    for (const auto& [key, value] : all) out.member(key, value);
    out.end_object();
    copy(out, definition,
         {"AlgorithmSpecification", "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig",
          "StoppingCondition", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption",
          "EnableManagedSpotTraining", "CheckpointConfig", "RetryStrategy", "Environment"});
    write_resources(out, definition);
    copy(out, input, {"Tags"});
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker
