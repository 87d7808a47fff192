// The time of a world: that of a clock, and what was skipped. Only wall time skips: what measures real time
// (deadlines of connections, signatures) goes on as before. What was skipped is kept with the world's data.
#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/durable.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

// In all: far beyond every limit that a service has, and far within what a wall_time holds.
inline constexpr std::chrono::hours skip_max{24 * 365 * 100};

class world_clock final : public clock, public durable {
public:
    explicit world_clock(const clock& real) : real_(real) {}

    mono_time mono() const override { return real_.mono(); }
    wall_time wall() const override { return real_.wall() + skipped_; }
    const clock& real() const { return real_; }
    duration skipped() const { return skipped_; }

    // Whoever has a timer of its own hears of each skip, to look at the time again.
    void on_skip(std::function<void(duration)> hear) { hearers_.push_back(std::move(hear)); }
    // The time of the clock again; for a world that begins anew, whose services have no timers yet.
    void unskip() {
        skipped_ = duration::zero();
        changed_ = true;
    }
    // False, and nothing happens, for less than nothing and beyond skip_max.
    bool skip(duration d) {
        if (d < duration::zero() || d > skip_max - skipped_) return false;
        skipped_ += d;
        changed_ = true;
        for (const auto& hear : hearers_) hear(d);
        return true;
    }

    std::string_view part() const override { return "clock"; }
    void keep_changes() override { keeps_ = true; }
    bool changed() const override { return keeps_ && changed_; }
    void take_changes(std::vector<durable_change>& into) override {
        if (std::exchange(changed_, false))
            into.push_back({"skipped_ns", std::to_string(skipped_.count()), false});
    }
    result<void> restore(std::string_view, std::string_view value) override {
        std::int64_t n = -1;
        const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), n);
        if (code != std::errc{} || end != value.data() + value.size() || n < 0 || duration{n} > skip_max)
            return error{errc::corrupt, "the skipped time is no time"};
        skipped_ = duration{n};
        return {};
    }

private:
    const clock& real_;
    duration skipped_{};
    bool keeps_ = false, changed_ = false;
    std::vector<std::function<void(duration)>> hearers_;
};

}  // namespace trainyard::aws::local
