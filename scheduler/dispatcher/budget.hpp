// The rate at which one operation may be called in one account and region. Start and tracking share it. Pure.
#pragma once

#include <algorithm>

#include "engine/base/time.hpp"

namespace trainyard::dispatcher {

// Token bucket with additive increase and multiplicative decrease (Chiu and Jain 1989). Calls that leave at
// the service's own rate arrive closer to each other than that, for some are faster on their way than others,
// and the service's bucket may hold a single call: so the rate keeps a little below it, and a throttle answer
// now and then moves it a little further away, from where it comes back slowly. Where they come often, others
// use the same limit: each lowers the rate to 70 %, and every success raises it by 2 %.
class budget {
public:
    static constexpr double headroom = 0.98;      // of the configured rate
    static constexpr double retreat = 0.98;       // after a throttle answer that stands alone
    static constexpr double often = 0.3;          // of the latest answers
    static constexpr double near_the_top = 0.95;  // above it the rate rises in small steps

    // `rate` calls a second; the bucket holds one second's worth, at least one call.
    budget(double rate, mono_time now)
        : configured_(rate), rate_(headroom * rate), tokens_(std::max(1.0, rate_)), last_(now) {}

    bool take(mono_time now) {
        refill(now);
        if (tokens_ < 1.0) return false;
        tokens_ -= 1.0;
        return true;
    }
    // `lead`: what may be taken so much later counts.
    std::int64_t available(mono_time now, duration lead = {}) {
        return static_cast<std::int64_t>(tokens_at(now, lead) + rounding);
    }
    // Time brings nothing more.
    bool is_full(mono_time now, duration lead = {}) { return tokens_at(now, lead) + rounding >= most(); }
    // When available() is one more than now, where it is not full.
    mono_time next_gain(mono_time now, duration lead) {
        const double missing = static_cast<double>(available(now, lead) + 1) - tokens_at(now, lead);
        return now + duration{static_cast<std::int64_t>(missing / rate_ * 1e9) + 1};
    }
    // When the next call may be made; `now` when one may be made at once.
    mono_time next(mono_time now) {
        refill(now);
        if (tokens_ >= 1.0) return now;
        return now + duration{static_cast<std::int64_t>((1.0 - tokens_) / rate_ * 1e9) + 1};
    }
    void succeeded() {
        throttled_share_ *= 1 - newest_weight;
        const double top = headroom * configured_;
        rate_ = std::min(top, rate_ + (rate_ < near_the_top * top ? 0.02 : 0.0002) * configured_);
    }
    void throttled(mono_time now) {
        refill(now);
        throttled_share_ += newest_weight * (1 - throttled_share_);
        rate_ = std::max(0.05 * configured_, (throttled_share_ < often ? retreat : 0.7) * rate_);
        tokens_ = 0;
    }
    double rate() const { return rate_; }

private:
    static constexpr double newest_weight = 0.2;  // of an answer in the share of throttled ones
    static constexpr double rounding = 1e-9;      // of sums of doubles; far below a call
    double most() const { return std::max(1.0, rate_); }
    double tokens_at(mono_time now, duration lead) {
        refill(now);
        return std::min(most(), tokens_ + std::chrono::duration<double>(lead).count() * rate_);
    }
    void refill(mono_time now) {
        if (now <= last_) return;
        const double seconds = std::chrono::duration<double>(now - last_).count();
        tokens_ = std::min(most(), tokens_ + seconds * rate_);
        last_ = now;
    }
    double configured_, rate_, tokens_;
    double throttled_share_ = 0;  // of the latest answers
    mono_time last_;
};

}  // namespace trainyard::dispatcher
