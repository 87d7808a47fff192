#include "bench/ledger_restart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bench/flat_file.hpp"
#include "bench/ledger_load.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::bench {
namespace {

constexpr std::size_t group = 5'000;

result<void> fill(const std::string& file, const std::string& flat, std::size_t pending) {
    auto l = ledger::ledger::open(file, "bench");
    if (!l) return l.error();
    auto f = flat_file::create(flat);
    if (!f) return f.error();
    fleet_records from{0, 1};
    for (std::size_t made = 0; made < pending;) {
        std::vector<lifecycle::record> records;
        std::string bytes;
        for (; made < pending && records.size() < group; ++made) {
            records.push_back(from.accept());
            lifecycle::record bare = records.back();
            bare.body.clear();  // the ledger does not read bodies here either
            encode(bare, bytes);
        }
        if (auto done = (*l)->commit(records); !done) return done;
        if (auto done = (*l)->checkpoint(); !done) return done;
        if (auto done = f->append(bytes); !done) return done;
    }
    return {};
}

config::fleet one_pool() {
    std::string tenants;
    for (int i = 0; i < 40; ++i) tenants += fmt::format("  - {{name: vision/team-{}}}\n", i);
    return config::parse_fleet(
               "installation: bench\naccounts:\n  - {id: \"111111111111\", regions: [us-east-1],\n"
               "     limits: {ml.g5.2xlarge: 1000}, api_rates: {create: 1000}}\n"
               "tenants:\n" +
                   tenants +
                   "queues:\n"
                   "  - {name: training-jobs, region: us-east-1, tenants: [vision/team-0]}\n",
               "bench", ".", {})
        .value();
}

}  // namespace

result<void> measure_restart(const std::string& file, std::size_t pending, std::size_t rounds, report& out) {
    const std::string flat = file + ".flat";
    const auto remove = [&] {
        std::error_code ec;
        for (const auto& name : {file, file + "-wal", flat}) std::filesystem::remove(name, ec);
    };
    remove();
    std::fprintf(stderr, "a ledger of %zu pending jobs\n", pending);
    if (auto done = fill(file, flat, pending); !done) return done;
    const config::fleet fleet = one_pool();
    // On a busy machine the time on the wall is that of the others; the processor time is what an idle one
    // takes.
    struct series {
        std::vector<double> load, read, ready;
    };
    series wall, cpu;
    for (std::size_t round = 0; round < rounds; ++round) {
        std::fprintf(stderr, "restart, round %zu/%zu\n", round + 1, rounds);
        const double began[] = {wall_ns(), thread_cpu_ns()};
        const auto since = [&](std::vector<double>& w, std::vector<double>& c) {
            w.push_back((wall_ns() - began[0]) / 1e9);
            c.push_back((thread_cpu_ns() - began[1]) / 1e9);
        };
        auto l = ledger::ledger::open(file, "bench");
        if (!l) return l.error();
        auto jobs = (*l)->load();
        if (!jobs) return jobs.error();
        since(wall.load, cpu.load);
        const dispatcher::instant now{jobs->back().facts.accepted, mono_time{}};
        {
            dispatcher::core core{fleet, {}, 1, now};
            core.restore(std::move(*jobs), {}, now);
            const auto first = core.turn(now, 1000);
            since(wall.ready, cpu.ready);
            if (first.effects.empty()) return error{errc::internal, "nothing was started"};
        }
        const double flat_began[] = {wall_ns(), thread_cpu_ns()};
        const auto plain = read_jobs(flat);
        if (!plain) return plain.error();
        wall.read.push_back((wall_ns() - flat_began[0]) / 1e9);
        cpu.read.push_back((thread_cpu_ns() - flat_began[1]) / 1e9);
        if (plain->size() != pending) return error{errc::internal, "the flat file lost jobs"};
    }
    remove();
    const auto add = [&](const char* what, const std::vector<double>& values,
                         const std::vector<double>& read) {
        out.figures.push_back({fmt::format("restart with {} pending jobs: {}", pending, what), median(values),
                               "s", median(read), median(ratios(values, read)), spread_of(values)});
    };
    add("open and load", wall.load, wall.read);
    add("open and load, CPU", cpu.load, cpu.read);
    add("the first starts decided", wall.ready, wall.read);
    add("the first starts decided, CPU", cpu.ready, cpu.read);
    return {};
}

}  // namespace trainyard::bench
