// The pipeline operations over a store: each takes a request that has passed the model's constraints.
#pragma once

#include <span>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_store.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// What an operation works on. The store has been advanced to the time of the call.
struct desk {
    pipeline_store& store;
    job_runner& jobs;
};

struct pipeline_operation {
    std::string_view name;
    service_reply (*answer)(desk d, const operation_call& call);
    std::string_view without_effect{}, refused{};  // as in operation_row
};

std::span<const pipeline_operation> pipeline_operations();   // of pipelines
std::span<const pipeline_operation> execution_operations();  // of executions and steps

std::optional<std::size_t> read_parallel_max(json::value input);

}  // namespace trainyard::aws::local::sagemaker::pipelines
