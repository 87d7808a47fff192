// `trainyard doctor -c`: whether the quotas of pools that discover their limits can be read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/identity/identity.hpp"
#include "engine/base/json.hpp"
#include "scheduler/config/fleet.hpp"

namespace trainyard::cli {

struct examined_limits {
    std::string pool;
    std::size_t quotas = 0;  // of instances, as the dispatcher would take them
    std::string problem;     // empty: they were read
};

// Asks every pool that discovers, as the dispatcher would.
task<void> examine_limits(const config::fleet& fleet, aws::transport& t, const aws::environment& env,
                          aws::identity& who, std::shared_ptr<aws::credentials_provider> base,
                          std::vector<examined_limits>& out);
void write_limits(json::writer& w, const std::vector<examined_limits>& all);
void print_limits(const std::vector<examined_limits>& all);

}  // namespace trainyard::cli
