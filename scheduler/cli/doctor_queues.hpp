// `trainyard doctor -c fleet.yaml`: what about the configured queues will make trouble.
#pragma once

#include <string>

namespace trainyard::cli {

// Reads every queue's attributes. The exit code of doctor: done, differences when something was found, else
// what an error calls for.
int examine_queues(const std::string& config, bool as_json);

}  // namespace trainyard::cli
