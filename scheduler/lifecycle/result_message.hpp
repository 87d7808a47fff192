// What a queue's outlets are told of a job that has ended. Pure.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {

// JSON for the results queue. "id" is the same however often it is sent.
std::string result_message(const job& j);
// For the reject queue: of a rejected message its body as it came, of a failed job an envelope that can be
// submitted again. `body` is what the ledger keeps of the job.
std::string reject_copy(const job& j, std::string_view body);

}  // namespace trainyard::lifecycle
