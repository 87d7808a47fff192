// SageMaker's words and outcomes as the process needs them.
#pragma once

#include "aws/sagemaker/job_kind.hpp"
#include "aws/transport/error.hpp"
#include "scheduler/lifecycle/kinds.hpp"
#include "tests/simulation/cloud.hpp"

namespace trainyard::simulation {

// Of an answer that is no success.
aws::failure kind_of(const answer& a);
aws::sagemaker::job_kind to_aws(lifecycle::kind k);
const aws::sagemaker::job_words& words(lifecycle::kind k);

}  // namespace trainyard::simulation
