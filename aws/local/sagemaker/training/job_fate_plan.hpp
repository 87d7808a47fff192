// The attempts of a training job, as the rules of what befalls jobs have them. Pure.
#pragma once

#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/training/create_input.hpp"

namespace trainyard::aws::local::sagemaker {

// What the HyperParameters say goes before the rules. Each attempt that RetryStrategy allows meets its own
// fate.
std::vector<attempt_plan> plan_attempts(const create_input& job, const job_rules& rules,
                                        const account_id& account, const region_name& region);

}  // namespace trainyard::aws::local::sagemaker
