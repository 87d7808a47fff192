#include "aws/transport/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace trainyard::aws {

namespace {

constexpr double cubic_scale = 0.4, cubic_beta = 0.7;
constexpr double smoothing = 0.8;   // weight of the latest half second
constexpr double rate_least = 0.5;  // requests a second, however hard the throttling
constexpr double buckets_per_second = 2;

double seconds(mono_time t) {
    return std::chrono::duration<double>(t.time_since_epoch()).count();
}

}  // namespace

rate_limiter::rate_limiter(mono_time now)
    : bucket_start_(std::floor(seconds(now))), last_throttle_(seconds(now)), refilled_at_(seconds(now)) {}

duration rate_limiter::wait(mono_time now, bool waiting) {
    if (!enabled_) return {};
    refill(seconds(now));
    const double needed = 1 + (waiting ? 0 : waiting_);
    if (tokens_ >= needed) return {};
    const std::chrono::duration<double> missing{(needed - tokens_) / fill_rate_};
    // Rounded up: a wait that ends before its token is there would be asked for again at once.
    return std::chrono::duration_cast<duration>(missing) + duration{1};
}

void rate_limiter::take(mono_time now) {
    if (!enabled_) return;
    refill(seconds(now));
    tokens_ -= 1;
}

void rate_limiter::ended(bool throttled, mono_time now) {
    const double t = seconds(now);
    measure(t);
    double next;
    if (throttled) {
        w_max_ = enabled_ ? std::min(measured_, fill_rate_) : measured_;
        k_ = std::cbrt(w_max_ * (1 - cubic_beta) / cubic_scale);
        last_throttle_ = t;
        next = cubic_beta * w_max_;
        enabled_ = true;
    } else {
        next = cubic_scale * std::pow(t - last_throttle_ - k_, 3) + w_max_;
    }
    const double most = std::min(next, 2 * measured_);
    refill(t);
    fill_rate_ = std::max(most, rate_least);
    capacity_ = std::max(most, 1.0);
    tokens_ = std::min(tokens_, capacity_);
}

void rate_limiter::measure(double now) {
    ++in_bucket_;
    const double bucket = std::floor(now * buckets_per_second) / buckets_per_second;
    if (bucket <= bucket_start_) return;
    const double latest = in_bucket_ / (bucket - bucket_start_);
    measured_ = smoothing * latest + (1 - smoothing) * measured_;
    in_bucket_ = 0;
    bucket_start_ = bucket;
}

void rate_limiter::refill(double now) {
    if (now > refilled_at_) tokens_ = std::min(capacity_, tokens_ + (now - refilled_at_) * fill_rate_);
    refilled_at_ = std::max(refilled_at_, now);
}

}  // namespace trainyard::aws
