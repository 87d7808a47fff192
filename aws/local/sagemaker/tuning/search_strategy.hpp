// Which values a tuning job tries next, and how well values turn out here, where nothing is trained. Pure and
// seeded: the n-th trial of a tuning job is the same in every run with the same seed and the same history.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/tuning/search_space.hpp"

namespace trainyard::aws::local::sagemaker {

enum class search_kind : unsigned char { bayesian, random, hyperband, grid };
std::string_view to_string(search_kind k);  // Bayesian
std::optional<search_kind> read_search_kind(std::string_view text);

// A trial that ended with a metric.
struct observation {
    std::vector<double> positions;
    double quality = 0;  // 0 to 1, 1 the best; whatever the objective is called
};

// What the strategy looks like from outside: Random and Hyperband draw each parameter evenly over its scale;
// Grid, which has categorical parameters only, goes through the combinations; Bayesian draws like Random
// until it has seen `bayesian_warm_up` trials, then takes the most promising of some candidates near the best
// ones and some anywhere.
inline constexpr std::size_t bayesian_warm_up = 4;
std::vector<double> next_trial(search_kind kind, const search_space& space, std::uint64_t seed,
                               std::uint64_t number, const std::vector<observation>& seen);

// How many trials a grid has; saturates.
std::uint64_t grid_size(const search_space& space);

// How good values are: 1 at a point that the seed places, falling with the distance from it, with a little
// noise that the values determine. What a training job "measures" here.
double quality_of(const search_space& space, std::uint64_t seed, const parameter_values& values);

}  // namespace trainyard::aws::local::sagemaker
