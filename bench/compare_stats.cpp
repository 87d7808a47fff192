#include "bench/compare_stats.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/report.hpp"
#include "engine/base/check.hpp"

namespace trainyard::bench {
namespace {

constexpr std::size_t exact_pairs_max =
    2'500;  // 50 rounds a side; beyond it the normal approximation is exact enough

// P(U <= u) for every u.
std::vector<double> exact_probabilities(std::size_t n, std::size_t m) {
    // ways[k]: orders with k pairs the wrong way round. Adding one value of the first set to i - 1 of them
    // multiplies the generating function by (1 - q^(m+i)) / (1 - q^i).
    std::vector<double> ways(n * m + 1, 0);
    ways[0] = 1;
    for (std::size_t i = 1; i <= n; ++i) {
        for (std::size_t k = n * m; k >= m + i && k > 0; --k) ways[k] -= ways[k - m - i];
        for (std::size_t k = i; k <= n * m; ++k) ways[k] += ways[k - i];
    }
    for (std::size_t k = 1; k < ways.size(); ++k) ways[k] += ways[k - 1];
    const double all = ways.back();
    for (double& w : ways) w /= all;
    return ways;
}

double approximate_probability(std::size_t n, std::size_t m, std::size_t u) {
    const auto pairs = static_cast<double>(n * m);
    const double sigma = std::sqrt(pairs * static_cast<double>(n + m + 1) / 12);
    return 0.5 * std::erfc(-(static_cast<double>(u) + 0.5 - pairs / 2) / sigma / std::sqrt(2.0));
}

}  // namespace

double rank_probability(std::size_t n, std::size_t m, std::size_t u) {
    if (n * m > exact_pairs_max) return approximate_probability(n, m, u);
    return exact_probabilities(n, m).at(std::min(u, n * m));
}

ratio_estimate estimate_ratio(std::span<const double> a, std::span<const double> b) {
    TY_CHECK(!a.empty() && !b.empty(), "something to compare");
    std::vector<double> all;
    for (const double x : a)
        for (const double y : b) {
            TY_CHECK(x > 0 && y > 0, "a ratio is of numbers above 0");
            all.push_back(y / x);
        }
    std::sort(all.begin(), all.end());
    const bool exactly = all.size() <= exact_pairs_max;
    const auto exact = exactly ? exact_probabilities(a.size(), b.size()) : std::vector<double>{};
    const auto tail = [&](std::size_t u) {
        return exactly ? exact[u] : approximate_probability(a.size(), b.size(), u);
    };
    // The interval leaves out `outside` ratios at each end.
    std::size_t outside = 0;
    while (2 * (outside + 2) <= all.size() && 2 * tail(outside + 1) <= 1 - confidence_wanted) ++outside;
    ratio_estimate out;
    out.ratio = median(all);
    out.low = all[outside];
    out.high = all[all.size() - 1 - outside];
    out.confidence = std::max(0.0, 1 - 2 * tail(outside));
    return out;
}

}  // namespace trainyard::bench
