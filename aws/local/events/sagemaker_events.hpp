// SageMaker's state changes as events. Pure.
// https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
#pragma once

#include "aws/local/base/state_change.hpp"
#include "aws/local/events/event.hpp"

namespace trainyard::aws::local::events {

// Of the source "aws.sagemaker", without an id.
event sagemaker_event(const state_change& change);

}  // namespace trainyard::aws::local::events
