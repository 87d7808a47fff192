// The control API of rates and faults.
#pragma once

#include "aws/local/control/control_router.hpp"
#include "aws/local/gate/gate.hpp"

namespace trainyard::aws::local {

// Both outlive the router. "DELETE rates" goes back to `initial`, what the world began with.
void add_gate_control(control_router& router, gate& g, const rate_table& initial);

}  // namespace trainyard::aws::local
