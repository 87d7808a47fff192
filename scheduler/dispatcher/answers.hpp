// SageMaker's answers in the words of the lifecycle. Pure.
#pragma once

#include "aws/sagemaker/types.hpp"
#include "aws/transport/error.hpp"
#include "scheduler/lifecycle/machine.hpp"

namespace trainyard::dispatcher {

// Of a Create that was not accepted.
lifecycle::create_outcome to_outcome(const aws::api_error& e);
lifecycle::sighting to_sighting(const aws::sagemaker::job_description& j);
// The same kinds in the same order, in the words of either side.
aws::sagemaker::job_kind to_aws(lifecycle::kind k);

}  // namespace trainyard::dispatcher
