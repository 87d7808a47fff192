#include "bench/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trainyard::bench {
namespace {

constexpr auto steps_u = static_cast<std::uint64_t>(latency_histogram::steps);
constexpr int step_bits = std::countr_zero(steps_u);
constexpr int longest_bits = 42;
// The linear part, 2 * steps values, and one row of `steps` buckets for each further power of two.
constexpr std::size_t buckets = 2 * steps_u + (longest_bits - step_bits - 1) * steps_u;

}  // namespace

latency_histogram::latency_histogram() : counts_(buckets) {}

std::size_t latency_histogram::bucket_of(std::int64_t ns) {
    const auto v = static_cast<std::uint64_t>(ns);
    if (v < 2 * steps_u) return v;
    const int row =
        static_cast<int>(std::bit_width(v)) - step_bits - 1;  // 1 for the first row behind the linear part
    return static_cast<std::size_t>(row) * steps_u + (v >> static_cast<unsigned>(row));
}

std::int64_t latency_histogram::middle(std::size_t bucket) {
    if (bucket < 2 * steps_u) return static_cast<std::int64_t>(bucket);
    const auto row = bucket / steps_u - 1;
    const std::uint64_t low = (bucket - row * steps_u) << row;
    return static_cast<std::int64_t>(low + (std::uint64_t{1} << row) / 2);
}

void latency_histogram::record(std::int64_t ns, std::uint64_t times) {
    if (times == 0) return;
    if (ns > longest) clipped_ += times;
    const auto v = std::clamp<std::int64_t>(ns, 0, longest);
    counts_[bucket_of(v)] += times;
    count_ += times;
    smallest_ = std::min(smallest_, v);
    largest_ = std::max(largest_, v);
}

void latency_histogram::merge(const latency_histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    clipped_ += other.clipped_;
    smallest_ = std::min(smallest_, other.smallest_);
    largest_ = std::max(largest_, other.largest_);
}

latency_histogram latency_histogram::corrected(std::int64_t interval_ns) const {
    latency_histogram out = *this;
    if (interval_ns <= 0) return out;
    visit([&out, interval_ns](std::int64_t value, std::uint64_t times) {
        for (std::int64_t v = value - interval_ns; v >= interval_ns; v -= interval_ns) out.record(v, times);
    });
    return out;
}

double latency_histogram::mean() const {
    double sum = 0;
    visit([&sum](std::int64_t value, std::uint64_t times) {
        sum += static_cast<double>(value) * static_cast<double>(times);
    });
    return count_ == 0 ? 0 : sum / static_cast<double>(count_);
}

std::int64_t latency_histogram::value_at(double q) const {
    if (count_ == 0) return 0;
    const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        if ((seen += counts_[i]) >= rank) return std::clamp(middle(i), smallest_, largest_);
    return largest_;
}

}  // namespace trainyard::bench
