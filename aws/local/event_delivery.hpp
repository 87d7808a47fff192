// Where EventBridge and SQS meet: a delivery as a message, its refusal as EventBridge tells it; and the
// control API of how well events are delivered.
#pragma once

#include <functional>

#include "aws/local/control/control_router.hpp"
#include "aws/local/events/delivery.hpp"
#include "aws/local/sqs/sqs_service.hpp"

namespace trainyard::aws::local {

events::delivery_outcome deliver_event(sqs_service& to, const events::delivery_command& command,
                                       wall_time now);

// GET and PUT of "events/delivery". What the functions reach outlives the router.
struct delivery_controls {
    std::function<events::delivery_machine&()> machine;
};
void add_delivery_control(control_router& router, const delivery_controls& controls);

}  // namespace trainyard::aws::local
