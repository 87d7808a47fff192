// Whether two sets of measurements differ beyond noise, and by how much: the ratio of the second to the first
// with an exact confidence interval (Hodges and Lehmann 1963; the order statistics of all pairwise ratios
// that the Mann-Whitney test leaves in). It assumes no distribution. Pure.
#pragma once

#include <cstddef>
#include <span>

namespace trainyard::bench {

// What is asked for; less is said where there are too few values, and below the least nothing is claimed.
inline constexpr double confidence_wanted = 0.99, confidence_least = 0.95;

struct ratio_estimate {
    double ratio = 1;  // the median of b[j] / a[i]
    double low = 1, high = 1;
    double confidence = 0;  // that the true ratio is within [low, high]
};

// Both not empty, all values above 0.
ratio_estimate estimate_ratio(std::span<const double> a, std::span<const double> b);

// The part of all orders of n and m values in which at most `u` pairs stand the wrong way round, when both
// come from one distribution: P(U <= u) of the Mann-Whitney statistic.
double rank_probability(std::size_t n, std::size_t m, std::size_t u);

}  // namespace trainyard::bench
