// SageMaker's own seconds on a clock that runs faster or slower than AWS's.
#pragma once

#include <cmath>

#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

// Whole milliseconds, the precision of AWS's timestamps: what a client reads back is what is compared here.
inline duration scaled(duration d, double time_scale) {
    const double millis = std::chrono::duration<double, std::milli>{d}.count() / time_scale;
    return std::chrono::milliseconds{std::llround(millis)};
}

// Back again: what lasted `d` on the clock, in SageMaker's seconds.
inline double sagemaker_seconds(duration d, double time_scale) {
    return std::chrono::duration<double>{d}.count() * time_scale;
}

}  // namespace trainyard::aws::local::sagemaker
