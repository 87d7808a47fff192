// What the local SageMaker remembers of each job it accepted, independent of what a client believes.
#pragma once

#include <map>
#include <string>

#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

struct accepted_create {
    account_id account;
    region_name region;
    std::string name;
    wall_time when;
    std::map<std::string, std::string> tags;
};

}  // namespace trainyard::aws::local
