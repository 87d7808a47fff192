// Carries one step out. Every create is one call that brings the owner's tag along, so that what an
// interruption leaves behind is known as ours; what comes after is repeated by the next apply.
#pragma once

#include "engine/io/task.hpp"
#include "scheduler/provision/clients.hpp"
#include "scheduler/provision/plan.hpp"

namespace trainyard::provision {

// `seen`: what was observed of it; empty for a create. failure::already_exists: somebody else made one of
// that name meanwhile, or an earlier answer was lost: look again.
task<aws::api_result<void>> perform(clients& c, step s, attributes wanted, observed_resource seen,
                                    std::string installation);

}  // namespace trainyard::provision
