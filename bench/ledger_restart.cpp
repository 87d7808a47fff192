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
    std::vector<double> load, read, ready;
    for (std::size_t round = 0; round < rounds; ++round) {
        std::fprintf(stderr, "restart, round %zu/%zu\n", round + 1, rounds);
        const double t0 = wall_ns();
        auto l = ledger::ledger::open(file, "bench");
        if (!l) return l.error();
        auto jobs = (*l)->load();
        if (!jobs) return jobs.error();
        const double t1 = wall_ns();
        const dispatcher::instant now{jobs->back().facts.accepted, mono_time{}};
        {
            dispatcher::core core{fleet, {}, 1, now};
            core.restore(std::move(*jobs), now);
            const auto first = core.turn(now, 1000);
            const double t2 = wall_ns();
            if (first.effects.empty()) return error{errc::internal, "nothing was started"};
            ready.push_back((t2 - t0) / 1e9);
        }
        load.push_back((t1 - t0) / 1e9);
        const double t3 = wall_ns();
        const auto plain = read_jobs(flat);
        if (!plain) return plain.error();
        read.push_back((wall_ns() - t3) / 1e9);
        if (plain->size() != pending) return error{errc::internal, "the flat file lost jobs"};
    }
    remove();
    const auto add = [&](const char* what, const std::vector<double>& values) {
        figure f{fmt::format("restart with {} pending jobs: {}", pending, what),
                 median(values),
                 "s",
                 median(read),
                 median(ratios(values, read)),
                 spread_of(values)};
        out.figures.push_back(std::move(f));
    };
    add("open and load", load);
    add("the first starts decided", ready);
    return {};
}

}  // namespace trainyard::bench
