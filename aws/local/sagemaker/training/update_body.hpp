// UpdateTrainingJob's effect on what a job was asked to do. Pure.
#pragma once

#include <string>

#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

// The stored request with the update's ProfilerConfig merged into its own, its KeepAlivePeriodInSeconds in
// ResourceConfig, and its ProfilerRuleConfigurations and RemoteDebugConfig in place of the old ones.
std::string updated_body(json::value stored, json::value update);

}  // namespace trainyard::aws::local::sagemaker
