// The machine's clocks: the only place where real time is read.
#pragma once

#include "engine/base/time.hpp"

namespace trainyard::io {

// mono() counts through suspend (CLOCK_BOOTTIME), so a lease held by a laptop that slept is seen to be old.
const clock& real_clock();

}  // namespace trainyard::io
