// The HyperParameters of create_input.hpp. Pure.
#pragma once

#include <optional>

#include "aws/local/sagemaker/training/create_input.hpp"

namespace trainyard::aws::local::sagemaker {

// Nothing: read into `out`.
std::optional<service_error> read_local_parameters(json::value hyper_parameters, create_input& out);

}  // namespace trainyard::aws::local::sagemaker
