// trainyard-bench ledger: durable transitions beside a plain file that is appended to and synced, the time
// until one is durable at a steady rate, and a restart with a long queue of jobs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "bench/commands.hpp"
#include "bench/ledger_load.hpp"
#include "bench/ledger_restart.hpp"
#include "bench/report.hpp"

namespace trainyard::bench {
namespace {

struct ledger_arguments {
    std::string directory = ".";
    std::size_t rounds = 5, records = 200'000, batch = 10, pending = 1'000'000;
    std::vector<std::size_t> windows{200, 2000, 10000};
    double rate = 10'000, seconds = 5;
    bool json = false;
};

figure plain(std::string name, const std::vector<double>& values, const char* unit) {
    return {std::move(name), median(values), unit, {}, {}, spread_of(values)};
}

result<void> measure_throughput(const ledger_arguments& a, const std::string& file, report& out) {
    for (const std::size_t window : a.windows) {
        std::vector<double> ours, raw, cpu, group, share;
        for (std::size_t round = 0; round < a.rounds; ++round) {
            std::fprintf(stderr, "window %zu, round %zu/%zu\n", window, round + 1, a.rounds);
            const auto l = run_closed(file, a.records, a.batch, window);
            if (!l) return l.error();
            group.push_back(static_cast<double>(l->records) / static_cast<double>(l->commits));
            const auto f = run_flat(file + ".flat", a.records, static_cast<std::size_t>(group.back()));
            if (!f) return f.error();
            ours.push_back(static_cast<double>(l->records) / l->seconds);
            raw.push_back(static_cast<double>(f->records) / f->seconds);
            cpu.push_back(l->thread_cpu * 1e6 / static_cast<double>(l->records));
        }
        figure rate = plain(fmt::format("durable transitions, {} outstanding", window), ours, "/s");
        rate.floor = median(raw);
        rate.ratio = median(ratios(ours, raw));
        out.figures.push_back(std::move(rate));
        out.figures.push_back(
            plain(fmt::format("transitions of one commit, {} outstanding", window), group, ""));
        out.figures.push_back(
            plain(fmt::format("CPU of the ledger's thread a transition, {} outstanding", window), cpu, "us"));
    }
    return {};
}

double at(const std::vector<double>& sorted, double share) {
    return sorted[std::min(sorted.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

result<void> measure_latency(const ledger_arguments& a, const std::string& file, report& out) {
    const std::pair<const char*, double> shares[] = {
        {"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};
    std::vector<double> ours[4], raw[4];
    for (std::size_t round = 0; round < a.rounds; ++round) {
        std::fprintf(stderr, "steady rate, round %zu/%zu\n", round + 1, a.rounds);
        const auto l = run_open(file, a.rate, a.seconds);
        if (!l) return l.error();
        const auto f = run_open_flat(file + ".flat", a.rate, a.seconds);
        if (!f) return f.error();
        for (int i = 0; i < 4; ++i) {
            ours[i].push_back(at(*l, shares[i].second) * 1e3);
            raw[i].push_back(at(*f, shares[i].second) * 1e3);
        }
    }
    for (int i = 0; i < 4; ++i) {
        figure f = plain(fmt::format("due to durable at {:.0f} transitions/s: {}", a.rate, shares[i].first),
                         ours[i], "ms");
        f.floor = median(raw[i]);
        f.ratio = median(ratios(ours[i], raw[i]));
        out.figures.push_back(std::move(f));
    }
    return {};
}

int run_ledger(const ledger_arguments& a) {
    report out;
    out.bench = "ledger";
    out.seed = 1;
    out.parameters = {
        {"transitions", "a quarter accepts a job with a request of 600 B; 10,000 jobs are live"},
        {"submitted", fmt::format("{} at a time", a.batch)},
        {"rounds", std::to_string(a.rounds)},
        {"directory", std::filesystem::absolute(a.directory).string()},
        {"floor", "the same records in a flat file: one write and one fdatasync a commit"}};
    const std::string file = a.directory + "/bench-ledger.db";
    result<void> done;
    if (!a.windows.empty() && a.records > 0) done = measure_throughput(a, file, out);
    if (done && a.seconds > 0) done = measure_latency(a, file, out);
    if (done && a.pending > 0) done = measure_restart(file, a.pending, a.rounds, out);
    if (!done) {
        std::fprintf(stderr, "trainyard-bench ledger: %s\n", done.error().message.c_str());
        return 1;
    }
    print(out, a.json);
    return 0;
}

}  // namespace

void add_ledger(CLI::App& app, action& run) {
    auto a = std::make_shared<ledger_arguments>();
    CLI::App* sub = app.add_subcommand("ledger", "Durable transitions beside a flat file that is synced");
    sub->add_option("--directory", a->directory, "On the disk to measure")->check(CLI::ExistingDirectory);
    sub->add_option("--rounds", a->rounds, "How often everything is measured, in turns")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--records", a->records, "Transitions of one measurement; 0: leave throughput out");
    sub->add_option("--batch", a->batch, "Transitions submitted together")->check(CLI::Range(1, 1000));
    sub->add_option("--windows", a->windows, "Transitions outstanding at once; each a measurement of its own")
        ->check(CLI::Range(1, 50000));
    sub->add_option("--rate", a->rate, "Transitions a second for the time to durable")
        ->check(CLI::Range(1000.0, 1e6));
    sub->add_option("--seconds", a->seconds, "Of that measurement; 0: leave it out");
    sub->add_option("--pending", a->pending, "Jobs of the restart; 0: leave it out");
    sub->add_flag("--json", a->json, "One JSON object instead of a table");
    sub->callback([a, &run] { run = [a] { return run_ledger(*a); }; });
}

}  // namespace trainyard::bench
