// A circuit breaker as a pure machine: when an endpoint does not answer, calls to it end at once instead of
// each finding out by itself, and single probes look whether it is back.
#pragma once

#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws {

struct breaker_rules {
    int failures_to_open = 10;  // in a row: three calls with all their retries, and one more
    duration probe_first = std::chrono::seconds{1};
    // 10 calls and then one probe in 24 to 30 s stay below 40 calls in ten minutes.
    duration probe_longest = std::chrono::seconds{30};
};

class breaker {
public:
    explicit breaker(breaker_rules rules = {}) : rules_(rules) {}

    enum class verdict : unsigned char { pass, probe, refuse };
    // May a request go out? Open, one request passes as a probe in each pause; whether it ever reports back
    // does not matter, so a cancelled probe blocks nothing.
    verdict ask(mono_time now, rng& random);
    // The endpoint answered, with whatever.
    void answered();
    // It did not, or with a fault of its own. `probe`: as ask() said; only probes make the pause longer, not
    // those that were on their way when the breaker opened. True when this failure opened it.
    bool failed(bool probe, mono_time now, rng& random);

    bool open() const { return pause_ > duration{}; }
    mono_time next_probe() const { return next_probe_; }  // while open

private:
    void schedule(mono_time now, rng& random);

    breaker_rules rules_;
    int failures_ = 0;  // in a row
    duration pause_{};  // zero: closed
    mono_time next_probe_{};
};

}  // namespace trainyard::aws
