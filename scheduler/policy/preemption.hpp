// What preemption remembers between two passes.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/base/time.hpp"
#include "scheduler/policy/names.hpp"
#include "scheduler/policy/reservation.hpp"

namespace trainyard::policy {

struct preemption_state {
    // A job for which victims are stopping: the room and the quota that they give back are kept for it.
    struct claim {
        index shape = no_index;
        index pool = no_index;
        std::vector<std::uint64_t> victims;  // not yet stopped
    };
    bool enabled = false;                                // somewhere in the tree
    std::map<std::uint64_t, claim> claims;               // by beneficiary
    std::map<std::uint64_t, std::uint64_t> beneficiary;  // by victim
    wall_time window_start{}, last_try{};
    std::int64_t in_window = 0;
    bool tried = false;
    std::uint64_t seen_changes = 0, seen_arrivals = 0;
    wall_time next_try =
        wall_time::max();  // when a protected job will have run long enough, or a window opens
};

}  // namespace trainyard::policy
