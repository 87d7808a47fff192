#include "aws/local/sagemaker/tuning/search_strategy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::array names{
    std::pair{search_kind::bayesian, std::string_view{"Bayesian"}},
    std::pair{search_kind::random, std::string_view{"Random"}},
    std::pair{search_kind::hyperband, std::string_view{"Hyperband"}},
    std::pair{search_kind::grid, std::string_view{"Grid"}},
};

constexpr double below_one = 1 - 1e-12;
constexpr int candidates_near = 12, candidates_anywhere = 12;
constexpr std::size_t best_looked_at = 3;
constexpr double exploration = 0.3;  // what a candidate gains for each unit of distance from all trials
constexpr double noise = 0.01;

using point = std::vector<double>;

point draw(rng& chance, std::size_t parameters) {
    point out(parameters);
    for (double& p : out) p = chance.unit();
    return out;
}

double distance(const point& a, const point& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return a.empty() ? 0 : std::sqrt(sum / static_cast<double>(a.size()));
}

// Within `reach` of `centre`, folded back at the ends so that the ends are no more likely than the rest.
point near(rng& chance, const point& centre, double reach) {
    point out = centre;
    for (double& p : out) {
        p = std::abs(p + reach * (2 * chance.unit() - 1));
        if (p >= 1) p = 2 - p;
        p = std::clamp(p, 0.0, below_one);
    }
    return out;
}

// Expected quality by the trials around, weighted by the square of their nearness, and the gain of going
// where none has been.
double promise(const point& at, const std::vector<observation>& seen) {
    double weights = 0, sum = 0, nearest = std::numeric_limits<double>::max();
    for (const observation& o : seen) {
        const double d = distance(at, o.positions);
        const double w = 1 / (d * d + 1e-6);
        weights += w;
        sum += w * o.quality;
        nearest = std::min(nearest, d);
    }
    return sum / weights + exploration * nearest;
}

point next_bayesian(rng& chance, const search_space& space, std::vector<observation> seen) {
    if (seen.size() < bayesian_warm_up) return draw(chance, space.size());
    const std::size_t bests = std::min(best_looked_at, seen.size());
    std::partial_sort(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(bests), seen.end(),
                      [](const auto& a, const auto& b) { return a.quality > b.quality; });
    const double reach = 1 / std::sqrt(static_cast<double>(seen.size()));
    point best;
    double best_promise = -1;
    for (int i = 0; i < candidates_near + candidates_anywhere; ++i) {
        point c = i < candidates_near
                      ? near(chance, seen[static_cast<std::size_t>(i) % bests].positions, reach)
                      : draw(chance, space.size());
        const double p = promise(c, seen);
        if (p <= best_promise) continue;
        best_promise = p;
        best = std::move(c);
    }
    return best;
}

point next_of_grid(const search_space& space, std::uint64_t number) {
    point out;
    for (const parameter_range& r : space.parameters()) {
        const std::uint64_t n = r.values.size();
        out.push_back((static_cast<double>(number % n) + 0.5) / static_cast<double>(n));
        number /= n;
    }
    return out;
}

}  // namespace

std::string_view to_string(search_kind k) {
    return std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == k; })->second;
}

std::optional<search_kind> read_search_kind(std::string_view text) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.second == text; });
    if (found == names.end()) return std::nullopt;
    return found->first;
}

std::vector<double> next_trial(search_kind kind, const search_space& space, std::uint64_t seed,
                               std::uint64_t number, const std::vector<observation>& seen) {
    rng chance{seed, number};
    switch (kind) {
        case search_kind::bayesian: return next_bayesian(chance, space, seen);
        case search_kind::grid: return next_of_grid(space, number);
        case search_kind::random:
        case search_kind::hyperband: break;
    }
    return draw(chance, space.size());
}

std::uint64_t grid_size(const search_space& space) {
    std::uint64_t out = 1;
    for (const parameter_range& r : space.parameters()) {
        const std::uint64_t n = std::max<std::size_t>(1, r.values.size());
        out = out > std::numeric_limits<std::uint64_t>::max() / n ? std::numeric_limits<std::uint64_t>::max()
                                                                  : out * n;
    }
    return out;
}

double quality_of(const search_space& space, std::uint64_t seed, const parameter_values& values) {
    const rng root{seed};
    rng place = root.split("optimum");
    const point optimum = draw(place, space.size());
    std::string text;
    for (const auto& [name, value] : values) text.append(name).append("=").append(value).append("\n");
    rng luck = root.split(text);
    const double d = distance(space.positions_of(values), optimum);
    return std::clamp((1 - noise) * (1 - d) + noise * luck.unit(), 0.0, 1.0);
}

}  // namespace trainyard::aws::local::sagemaker
