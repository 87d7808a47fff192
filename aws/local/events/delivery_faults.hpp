// How well events are delivered: EventBridge promises at least once and in no order, and this says how badly
// that may go. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::events {

struct delivery_faults {
    double loss = 0;       // of a matched event to one target, for good
    double duplicate = 0;  // a second copy to the same target
    double failure = 0;    // of one attempt; it is repeated by the target's retry policy
    double reorder = 0;    // held back by up to reorder_hold, while others to the target overtake it
    duration delay_low{}, delay_high{};  // of every delivery; without `reorder` their order stays
    std::uint64_t seed = 1;
};

inline constexpr duration reorder_hold = 1s;
inline constexpr duration max_delivery_delay = std::chrono::hours{1};

// "loss=0.1,duplicate=0.05,failure=0.2,reorder=0.3,delay=0..5s,seed=7"; every part may be missing, "" is
// perfect delivery. A delay is one time or two with "..", in ms, s or m. errc::invalid_argument names the
// part.
result<delivery_faults> parse_delivery_faults(std::string_view text);

}  // namespace trainyard::aws::local::events
