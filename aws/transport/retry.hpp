// AWS's "standard" retry mode as a pure machine: whether to try again, and when. Source: botocore
// retries/standard.py; the server's own wish (x-amz-retry-after) as the SDKs of 2026 have it.
#pragma once

#include <chrono>
#include <optional>

#include "aws/transport/error.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws {

enum class retry_mode : unsigned char {
    standard,
    adaptive,  // and a client-side rate limit that learns from throttling; see rate_limiter.hpp
};

inline constexpr int attempts_default = 3;

// Shared by the calls of one identity to one endpoint: when most calls fail, retries stop and only first
// attempts go out.
class retry_quota {
public:
    static constexpr int capacity = 500;
    static constexpr int cost_retry = 5;
    static constexpr int cost_timeout = 10;

    bool take(int cost) {
        if (tokens_ < cost) return false;
        tokens_ -= cost;
        return true;
    }
    void give(int tokens) { tokens_ = tokens_ + tokens > capacity ? capacity : tokens_ + tokens; }
    int tokens() const { return tokens_; }

private:
    int tokens_ = capacity;
};

struct retry_rules {
    int attempts_max = attempts_default;
    bool retry_unknown_effect = true;
    mono_time deadline;
};

inline constexpr double backoff_cap_seconds = 20;
// A server may ask for a longer pause than the machine's own, by at most this.
inline constexpr duration server_wish_max = std::chrono::seconds{5};

// One per call.
class retry_machine {
public:
    retry_machine(retry_rules rules, retry_quota& quota) : rules_(rules), quota_(&quota) {}

    struct decision {
        bool again = false;
        duration pause{};
    };
    // An attempt failed. `timed_out`: no answer came in time. Waits t = rand * min(2^i, 20) s, or what the
    // server asks for within [t, t + 5 s]; gives up when that would pass the deadline.
    decision failed(failure kind, bool timed_out, mono_time now, rng& random,
                    std::optional<duration> server_wish = {});
    void succeeded();
    int attempts() const { return attempts_; }  // that have ended

private:
    retry_rules rules_;
    retry_quota* quota_;
    int attempts_ = 0;
    int last_cost_ = 0;
};

}  // namespace trainyard::aws
