// The rate at which one operation may be called in one account and region. Start and tracking share it. Pure.
#pragma once

#include <algorithm>

#include "engine/base/time.hpp"

namespace trainyard::dispatcher {

// Token bucket with additive increase and multiplicative decrease: a throttle answer lowers the rate to 70 %,
// every success raises it by 2 % of the configured rate, up to that rate (Chiu and Jain 1989).
class budget {
public:
    // `rate` calls a second; the bucket holds one second's worth, at least one call.
    budget(double rate, mono_time now)
        : configured_(rate), rate_(rate), tokens_(std::max(1.0, rate)), last_(now) {}

    bool take(mono_time now) {
        refill(now);
        if (tokens_ < 1.0) return false;
        tokens_ -= 1.0;
        return true;
    }
    std::int64_t available(mono_time now) {
        refill(now);
        return static_cast<std::int64_t>(tokens_);
    }
    // When the next call may be made; `now` when one may be made at once.
    mono_time next(mono_time now) {
        refill(now);
        if (tokens_ >= 1.0) return now;
        return now + duration{static_cast<std::int64_t>((1.0 - tokens_) / rate_ * 1e9) + 1};
    }
    void succeeded() { rate_ = std::min(configured_, rate_ + 0.02 * configured_); }
    void throttled(mono_time now) {
        refill(now);
        rate_ = std::max(0.05 * configured_, 0.7 * rate_);
        tokens_ = 0;
    }
    double rate() const { return rate_; }

private:
    void refill(mono_time now) {
        if (now <= last_) return;
        const double seconds = std::chrono::duration<double>(now - last_).count();
        tokens_ = std::min(std::max(1.0, rate_), tokens_ + seconds * rate_);
        last_ = now;
    }
    double configured_, rate_, tokens_;
    mono_time last_;
};

}  // namespace trainyard::dispatcher
