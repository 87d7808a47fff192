#include "aws/local/events/sagemaker_events.hpp"

namespace trainyard::aws::local::events {

event sagemaker_event(const state_change& change) {
    event out;
    out.detail_type = change.detail_type;
    out.source = "aws.sagemaker";
    out.account = change.account;
    out.time = change.when;
    out.region = change.region;
    out.resources = {change.resource_arn};
    out.detail = change.detail;
    return out;
}

}  // namespace trainyard::aws::local::events
