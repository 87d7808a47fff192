// The operations of processing and transform jobs.
#pragma once

#include <functional>

#include "aws/local/sagemaker/batch/batch_jobs.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"

namespace trainyard::aws::local::sagemaker {

// `jobs` are of the kind and outlive the table.
void add_processing_operations(operation_table& table, batch_jobs& jobs);

// Whether the caller's account has a model of that name in the call's region.
using model_exists = std::function<bool(const operation_call& call, std::string_view name)>;
void add_transform_operations(operation_table& table, batch_jobs& jobs, model_exists exists);

}  // namespace trainyard::aws::local::sagemaker
