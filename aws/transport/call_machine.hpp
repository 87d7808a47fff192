// What a call does before and after each attempt, as a pure machine: rate limit, circuit breaker, credentials
// that expired, clocks that differ, retries.
#pragma once

#include <string>

#include "aws/transport/channels.hpp"
#include "aws/transport/error.hpp"
#include "aws/transport/retry.hpp"

namespace trainyard::aws {

// What is known when an attempt ended.
struct attempt_end {
    const api_error* problem = nullptr;  // none: success
    const http::response* answer = nullptr;
    bool sent = true;  // false: it failed before the endpoint came into play (no credentials)
    bool timed_out = false;
    bool temporary_credentials = false;
    wall_time signed_at{};  // without the skew
    duration skew{};        // that was applied
};

// The longest wait for the rate limit before it is asked again, because the rate changes.
inline constexpr duration limiter_wait_max = std::chrono::seconds{1};

class call_machine {
public:
    call_machine(retry_rules rules, retry_mode mode, channel& shared, bool reads)
        : retries_(rules, shared.quota),
          deadline_(rules.deadline),
          mode_(mode),
          shared_(&shared),
          reads_(reads) {}

    ~call_machine() { stop_waiting(); }
    call_machine(const call_machine&) = delete;
    call_machine& operator=(const call_machine&) = delete;

    struct gate {
        enum class verdict : unsigned char { go, wait, refuse } what = verdict::go;
        duration pause{};  // wait: then ask again
        // refuse: nothing more goes out; for the error when no attempt was made
        failure kind = failure::unreachable;
        std::string why;
    };
    gate before(mono_time now, rng& random);

    struct step {
        enum class verdict : unsigned char {
            succeeded,
            refresh,       // the credentials expired: drop them, then again
            correct_skew,  // `skew` is the endpoint's, then again
            pause,         // then again
            give_up,
        } what = verdict::give_up;
        duration pause{};
        duration skew{};
        bool circuit_opened = false;
    };
    step after(const attempt_end& end, mono_time now, rng& random);

    // What the last attempt's error means for the call as a whole: when an earlier attempt may have been
    // executed, "nothing was sent" and "nothing was done" are not true of the call.
    failure outcome(failure last) const;

private:
    gate ask_limiter(mono_time now);
    void stop_waiting();
    bool report(const attempt_end& end, mono_time now, rng& random);

    retry_machine retries_;
    mono_time deadline_;
    retry_mode mode_;
    channel* shared_;
    bool reads_;
    bool probe_ = false;
    bool waiting_ = false;  // for the rate limit
    bool refreshed_ = false;
    bool corrected_ = false;
    bool maybe_executed_ = false;
};

}  // namespace trainyard::aws
