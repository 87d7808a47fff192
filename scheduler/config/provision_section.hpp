// The part of fleet.yaml that only `trainyard provision` reads.
#pragma once

#include <string>

#include "scheduler/config/fleet.hpp"
#include "scheduler/config/node.hpp"

namespace trainyard::config {

// After the pools of `f` are known. Relative files are taken from `directory`.
void read_provision(const node& n, fleet& f, const std::string& directory);

}  // namespace trainyard::config
