// A thousand accounts in virtual time: how much of SageMaker's own rates is used, and how soon ends are seen.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/commands.hpp"
#include "bench/fleet_run.hpp"
#include "bench/report.hpp"

namespace trainyard::bench {
namespace {

struct options {
    fleet_shape shape;
    bool without_events = false, json = false;
};

figure plain(std::string name, double value, std::string unit) {
    return {std::move(name), value, std::move(unit), std::nullopt, std::nullopt, 0};
}

int run(const options& o) {
    fleet_shape shape = o.shape;
    shape.events = !o.without_events;
    const fleet_outcome out = run_fleet(shape);
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    report r;
    r.bench = "fleet";
    r.seed = shape.seed;
    r.parameters = {
        {"fleet", std::to_string(shape.accounts) + " accounts, " + std::to_string(shape.regions) +
                      " regions, " + std::to_string(shape.tenants) + " tenants"},
        {"jobs", std::to_string(shape.jobs) +
                     ": half training, 15 % processing and transform, 10 % tuning, 5 % pipelines and "
                     "endpoints"},
        {"events", shape.events ? "0.1 to 2 s late" : "none"},
        {"reconcile", std::to_string(shape.reconcile_seconds) + " s"}};
    figure starts = plain("starts while jobs of their kind waited", out.starts, "");
    starts.floor = out.starts_allowed;
    starts.ratio = out.starts_allowed > 0 ? out.starts / out.starts_allowed : 0;
    r.figures.push_back(starts);
    for (const auto& [kind, seconds] : out.started_within)
        r.figures.push_back(plain("first to last start: " + kind, seconds, "s"));
    r.figures.push_back(plain("every role held after", out.warm_seconds, "s"));
    r.figures.push_back(plain("an end is recorded: median", out.seen_p50, "s"));
    r.figures.push_back(plain("an end is recorded: 99 %", out.seen_p99, "s"));
    r.figures.push_back(plain("an end is recorded: the last", out.seen_most, "s"));
    r.figures.push_back(plain("AssumeRole", static_cast<double>(out.assumed), ""));
    r.figures.push_back(
        plain("AssumeRole: most of one role in 40 minutes", out.assumed_most_per_40_minutes, ""));
    r.figures.push_back(
        plain("AssumeRole: most in a second", static_cast<double>(out.assumed_most_per_second), ""));
    r.figures.push_back(plain("Create", static_cast<double>(out.creates), ""));
    r.figures.push_back(plain("Describe", static_cast<double>(out.describes), ""));
    r.figures.push_back(plain("List", static_cast<double>(out.lists), ""));
    r.figures.push_back(plain("throttled", static_cast<double>(out.throttled), ""));
    r.figures.push_back(plain("simulated time", out.simulated_seconds, "s"));
    r.figures.push_back(plain("processor time", out.cpu_seconds, "s"));
    r.figures.push_back(plain("turns", static_cast<double>(out.turns), ""));
    r.figures.push_back(
        plain("memory, SageMaker's table included", static_cast<double>(use.ru_maxrss) * 1024, "B"));
    print(r, o.json);
    if (!out.problem.empty()) std::cerr << "trainyard-bench: " << out.problem << std::endl;
    return out.problem.empty() ? 0 : 1;
}

}  // namespace

void add_fleet(CLI::App& app, action& run_it) {
    auto* cmd = app.add_subcommand("fleet", "A thousand accounts in virtual time, at SageMaker's own rates");
    auto o = std::make_shared<options>();
    fleet_shape& s = o->shape;
    cmd->add_option("--accounts", s.accounts, "Accounts")->check(CLI::Range(1, 10'000));
    cmd->add_option("--regions", s.regions, "Regions of each")->check(CLI::Range(1, 4));
    cmd->add_option("--jobs", s.jobs, "Jobs, of mixed kinds")->check(CLI::Range(1, 10'000'000));
    cmd->add_option("--tenants", s.tenants, "Tenants")->check(CLI::Range(1, 10'000));
    cmd->add_option("--reconcile", s.reconcile_seconds, "Seconds between listings")
        ->check(CLI::Range(1, 3600));
    cmd->add_flag("--without-events", o->without_events, "Ends are found by listing alone");
    cmd->add_option("--seed", s.seed, "Of everything");
    cmd->add_flag("--json", o->json, "One JSON object instead of a table");
    cmd->callback([o, &run_it] { run_it = [o] { return run(*o); }; });
}

}  // namespace trainyard::bench
