#include "scheduler/sim/series.hpp"

#include <algorithm>

namespace trainyard::sim {
namespace {

double seconds(duration d) {
    return std::chrono::duration<double>(d).count();
}

}  // namespace

time_series::time_series(duration begin, duration width)
    : begin_(begin), width_(std::max(width, duration{1})), last_(begin) {}

void time_series::widen() {
    for (std::size_t i = 0; i < sums_.size(); i += 2)
        sums_[i / 2] = sums_[i] + (i + 1 < sums_.size() ? sums_[i + 1] : 0);
    sums_.resize((sums_.size() + 1) / 2);
    width_ *= 2;
}

void time_series::set(duration t, double value) {
    while (t > last_) {
        auto at = static_cast<std::size_t>((last_ - begin_) / width_);
        while (at >= buckets_max) {
            widen();
            at = static_cast<std::size_t>((last_ - begin_) / width_);
        }
        const duration end = begin_ + width_ * static_cast<std::int64_t>(at + 1);
        // A long stretch is better spread over few wide buckets than walked in narrow ones.
        if (at + 1 == buckets_max && t > end) {
            widen();
            continue;
        }
        const double part = value_ * seconds(std::min(t, end) - last_);
        if (sums_.size() <= at) sums_.resize(at + 1);
        sums_[at] += part;
        integral_ += part;
        last_ = std::min(t, end);
    }
    value_ = value;
}

std::vector<time_series::bucket> time_series::buckets() const {
    std::vector<bucket> out;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        const duration from = begin_ + width_ * static_cast<std::int64_t>(i);
        const duration wide = std::min(width_, last_ - from);
        out.push_back({from, wide, wide > duration::zero() ? sums_[i] / seconds(wide) : 0});
    }
    return out;
}

}  // namespace trainyard::sim
