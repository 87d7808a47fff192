// What the local SageMaker does with each parameter of each operation, as a table for people. Pure.
#pragma once

#include <string>

#include "aws/local/sagemaker/common/operation_table.hpp"

namespace trainyard::aws::local::sagemaker {

// Markdown, by operation. From AWS's model and the rows, so that it cannot be wrong about what is missing.
std::string coverage_table(const operation_table& table);

}  // namespace trainyard::aws::local::sagemaker
