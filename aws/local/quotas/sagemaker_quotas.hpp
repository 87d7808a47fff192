// SageMaker's quotas: request rates, totals, and one for each instance type and use. Pure.
#pragma once

#include <vector>

#include "aws/local/quotas/quota_list.hpp"

namespace trainyard::aws::local::quotas {

std::vector<quota_definition> sagemaker_quotas();

}  // namespace trainyard::aws::local::quotas
