// Everything that the fleet's pools hold, page by page: for comparing a ledger with SageMaker as a whole.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aws/transport/settings.hpp"
#include "scheduler/config/fleet.hpp"
#include "scheduler/dispatcher/links.hpp"
#include "scheduler/lifecycle/reconcile.hpp"

namespace trainyard::dispatcher {

// Called for each job whose name is of our form; true asks for its tags, one call more.
using wants_tags = std::function<bool(const lifecycle::found_job&)>;

// The jobs whose tags were asked for, in every pool. All or an error: what could not be listed might be what
// matters. Keeps to the fleet file's rates of List and Describe.
task<result<std::vector<lifecycle::found_job>>> sweep(links& aws, const clock& time, wants_tags wants);

// Lists every pool of the fleet once, without touching its queues; for a program that does nothing else.
result<std::vector<lifecycle::found_job>> sweep_fleet(config::fleet f, const aws::environment& env,
                                                      wants_tags wants);

}  // namespace trainyard::dispatcher
