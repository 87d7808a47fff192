// The queues of a run: made for it and deleted after it, or named by the user and left as they are.
#pragma once

#include <string>
#include <vector>

#include "bench/queue_plan.hpp"
#include "bench/queue_target.hpp"

namespace trainyard::bench {

// errc::unreachable: nobody answers there.
result<std::vector<std::string>> open_queues(const queue_plan& p, const queue_target& at);
void close_queues(const queue_plan& p, const queue_target& at, const std::vector<std::string>& urls);

}  // namespace trainyard::bench
