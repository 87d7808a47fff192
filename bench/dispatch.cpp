// trainyard-bench dispatch: the whole program with real processes, from a full queue to the Create accepted
// of every job, beside the same Creates sent by a bare client.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "bench/commands.hpp"
#include "bench/dispatch_run.hpp"
#include "bench/report.hpp"

namespace trainyard::bench {
namespace {

struct dispatch_arguments {
    dispatch_shape shape;
    std::size_t rounds = 3, floor_connections = 64;
    bool no_floor = false, json = false;
};

struct series {
    std::vector<dispatch_cost> ours;
    std::vector<floor_cost> floor;
};

result<series> measure(const dispatch_arguments& a) {
    series out;
    for (std::size_t round = 0; round < a.rounds; ++round) {
        std::fprintf(stderr, "round %zu/%zu\n", round + 1, a.rounds);
        const auto cost = run_dispatch(a.shape);
        if (!cost) return cost.error();
        out.ours.push_back(*cost);
        if (a.no_floor) continue;
        const auto raw = run_create_floor(a.shape, a.floor_connections);
        if (!raw) return raw.error();
        out.floor.push_back(*raw);
    }
    return out;
}

void add_figures(const dispatch_arguments& a, const series& all, report& out) {
    const double jobs = static_cast<double>(a.shape.jobs);
    constexpr double us = 1e6, kib = 1024;
    const auto add = [&](const char* name, const char* unit, auto ours, auto floor) {
        std::vector<double> values, floors;
        for (const auto& c : all.ours) values.push_back(ours(c));
        for (const auto& c : all.floor) floors.push_back(floor(c));
        out.figures.push_back(floors.empty() ? round_figure(name, values, unit)
                                             : round_figure(name, values, unit, floors));
    };
    const auto plain = [&](const char* name, const char* unit, auto ours) {
        std::vector<double> values;
        for (const auto& c : all.ours) values.push_back(ours(c));
        out.figures.push_back(round_figure(name, std::move(values), unit));
    };
    add(
        "first message received to last Create accepted: jobs", "/s",
        [&](const dispatch_cost& c) { return jobs / c.seconds; },
        [&](const floor_cost& c) { return jobs / c.seconds; });
    add(
        "dispatcher CPU a job, floor: the bare client's", "us",
        [&](const dispatch_cost& c) { return c.dispatcher_cpu_seconds * us / jobs; },
        [&](const floor_cost& c) { return c.client_cpu_seconds * us / jobs; });
    add(
        "server CPU a job, floor: of the Creates alone", "us",
        [&](const dispatch_cost& c) { return c.server_cpu_seconds * us / jobs; },
        [&](const floor_cost& c) { return c.server_cpu_seconds * us / jobs; });
    plain("message received to Create accepted: p50", "ms",
          [](const dispatch_cost& c) { return c.wait_p50_ms; });
    plain("message received to Create accepted: p99", "ms",
          [](const dispatch_cost& c) { return c.wait_p99_ms; });
    plain("SQS calls a job", "calls", [&](const dispatch_cost& c) { return c.sqs_calls / jobs; });
    plain("SageMaker calls a job", "calls", [&](const dispatch_cost& c) { return c.sagemaker_calls / jobs; });
    plain("synced commits a job", "commits", [&](const dispatch_cost& c) { return c.commits / jobs; });
    plain("resident memory of the dispatcher a job", "KiB",
          [&](const dispatch_cost& c) { return c.resident_bytes / kib / jobs; });
}

int run_bench(dispatch_arguments a) {
    // Queues are filled in batches of ten.
    const std::size_t unit = 10 * a.shape.queues;
    a.shape.jobs = (a.shape.jobs + unit - 1) / unit * unit;
    report out;
    out.bench = "dispatch";
    out.parameters = {
        {"jobs", std::to_string(a.shape.jobs)},
        {"pools", fmt::format("{} accounts in {} regions each", a.shape.accounts, a.shape.regions)},
        {"queues", fmt::format("{}, {} receivers each", a.shape.queues, a.shape.receivers)},
        {"rounds", std::to_string(a.rounds)},
        {"directory", std::filesystem::absolute(a.shape.directory).string()},
        {"processes", "trainyard local with every signature verified and its journal on; trainyard run"},
        {"floor", fmt::format("the same Creates from bare sockets, {} connections", a.floor_connections)}};
    const auto measured = measure(a);
    if (!measured) {
        std::fprintf(stderr, "trainyard-bench dispatch: %s\n", measured.error().message.c_str());
        return 1;
    }
    add_figures(a, *measured, out);
    print(out, a.json);
    return 0;
}

}  // namespace

void add_dispatch(CLI::App& app, action& run) {
    auto a = std::make_shared<dispatch_arguments>();
    a->shape.program = beside_this_program("trainyard");
    a->shape.directory = ".";
    CLI::App* sub =
        app.add_subcommand("dispatch", "The whole program: from a full queue to every job started");
    sub->add_option("--program", a->shape.program, "The trainyard program")->capture_default_str();
    sub->add_option("--directory", a->shape.directory, "On the disk to measure")
        ->check(CLI::ExistingDirectory);
    sub->add_option("--jobs", a->shape.jobs, "Messages of one round")->check(CLI::Range(10, 1'000'000));
    sub->add_option("--accounts", a->shape.accounts, "Accounts to start in")->check(CLI::Range(1, 1000));
    sub->add_option("--regions", a->shape.regions, "Regions of each account")->check(CLI::Range(1, 4));
    sub->add_option("--queues", a->shape.queues, "Queues to receive from")->check(CLI::Range(1, 1000));
    sub->add_option("--receivers", a->shape.receivers, "Receives under way on each queue")
        ->check(CLI::Range(1, 64));
    sub->add_option("--rounds", a->rounds, "How often everything is measured, in turns")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--floor-connections", a->floor_connections, "Of the bare client")
        ->check(CLI::Range(1, 1000));
    sub->add_flag("--no-floor", a->no_floor, "Leave the bare client out");
    sub->add_flag("--json", a->json, "One JSON object instead of a table");
    sub->callback([a, &run] { run = [a] { return run_bench(*a); }; });
}

}  // namespace trainyard::bench
