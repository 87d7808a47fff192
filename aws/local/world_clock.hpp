// The time of a world: that of a clock, and what was skipped. Only wall time skips: what measures real time
// (deadlines of connections, signatures) goes on as before.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::aws::local {

// In all: far beyond every limit that a service has, and far within what a wall_time holds.
inline constexpr std::chrono::hours skip_max{24 * 365 * 100};

class world_clock final : public clock {
public:
    explicit world_clock(const clock& real) : real_(real) {}

    mono_time mono() const override { return real_.mono(); }
    wall_time wall() const override { return real_.wall() + skipped_; }
    const clock& real() const { return real_; }
    duration skipped() const { return skipped_; }

    // Whoever has a timer of its own hears of each skip, to look at the time again.
    void on_skip(std::function<void(duration)> hear) { hearers_.push_back(std::move(hear)); }
    // The time of the clock again; for a world that begins anew, whose services have no timers yet.
    void unskip() { skipped_ = duration::zero(); }
    // False, and nothing happens, for less than nothing and beyond skip_max.
    bool skip(duration d) {
        if (d < duration::zero() || d > skip_max - skipped_) return false;
        skipped_ += d;
        for (const auto& hear : hearers_) hear(d);
        return true;
    }

private:
    const clock& real_;
    duration skipped_{};
    std::vector<std::function<void(duration)>> hearers_;
};

}  // namespace trainyard::aws::local
