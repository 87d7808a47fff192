// The client-side rate limit of AWS's "adaptive" retry mode as a pure machine: a token bucket whose rate
// follows CUBIC. Source: botocore retries/adaptive.py, throttling.py and bucket.py.
#pragma once

#include "engine/base/time.hpp"

namespace trainyard::aws {

// Of one client, identity or operation. Does nothing until the first throttling answer.
class rate_limiter {
public:
    explicit rate_limiter(mono_time now);

    // How long until a request may go out; zero: now. One that does not wait yet comes behind those that do.
    // Ask again after that time, or earlier: the rate may have changed.
    duration wait(mono_time now, bool waiting = false);
    // A request begins or ends to wait.
    void join() { ++waiting_; }
    void leave() { --waiting_; }
    // Takes the token of a request that goes out.
    void take(mono_time now);
    // A request ended; `throttled`: the service asked to slow down.
    void ended(bool throttled, mono_time now);

    bool enabled() const { return enabled_; }
    double rate() const { return fill_rate_; }  // requests a second; meaningful once enabled

private:
    void measure(double now);
    void refill(double now);

    bool enabled_ = false;
    // The measured sending rate, smoothed over half seconds.
    double measured_ = 0, bucket_start_;
    int in_bucket_ = 0;
    int waiting_ = 0;
    // CUBIC
    double w_max_ = 0, last_throttle_, k_ = 0;
    // The token bucket
    double fill_rate_ = 0, capacity_ = 0, tokens_ = 0, refilled_at_;
};

}  // namespace trainyard::aws
