// How many jobs each pool's API lets start, in virtual time: a bucket of one second's worth, at least one
// start. Private to the folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "scheduler/policy/scheduler.hpp"
#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

class api_budget {
public:
    // `rate`: starts a second; 0: no limit.
    api_budget(const policy::settings& s, double rate) {
        if (rate <= 0) return;
        period_ = std::max(duration{1}, from_seconds(1 / rate));
        full_ = period_ * std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(rate)));
        for (const policy::pool_config& p : s.pools) names_.push_back(p.name);
        credit_.assign(names_.size(), full_);
    }

    void offer(policy::scheduler& s, duration now) {
        const duration gained = first_ ? duration::zero() : now - last_;
        first_ = false;
        last_ = now;
        for (std::size_t p = 0; p < names_.size(); ++p) {
            credit_[p] = std::min(full_, credit_[p] + std::min(gained, full_));
            s.set_start_budget(names_[p], credit_[p] / period_);
        }
    }
    void took(index pool) {
        if (!credit_.empty()) credit_[pool] -= period_;
    }
    // When a pool that has none left has one again.
    std::optional<duration> next_start(duration now) const {
        std::optional<duration> next;
        for (const duration c : credit_)
            if (c < period_) next = std::min(next.value_or(now + period_), now + period_ - c);
        return next;
    }

private:
    std::vector<std::string> names_;
    std::vector<duration> credit_;  // in time, so that it is exact
    duration period_{1}, full_{}, last_{};
    bool first_ = true;
};

}  // namespace trainyard::sim
