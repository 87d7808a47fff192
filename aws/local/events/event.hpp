// One event as buses carry it. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
#pragma once

#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::events {

struct event {
    std::string id;  // a UUID; of all copies of one event the same
    std::string detail_type, source;
    account_id account;  // who sent it
    wall_time time{};
    region_name region;
    std::vector<std::string> resources;
    std::string detail;  // a JSON object
};

// The envelope: version "0", id, detail-type, source, account, time (ISO 8601, seconds), region, resources,
// detail.
std::string to_json(const event& e);

}  // namespace trainyard::aws::local::events
