// In the manner of Microsoft's Philly cluster (Jeon et al., USENIX ATC 2019): virtual clusters with quota of
// very different size and activity, most jobs on one GPU, run times over six decades, submissions in bursts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "scheduler/sim/draw.hpp"
#include "scheduler/sim/generators.hpp"

namespace trainyard::sim {
namespace {

struct virtual_cluster {
    std::int64_t quota;
    double activity;  // part of the submissions
};
constexpr std::array<virtual_cluster, 11> clusters{{{119, 30},
                                                    {119, 14},
                                                    {119, 6},
                                                    {60, 18},
                                                    {60, 5},
                                                    {59, 9},
                                                    {30, 8},
                                                    {30, 4},
                                                    {30, 2},
                                                    {15, 3},
                                                    {15, 1}}};
constexpr std::array<double, 7> size_weights{70, 7, 9, 8, 4, 1.5, 0.5};  // 1, 2, 4, ... 64 GPUs

}  // namespace

generated generate_philly(rng r, std::size_t jobs) {
    std::int64_t units = 0;
    for (const virtual_cluster& c : clusters) units += c.quota;
    generated g{{}, one_pool(units)};
    workload& w = g.jobs;
    const index unit = w.resources.intern("unit");
    std::vector<double> weights;
    for (std::size_t c = 0; c < clusters.size(); ++c) {
        policy::tenant_config t;
        t.name = fmt::format("vc-{}", c + 1);
        t.weight = static_cast<double>(clusters[c].quota);
        t.quota["unit"] = {policy::amount{clusters[c].quota}, policy::amount::unlimited()};
        w.tenants.intern(t.name);
        g.fleet.tenants.push_back(std::move(t));
        weights.push_back(clusters[c].activity);
    }
    g.fleet.order = policy::order::fair;
    g.fleet.backfill = policy::backfill::easy;
    double at = 0;
    while (w.jobs.size() < jobs) {
        // A sweep: one user's jobs, alike in size.
        at += draw_exponential(r, 1) * (1.3 + std::cos(at / 50 * std::numbers::pi));
        const std::size_t cluster = draw_place(r, weights);
        const auto many = static_cast<std::size_t>(std::exp(r.unit() * r.unit() * 4));
        const std::int64_t size = std::int64_t{1} << draw_place(r, size_weights);
        const double typical = draw_log_normal(r, 900, 1.8);
        for (std::size_t i = 0; i < many && w.jobs.size() < jobs; ++i) {
            job j;
            j.name = fmt::format("{}", w.jobs.size() + 1);
            j.submit = from_seconds((at + static_cast<double>(i) * 0.002) * 100);
            j.run =
                from_seconds(std::clamp(std::floor(draw_log_normal(r, typical, 0.8)), 10.0, 30 * 86400.0));
            j.tenant = static_cast<index>(cluster);
            j.job_class = w.classes.intern(size == 1 ? "single" : size <= 8 ? "node" : "distributed");
            j.needs = {{unit, std::min(size, clusters[cluster].quota)}};
            w.jobs.push_back(std::move(j));
        }
    }
    scale_load(w, units, 0.9);
    return g;
}

}  // namespace trainyard::sim
