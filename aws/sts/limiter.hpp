// How fast roles may be assumed through one STS endpoint. Pure.
#pragma once

#include <deque>

#include "engine/base/time.hpp"

namespace trainyard::aws::sts {

// At most `calls` in any window of one second: a bucket of that many tokens in which each token comes back a
// second after it was taken, so that a burst after a pause is not followed by a second one. First come, first
// served. STS throttles per account and region, and 500 roles that expire together are one herd.
class call_limiter {
public:
    explicit call_limiter(std::size_t calls) : calls_(calls) {}

    // When the caller may call, `now` or later. The place is taken for good, also by a caller that then gives
    // up.
    mono_time reserve(mono_time now);

private:
    std::size_t calls_;
    std::deque<mono_time> taken_;  // the last `calls_` places, in order
};

inline constexpr std::size_t sts_calls_per_second = 10;

}  // namespace trainyard::aws::sts
