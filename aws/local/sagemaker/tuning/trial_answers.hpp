// How the training jobs of a tuning job look in its answers. Pure.
#pragma once

#include "aws/local/sagemaker/tuning/tuning_store.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

// A HyperParameterTrainingJobSummary; with the name of the tuning job where it is another one's.
void write_trial(json::writer& out, const tuning_job& job, const trial& t, bool tell_whose);

}  // namespace trainyard::aws::local::sagemaker
