// CreateTrainingJob's input as the job store takes it. Pure.
#pragma once

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/job_store.hpp"

namespace trainyard::aws::local {

// HyperParameters that say how a job goes in the local AWS; the README explains them.
inline constexpr std::string_view local_seconds_parameter = "trainyard-local-seconds";
inline constexpr std::string_view local_outcome_parameter = "trainyard-local-outcome";

// Refuses what SageMaker refuses of these members; members it does not know pass through.
boost::system::result<job_request, service_error> read_create_training_job(json::value input);

// The Tags member of an input, at most 50.
std::map<std::string, std::string> read_tags(validation& check, json::value input, bool required);

}  // namespace trainyard::aws::local
