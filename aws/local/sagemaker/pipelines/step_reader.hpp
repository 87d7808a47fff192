// The Steps of a definition: their members by type, and who waits for whom. Pure.
#pragma once

#include <string_view>

#include "aws/local/sagemaker/pipelines/definition.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// 1 to `max` letters, digits, '-' and '_'.
bool is_identifier(std::string_view name, std::size_t max);
std::optional<value_type> read_value_type(json::value v);

// Adds the steps to a definition that has its parameters already.
result<void> read_steps(json::value list, definition& out);

}  // namespace trainyard::aws::local::sagemaker::pipelines
