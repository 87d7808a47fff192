// Usage that is forgotten by half in each half-life, in integers only, so that every machine forgets alike.
//
// Usage is counted in instance-milliseconds. It decays in steps: at each multiple of half_life / 64 since
// 1970, all that has been used before is multiplied by 2^(-1/64). What is used between two steps counts in
// full until the next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/time.hpp"

namespace trainyard::policy {

class decay {
public:
    static constexpr std::int64_t steps_per_half_life = 64;
    static constexpr duration half_life_min = std::chrono::seconds{1};  // keeps a step above a millisecond
    static constexpr duration sampling = std::chrono::minutes{5};       // the step where nothing is forgotten

    // 0: nothing is ever forgotten.
    explicit decay(duration half_life);

    bool forgets() const { return forgets_; }
    std::int64_t half_life_ms() const { return step_ * steps_per_half_life / std::chrono::milliseconds{1}; }
    duration step() const { return step_; }
    // The last step at or before the time.
    wall_time step_before(wall_time t) const;
    // What `past` is after `steps` steps, with `used` instances all the time; saturates.
    std::uint64_t after(std::uint64_t past, std::int64_t used, std::int64_t steps) const;

private:
    static constexpr std::size_t powers = 13;  // 2^12 steps are 64 half-lives: nothing of 64 bits is left

    bool forgets_;
    duration step_;
    std::array<std::uint64_t, powers> factor_{};  // 2^(-2^k / 64), times 2^63
    std::array<std::uint64_t, powers> sum_{};     // of 2^(-i / 64) for i = 1 to 2^k, times 2^44
};

// instances x time, in instance-milliseconds; saturates.
std::uint64_t usage_of(std::int64_t instances, duration time);

}  // namespace trainyard::policy
