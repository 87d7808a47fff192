// The Conditions of a condition step: all of them have to hold. Pure.
// Source: SageMaker pipeline definition JSON schema, 2020-12-01.
#pragma once

#include <string>

#include "aws/local/sagemaker/pipelines/expression.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// Types, members and counts of a list of conditions, without values. `where` prefixes messages.
result<void> check_conditions(json::value list, const std::string& where);

// Fails when a value is not there, or two values cannot be compared.
result<bool> holds(json::value conditions, const scope& in);

}  // namespace trainyard::aws::local::sagemaker::pipelines
