// How endpoints look in SageMaker's answers. Pure.
#pragma once

#include <string>

#include "aws/local/sagemaker/resources/resource_store.hpp"

namespace trainyard::aws::local::sagemaker::resources {

std::string describe_endpoint(const live_endpoint& live);
std::string endpoint_record(const live_endpoint& live);  // as Search tells it
void write_summary(const live_endpoint& live, json::writer& out);

}  // namespace trainyard::aws::local::sagemaker::resources
