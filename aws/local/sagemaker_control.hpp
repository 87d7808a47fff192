// The control API of the local SageMaker: the rules of what befalls its jobs.
#pragma once

#include <functional>
#include <vector>

#include "aws/local/control/control_router.hpp"
#include "aws/local/sagemaker/sagemaker_service.hpp"

namespace trainyard::aws::local {

// `now` gives the service of the moment: a world that begins anew has another. DELETE goes back to `initial`.
void add_sagemaker_control(control_router& router, std::function<sagemaker_service&()> now,
                           const std::vector<sagemaker::job_rule>& initial);

}  // namespace trainyard::aws::local
