// What SageMaker tells the world when something of it changes its state.
#pragma once

#include <string>

#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

struct state_change {
    account_id account;
    region_name region;
    wall_time when{};
    std::string detail_type;   // "SageMaker Training Job State Change"
    std::string resource_arn;  // of the job, endpoint or pipeline execution
    std::string detail;        // a JSON object, as Amazon EventBridge carries it
};

}  // namespace trainyard::aws::local
