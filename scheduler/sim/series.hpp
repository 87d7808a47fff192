// A quantity over time in a bounded number of buckets: each holds the mean of what stood during it, exactly.
// When time runs beyond the last bucket, neighbours are merged and buckets become twice as wide.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::sim {

class time_series {
public:
    static constexpr std::size_t buckets_max = 1024;

    // `width` of a bucket at first; at least a nanosecond.
    time_series(duration begin, duration width);
    // From `t` on it is `value`. Times ascend.
    void set(duration t, double value);
    double value() const { return value_; }

    struct bucket {
        duration begin{}, width{};
        double mean = 0;
    };
    // Up to the last set().
    std::vector<bucket> buckets() const;
    // The integral up to the last set(), in value x seconds.
    double integral() const { return integral_; }

private:
    void widen();
    duration begin_, width_, last_;
    double value_ = 0, integral_ = 0;
    std::vector<double> sums_;  // value x seconds
};

}  // namespace trainyard::sim
