#include "aws/sts/limiter.hpp"

#include <algorithm>

namespace trainyard::aws::sts {

mono_time call_limiter::reserve(mono_time now) {
    mono_time at = taken_.empty() ? now : std::max(now, taken_.back());
    if (taken_.size() == calls_) {
        at = std::max(at, taken_.front() + std::chrono::seconds{1});
        taken_.pop_front();
    }
    taken_.push_back(at);
    return at;
}

}  // namespace trainyard::aws::sts
