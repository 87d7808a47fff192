// What CreateHyperParameterTuningJob asks for, read once; and the training jobs that come of it. Pure.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/tuning/search_strategy.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

// Our own bound of MaxNumberOfTrainingJobs; AWS's quota is 500 unless raised.
inline constexpr std::uint64_t trials_max = 10'000;
// What AWS starts when the request names no number of training jobs but another way to end.
inline constexpr std::uint64_t trials_otherwise = 500;

struct tuning_objective {
    std::string metric;
    bool maximize = true;
};

// One TrainingJobDefinition.
struct tuned_definition {
    std::string name;  // DefinitionName; empty in a request with a single definition
    search_space space;
    tuning_objective objective;
    instance_counts instances{};  // of one training job
    bool spot = false;
};

struct tuning_plan {
    search_kind strategy = search_kind::bayesian;
    std::uint64_t seed = 0;
    std::uint64_t trials = 1, parallel = 1;  // trials: how many training jobs at most
    std::optional<duration> max_runtime;     // SageMaker's own seconds
    bool early_stopping = false;             // Auto; Hyperband stops early by itself
    std::optional<double> target;            // TargetObjectiveMetricValue
    std::optional<std::uint64_t> not_improving_max;
    std::vector<tuned_definition> definitions;  // trials take turns among them
    std::vector<std::string> parents;           // of a warm start
    bool same_algorithm = false;                // the warm start is IdenticalDataAndAlgorithm

    const tuned_definition& definition_of(std::uint64_t trial) const {
        return definitions[trial % definitions.size()];
    }
    // Which trial of its definition that is.
    std::uint64_t turn_of(std::uint64_t trial) const { return trial / definitions.size(); }
};

// The input satisfies the model's constraints. `seed`: used unless the request has a RandomSeed.
boost::system::result<tuning_plan, service_error> read_tuning_plan(json::value input, std::uint64_t seed);

// The input of CreateTrainingJob for a trial: the definition's members, the tags of the tuning job, and the
// hyperparameters, tuned ones over static ones.
std::string trial_request(json::value input, const tuning_plan& plan, std::uint64_t trial,
                          std::string_view name, const parameter_values& values);

// The definition of a trial in the request.
json::value definition_in(json::value input, const tuning_plan& plan, std::uint64_t trial);

}  // namespace trainyard::aws::local::sagemaker
