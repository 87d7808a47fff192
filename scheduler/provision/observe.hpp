// What is there, asked of AWS.
#pragma once

#include <optional>
#include <string>

#include "engine/io/task.hpp"
#include "scheduler/provision/clients.hpp"
#include "scheduler/provision/resource.hpp"

namespace trainyard::provision {

// Nothing when it does not exist. Of what carries another owner than `installation` only that is told.
task<result<std::optional<observed_resource>>> observe(clients& c, resource_id id, std::string installation);

}  // namespace trainyard::provision
