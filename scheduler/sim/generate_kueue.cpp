// The workloads of Kueue's performance tests as its generator files state them (kubernetes-sigs/kueue,
// test/performance/scheduler/configs): each queue submits three classes side by side, one job of a class
// every interval, the first after one interval. A cohort is a pool of its own, and its queues are tenants
// that borrow from each other.
#include <fmt/format.h>

#include <array>
#include <span>

#include "scheduler/sim/generators.hpp"

namespace trainyard::sim {
namespace {

constexpr std::int64_t quota = 20, borrowing = 100;

struct job_class {
    std::string_view name;
    int count;
    std::int64_t interval_ms, run_ms;
    int priority;
    std::int64_t units;
};
constexpr std::array<job_class, 3> baseline{
    {{"small", 350, 100, 200, 50, 1}, {"medium", 100, 500, 500, 100, 5}, {"large", 50, 1200, 1000, 200, 20}}};
constexpr std::array<job_class, 3> large_scale{
    {{"small", 35, 60, 150, 50, 1}, {"medium", 11, 300, 350, 100, 5}, {"large", 4, 700, 700, 200, 20}}};

generated build(int cohorts, int queues, std::span<const job_class> classes) {
    generated g;
    workload& w = g.jobs;
    const index unit = w.resources.intern("unit");
    for (const job_class& c : classes) w.classes.intern(c.name);
    for (int co = 0; co < cohorts; ++co) {
        policy::pool_config p;
        p.name = fmt::format("cohort-{}", co);
        p.limits["unit"] = policy::amount{quota * queues};
        policy::tenant_config cohort;
        cohort.name = p.name;
        cohort.pools = {p.name};
        g.fleet.pools.push_back(p);
        g.fleet.tenants.push_back(cohort);
        for (int q = 0; q < queues; ++q) {
            policy::tenant_config t;
            t.name = fmt::format("{}/cq-{}", p.name, q);
            t.pools = {p.name};
            t.quota["unit"] = {policy::amount{quota}, policy::amount{borrowing}};
            const index tenant = w.tenants.intern(t.name);
            g.fleet.tenants.push_back(std::move(t));
            for (std::size_t c = 0; c < classes.size(); ++c)
                for (int i = 0; i < classes[c].count; ++i) {
                    job j;
                    j.name = fmt::format("{}-{}-{}-{}", co, q, classes[c].name, i);
                    j.submit = std::chrono::milliseconds{classes[c].interval_ms * (i + 1)};
                    j.run = std::chrono::milliseconds{classes[c].run_ms};
                    j.tenant = tenant;
                    j.job_class = static_cast<index>(c);
                    j.priority = classes[c].priority;
                    j.needs = {{unit, classes[c].units}};
                    w.jobs.push_back(std::move(j));
                }
        }
    }
    g.fleet.order = policy::order::fair;
    g.fleet.backfill = policy::backfill::greedy;
    return g;
}

}  // namespace

generated generate_kueue_baseline() {
    return build(5, 6, baseline);
}
generated generate_kueue_large_scale() {
    return build(10, 100, large_scale);
}

}  // namespace trainyard::sim
