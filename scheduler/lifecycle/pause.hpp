// What an operator has stopped: starts of everybody, of a tenant or in a pool, and the reading of a queue.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace trainyard::lifecycle {

struct pause {
    enum class of : unsigned char { fleet, tenant, pool, queue } what = of::fleet;
    std::string name;  // empty: of the fleet
    friend auto operator<=>(const pause&, const pause&) = default;
};
using pauses = std::map<pause, wall_time>;  // and since when

// A step of the ledger that belongs to no job.
struct pause_change {
    pause which;
    bool on = true;
};

std::string_view to_string(pause::of what);
// "tenant:vision", "fleet:".
std::string to_text(const pause& p);
std::optional<pause> parse_pause(std::string_view text);

}  // namespace trainyard::lifecycle
