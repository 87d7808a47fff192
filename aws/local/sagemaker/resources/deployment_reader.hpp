// An endpoint configuration as an endpoint takes it over. Pure.
#pragma once

#include <vector>

#include "aws/local/sagemaker/resources/resource_store.hpp"

namespace trainyard::aws::local::sagemaker::resources {

deployment read_deployment(resource_store& store, const stored& config);

// Puts the counts and weights that `from` has now in place of those of the configuration, for variants that
// both have: UpdateEndpoint with RetainAllVariantProperties.
struct retained {
    bool instance_counts = true, weights = true;
};
void retain(deployment& to, const deployment& from, retained what);

}  // namespace trainyard::aws::local::sagemaker::resources
