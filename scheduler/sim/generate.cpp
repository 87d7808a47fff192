#include "scheduler/sim/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/encoding.hpp"
#include "scheduler/sim/draw.hpp"
#include "scheduler/sim/generators.hpp"

namespace trainyard::sim {

const std::vector<generator>& generators() {
    static const std::vector<generator> all{
        {"poisson", "Poisson arrivals of log-normal jobs, 8 equal tenants, 128 units, load 0.85", 10'000},
        {"lublin", "sizes and run times of Lublin and Feitelson's model, daily cycle, 256 units, load 0.9",
         10'000},
        {"philly", "11 virtual clusters with quota on 656 GPUs, bursts and long tails", 50'000},
        {"curie", "as large as CEA Curie's log: 93,312 units, 700 users, generous estimates", 300'000},
        {"kueue-baseline", "Kueue's performance scenario: 5 cohorts x 6 queues x 500 jobs", 0},
        {"kueue-large-scale", "Kueue's large one: 10 cohorts x 100 queues x 50 jobs", 0},
    };
    return all;
}

result<generated> generate(std::string_view name, std::uint64_t seed, std::size_t jobs) {
    const auto known = std::ranges::find(generators(), name, &generator::name);
    if (known == generators().end()) {
        std::string names;
        for (const generator& g : generators())
            names += fmt::format("{}{}", names.empty() ? "" : ", ", g.name);
        return error{errc::invalid_argument,
                     fmt::format("there is no generator '{}'; there are {}", printable(name, 40), names)};
    }
    if (known->default_jobs == 0 && jobs != 0)
        return error{errc::invalid_argument, fmt::format("the number of jobs of {} is fixed", name)};
    if (jobs > jobs_max) return error{errc::limit, fmt::format("at most {} jobs", jobs_max)};
    const std::size_t count = jobs == 0 ? known->default_jobs : jobs;
    const rng r = rng{seed}.split(name);
    generated g = name == "poisson"          ? generate_poisson(r, count)
                  : name == "lublin"         ? generate_lublin(r, count)
                  : name == "philly"         ? generate_philly(r, count)
                  : name == "curie"          ? generate_curie(r, count)
                  : name == "kueue-baseline" ? generate_kueue_baseline()
                                             : generate_kueue_large_scale();
    g.jobs.source = known->default_jobs == 0 ? std::string{name} : fmt::format("{}, seed {}", name, seed);
    sort_jobs(g.jobs);
    return g;
}

policy::settings one_pool(std::int64_t units) {
    policy::settings s;
    policy::pool_config p;
    p.name = "pool";
    p.limits["unit"] = policy::amount{units};
    s.pools.push_back(std::move(p));
    s.order = policy::order::fifo;
    s.backfill = policy::backfill::easy;
    return s;
}

void scale_load(workload& w, std::int64_t units, double load) {
    double work = 0, last = 0;
    for (const job& j : w.jobs) {
        work += to_seconds(j.run) * static_cast<double>(j.units());
        last = std::max(last, to_seconds(j.submit));
    }
    if (last <= 0) return;
    const double factor = work / (static_cast<double>(units) * load) / last;
    // Whole seconds, as logs have them: many jobs then share an instant.
    for (job& j : w.jobs) j.submit = from_seconds(std::floor(to_seconds(j.submit) * factor));
}

generated generate_poisson(rng r, std::size_t jobs) {
    constexpr std::int64_t units = 128;
    generated g{{}, one_pool(units)};
    workload& w = g.jobs;
    const index unit = w.resources.intern("unit");
    double at = 0;
    for (std::size_t i = 0; i < jobs; ++i) {
        job j;
        j.name = fmt::format("{}", i + 1);
        at += draw_exponential(r, 1);
        j.submit = from_seconds(at * 100);
        j.run = from_seconds(std::clamp(std::floor(draw_log_normal(r, 1200, 1.5)), 1.0, 5 * 86400.0));
        j.requested = from_seconds(std::ceil(to_seconds(j.run) * (1 + 4 * r.unit()) / 600) * 600);
        j.tenant = w.tenants.intern(fmt::format("tenant-{}", r.below(8)));
        j.job_class = w.classes.intern("batch");
        j.needs = {{unit, std::int64_t{1} << r.below(6)}};
        w.jobs.push_back(std::move(j));
    }
    scale_load(w, units, 0.85);
    return g;
}

namespace {

constexpr std::int64_t curie_node = 16;  // cores

// Users ask for round numbers, mostly for powers of two; few count their nodes.
std::int64_t draw_curie_size(rng& r) {
    if (r.chance(0.3)) return std::int64_t{1} << r.below(4);  // part of a node
    constexpr std::array<std::int64_t, 8> round{1, 2, 3, 4, 6, 8, 10, 12};
    if (r.chance(0.1)) return curie_node * (1 + static_cast<std::int64_t>(r.below(64)));
    const auto power = static_cast<unsigned>(r.unit() * r.unit() * 9);
    return (curie_node << power) *
           round[r.chance(0.7) ? std::size_t{1} << r.below(2) : r.below(round.size())] / 2;
}

}  // namespace

generated generate_curie(rng r, std::size_t jobs) {
    constexpr std::int64_t units = 93'312;
    constexpr std::size_t users = 700;
    generated g{{}, one_pool(units)};
    workload& w = g.jobs;
    const index unit = w.resources.intern("unit");
    // A few users submit most of the jobs.
    std::vector<double> activity;
    for (std::size_t u = 0; u < users; ++u) {
        w.tenants.intern(fmt::format("user-{}", u + 1));
        activity.push_back(1 / std::pow(static_cast<double>(u) + 3, 1.1));
    }
    constexpr std::array<std::string_view, 3> classes{"small", "medium", "large"};
    for (const std::string_view c : classes) w.classes.intern(c);
    double at = 0;
    std::size_t user = 0;
    double length = 0;
    std::int64_t size = 0;
    for (std::size_t i = 0; i < jobs; ++i) {
        job j;
        j.name = fmt::format("{}", i + 1);
        // Users repeat themselves: bursts of like jobs, seconds apart.
        const bool again = i > 0 && r.chance(0.6);
        at += draw_exponential(r, again ? 0.1 : 2.4);
        if (!again) {
            user = draw_place(r, activity);
            length = draw_log_normal(r, 900, 2.0);
            size = draw_curie_size(r);
        }
        j.submit = from_seconds(at * 100);
        j.run = from_seconds(std::clamp(std::floor(length * (0.7 + 0.6 * r.unit())), 1.0, 86400.0));
        // Estimates are round, and the most that is allowed is the favourite.
        const double asked = std::ceil(to_seconds(j.run) * (1 + 9 * r.unit()) / 1800) * 1800;
        j.requested = from_seconds(r.chance(0.3) ? 86400.0 : std::min(asked, 86400.0));
        j.tenant = static_cast<index>(user);
        j.job_class = size <= curie_node ? 0 : size <= 64 * curie_node ? 1 : 2;
        j.needs = {{unit, size}};
        w.jobs.push_back(std::move(j));
    }
    scale_load(w, units, 0.8);
    return g;
}

}  // namespace trainyard::sim
