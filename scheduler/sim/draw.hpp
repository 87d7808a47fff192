// Random variables over the seeded generator. Private to the folder.
#pragma once

#include <cmath>
#include <numbers>
#include <span>

#include "engine/base/rng.hpp"

namespace trainyard::sim {

inline double draw_exponential(rng& r, double mean) {
    return -mean * std::log1p(-r.unit());
}

inline double draw_normal(rng& r) {  // Box and Muller 1958, one of the pair
    const double radius = std::sqrt(-2 * std::log1p(-r.unit()));
    return radius * std::cos(2 * std::numbers::pi * r.unit());
}

// exp of a normal; `median` and the spread of the logarithm.
inline double draw_log_normal(rng& r, double median, double sigma) {
    return median * std::exp(sigma * draw_normal(r));
}

// Marsaglia and Tsang 2000; shape at least 1.
inline double draw_gamma(rng& r, double shape, double scale) {
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
        const double x = draw_normal(r), v = std::pow(1 + c * x, 3);
        if (v > 0 && std::log1p(-r.unit()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v * scale;
    }
}

// A place in `weights`, each as likely as its part of their sum.
inline std::size_t draw_place(rng& r, std::span<const double> weights) {
    double sum = 0;
    for (const double w : weights) sum += w;
    double at = r.unit() * sum;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
        if (at < weights[i]) return i;
        at -= weights[i];
    }
    return weights.size() - 1;
}

}  // namespace trainyard::sim
