// Lublin and Feitelson: "The workload on parallel supercomputers: modeling the characteristics of rigid
// jobs", JPDC 63 (2003). Sizes and run times are the model's with the parameters of its batch jobs. Its
// arrivals are gamma distributed with a daily cycle; here they are a Poisson process with a cycle of the same
// shape, and the load is set.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "scheduler/sim/draw.hpp"
#include "scheduler/sim/generators.hpp"

namespace trainyard::sim {
namespace {

constexpr std::int64_t units = 256;
constexpr double serial = 0.244, power_of_two = 0.576;
// The two-stage uniform distribution of log2 of the size: from `low` to `middle` with `first`, else up to
// `high`.
constexpr double low = 0.8, high = 8, middle = high - 2.5, first = 0.86;
// The hyper-gamma distribution of ln of the run time; the first of the two with a chance that falls with the
// size.
constexpr double shape_1 = 4.2, scale_1 = 0.94, shape_2 = 312, scale_2 = 0.03, chance_slope = -0.0054,
                 chance_at_0 = 0.78;
constexpr double log_run_max = 12;  // two days

std::int64_t draw_size(rng& r) {
    if (r.unit() < serial) return 1;
    const double log2 =
        r.unit() < first ? low + r.unit() * (middle - low) : middle + r.unit() * (high - middle);
    const bool round = r.unit() < power_of_two;
    const double size = round ? std::exp2(std::round(log2)) : std::round(std::exp2(log2));
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(size), 2, units);
}

double draw_run(rng& r, std::int64_t size) {
    const double p = std::clamp(chance_at_0 + chance_slope * static_cast<double>(size), 0.0, 1.0);
    for (;;) {
        const double log = r.unit() < p ? draw_gamma(r, shape_1, scale_1) : draw_gamma(r, shape_2, scale_2);
        if (log <= log_run_max) return std::max(1.0, std::floor(std::exp(log)));
    }
}

// Submissions of a day by the hour: least at five in the morning, most at two in the afternoon.
double activity(double seconds) {
    const double hour = std::fmod(seconds / 3600 + 8, 24);
    return 1 - 0.75 * std::cos((hour - 2.5) / 12 * std::numbers::pi);
}

}  // namespace

generated generate_lublin(rng r, std::size_t jobs) {
    generated g{{}, one_pool(units)};
    workload& w = g.jobs;
    const index unit = w.resources.intern("unit");
    double work = 0;
    for (std::size_t i = 0; i < jobs; ++i) {
        job j;
        j.name = fmt::format("{}", i + 1);
        const std::int64_t size = draw_size(r);
        j.run = from_seconds(draw_run(r, size));
        j.tenant = w.tenants.intern("all");
        j.job_class = w.classes.intern("batch");
        j.needs = {{unit, size}};
        work += to_seconds(j.run) * static_cast<double>(size);
        w.jobs.push_back(std::move(j));
    }
    // The cycle belongs to the clock, so the rate is right from the start and nothing is scaled afterwards.
    const double gap =
        work / (static_cast<double>(units) * 0.9) / static_cast<double>(std::max<std::size_t>(jobs, 1));
    double at = 0;
    for (job& j : w.jobs) {
        do at += draw_exponential(r, gap / 1.75);
        while (r.unit() * 1.75 > activity(at));  // thinning: Lewis and Shedler 1979
        j.submit = from_seconds(std::floor(at));
    }
    return g;
}

}  // namespace trainyard::sim
