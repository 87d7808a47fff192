// What an operator has paused: remembered here, obeyed by the policy and, for queues, by the driver.
#include "engine/base/encoding.hpp"
#include "scheduler/dispatcher/core.hpp"

namespace trainyard::dispatcher {

using lifecycle::pause;

bool core::has(const pause& which) const {
    switch (which.what) {
        case pause::of::fleet: return which.name.empty();
        case pause::of::tenant: return policy_.has_tenant(which.name);
        case pause::of::pool: return policy_.has_pool(which.name);
        case pause::of::queue: return rules_.contains(which.name);
    }
    return false;
}

void core::apply_pause(const pause& which, bool paused) {
    if (which.what == pause::of::fleet || which.what == pause::of::tenant)
        policy_.pause_tenant(which.name, paused);
    if (which.what == pause::of::pool) policy_.pause_pool(which.name, paused);
}

result<bool> core::set_paused(const pause& which, bool paused, instant now) {
    const bool known = has(which);
    if (!known && (paused || !pauses_.contains(which)))
        return error{errc::not_found, "the fleet has no " + std::string{to_string(which.what)} + " '" +
                                          printable(which.name, 80) + "'"};
    if (pauses_.contains(which) == paused) return false;
    if (paused)
        pauses_[which] = now.wall;
    else
        pauses_.erase(which);
    if (known) apply_pause(which, paused);
    lifecycle::record r;
    r.pausing = {which, paused};
    r.when = now.wall;
    pausing_.push_back(std::move(r));
    return true;
}

void core::restore_pauses(lifecycle::pauses known) {
    pauses_ = std::move(known);
    for (const auto& [which, since] : pauses_)
        if (has(which)) apply_pause(which, true);
}

}  // namespace trainyard::dispatcher
