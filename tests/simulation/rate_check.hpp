// S13: how many calls of an operation a process makes in an account and region, retries included, against the
// token bucket of its budget: in any window w no more than rate * w + burst.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/time.hpp"

namespace trainyard::simulation {

class rate_check {
public:
    // False when this call comes too early.
    bool count(const std::string& pool, std::string_view operation, double rate, duration now) {
        const double burst = std::max(1.0, rate);
        const auto [at, is_new] = buckets_.try_emplace({pool, std::string{operation}}, bucket{burst, now});
        bucket& b = at->second;
        b.tokens = std::min(burst, b.tokens + rate * std::chrono::duration<double>(now - b.last).count());
        b.last = now;
        b.tokens -= 1;
        return b.tokens > -tolerance;
    }

private:
    static constexpr double tolerance = 1e-6;  // of sums of doubles
    struct bucket {
        double tokens;
        duration last;
    };
    std::map<std::pair<std::string, std::string>, bucket> buckets_;
};

}  // namespace trainyard::simulation
