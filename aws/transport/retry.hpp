// AWS's "standard" retry mode as a pure machine: whether to try again, and when. Source: botocore
// retries/standard.py.
#pragma once

#include <chrono>

#include "aws/transport/error.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws {

// Shared by the calls to one endpoint: when most calls fail, retries stop and only first attempts go out.
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
    int attempts_max = 3;
    bool retry_unknown_effect = true;
    mono_time deadline;
};

inline constexpr double backoff_cap_seconds = 20;

// One per call.
class retry_machine {
public:
    retry_machine(retry_rules rules, retry_quota& quota) : rules_(rules), quota_(&quota) {}

    struct decision {
        bool again = false;
        duration pause{};
    };
    // An attempt failed. `timed_out`: no answer came in time. Waits rand * min(2^i, 20) s; gives up when that
    // would pass the deadline.
    decision failed(failure kind, bool timed_out, mono_time now, rng& random);
    void succeeded();
    int attempts() const { return attempts_; }  // that have ended

private:
    retry_rules rules_;
    retry_quota* quota_;
    int attempts_ = 0;
    int last_cost_ = 0;
};

}  // namespace trainyard::aws
