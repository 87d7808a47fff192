// SageMaker's words and outcomes as the process needs them.
#pragma once

#include "aws/sagemaker/job_kind.hpp"
#include "aws/transport/error.hpp"
#include "scheduler/lifecycle/kinds.hpp"
#include "tests/simulation/cloud.hpp"

namespace trainyard::simulation {

// Of an answer that is no success.
aws::api_error error_of(const answer& a);
aws::failure kind_of(const answer& a);
const aws::sagemaker::job_words& words(lifecycle::kind k);

}  // namespace trainyard::simulation
