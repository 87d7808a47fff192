// The operations on models, endpoint configurations and endpoints: each takes a request that has passed the
// model's constraints, and a store that has been advanced to the time of the call.
#pragma once

#include <span>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/resources/resource_store.hpp"

namespace trainyard::aws::local::sagemaker::resources {

struct resource_operation {
    std::string_view name;
    service_reply (*answer)(resource_store& store, const operation_call& call);
    std::string_view without_effect{};  // as in operation_row
};

std::span<const resource_operation> model_operations();
std::span<const resource_operation> config_operations();
std::span<const resource_operation> endpoint_operations();

// As Search tells it.
std::string model_record(const stored& m);
// DescribeModel's answer.
std::string describe_model(const stored& m);

}  // namespace trainyard::aws::local::sagemaker::resources
