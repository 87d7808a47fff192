// SageMaker within the world: what its options come to, and the messages that pipelines send.
#pragma once

#include "aws/local/base/role_check.hpp"
#include "aws/local/sagemaker/sagemaker_service.hpp"
#include "aws/local/sqs/sqs_service.hpp"
#include "aws/local/world.hpp"

namespace trainyard::aws::local {

// `roles` and `queues` outlive the service that gets the options.
sagemaker_options sagemaker_options_of(const world_options& options, const role_check& roles,
                                       sqs_service& queues);

}  // namespace trainyard::aws::local
