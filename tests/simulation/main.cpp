// Runs seeds and tells what they found.
//
//   tests_simulation_seeds [--from S] [--seeds N] [--hours H] [--messages M] [--seconds T] [--progress]
//                          [--until INVARIANT]
//   tests_simulation_seeds --seed S [--trace | --minimise]
//
// Exit code 1: some seed found a violation; it is named, and --seed S repeats it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "scheduler/lifecycle/job.hpp"
#include "tests/simulation/minimise.hpp"
#include "tests/simulation/run.hpp"

namespace {

using namespace trainyard;

volatile std::sig_atomic_t running_high = 0, running_low = 0;

// A failed check ends the program; the seed is what one needs then.
void tell_seed(int) {
    std::fprintf(stderr, "the check failed in seed %lu\n",
                 (static_cast<unsigned long>(running_high) << 31U) | static_cast<unsigned long>(running_low));
}

void note_running(std::uint64_t seed) {
    running_high = static_cast<int>(seed >> 31U);
    running_low = static_cast<int>(seed & 0x7fffffffU);
}

std::string stamp(duration t) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(t).count();
    return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60,
                       ms % 1'000);
}

void tell(std::uint64_t seed, const simulation::outcome& o) {
    for (const auto& v : o.violations)
        fmt::print("seed {}: {} at {}: {}\n", seed, v.invariant, stamp(v.when), v.what);
}

void tell_least(std::uint64_t seed, const simulation::plan_options& options, const std::string& invariant) {
    const auto m = simulation::minimise(simulation::make_plan(seed, options), invariant);
    fmt::print("after {} runs: {} of {} messages in {}, with\n", m.runs, invariant, m.least.messages,
               stamp(m.least.length));
    for (const std::string& f : simulation::describe(m.least.faults)) fmt::print("  {}\n", f);
    tell(seed, m.found);
    static_cast<void>(simulation::run(
        m.least, [](duration t, std::string_view line) { fmt::print("{} {}\n", stamp(t), line); }));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Deterministic simulation of the dispatcher"};
    std::uint64_t from = 1, seeds = 1'000, one = 0;
    double hours = 6, seconds = 0;
    std::size_t messages = 100;
    bool show = false, progress = false, least = false, hashes = false;
    std::string until;
    app.add_option("--from", from, "the first seed");
    app.add_option("--seeds", seeds, "how many");
    app.add_option("--hours", hours, "simulated hours with work and faults")->check(CLI::Range(0.01, 1e4));
    app.add_option("--messages", messages, "messages on average")->check(CLI::Range(1, 1'000'000));
    app.add_option("--seconds", seconds, "stop after so long");
    app.add_option("--seed", one, "only this one");
    app.add_flag("--trace", show, "print every event");
    app.add_flag("--minimise", least, "find the least plan with the seed's first violation");
    app.add_option("--until", until, "stop after a seed that violates this invariant");
    app.add_flag("--hashes", hashes, "print the hash of each seed and nothing else: hashes.txt");
    app.add_flag("--progress", progress, "a line now and then");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGABRT, tell_seed);

    const simulation::plan_options options{duration{static_cast<std::int64_t>(hours * 3.6e12)}, messages,
                                           true};
    if (one != 0) {
        note_running(one);
        simulation::trace::reader reader;
        if (show) reader = [](duration t, std::string_view line) { fmt::print("{} {}\n", stamp(t), line); };
        const auto o = simulation::run(simulation::make_plan(one, options), std::move(reader));
        tell(one, o);
        fmt::print(
            "seed {}: hash {:016x}, {} events, {} simulated, {} messages, {} crashes, {} starts, {} answers "
            "lost\n",
            one, o.hash, o.events, stamp(o.simulated), o.messages, o.crashes, o.creates, o.lost_creates);
        if (least && !o.violations.empty()) tell_least(one, options, o.violations.front().invariant);
        return o.violations.empty() ? 0 : 1;
    }
    const auto began = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    std::uint64_t ran = 0, bad = 0, events = 0, starts = 0, lost = 0, messages_sent = 0, crashes = 0,
                  hash = 0;
    std::vector<std::size_t> states;
    double simulated = 0;
    for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
        const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        if (seconds > 0 && wall > seconds) break;
        note_running(seed);
        const auto o = simulation::run(simulation::make_plan(seed, options));
        tell(seed, o);
        if (hashes) fmt::print("{} {:016x}\n", seed, o.hash);
        ++ran;
        bad += o.violations.empty() ? 0 : 1;
        if (std::any_of(o.violations.begin(), o.violations.end(),
                        [&](const auto& v) { return v.invariant == until; }))
            seeds = 0;
        events += o.events;
        starts += o.creates;
        lost += o.lost_creates;
        messages_sent += o.messages;
        crashes += o.crashes;
        hash = (hash ^ o.hash) * 1099511628211ULL;
        simulated += std::chrono::duration<double>(o.simulated).count();
        states.resize(o.by_state.size());
        for (std::size_t i = 0; i < states.size(); ++i) states[i] += o.by_state[i];
        if (progress && ran % 100 == 0) fmt::print(stderr, "{} seeds, {} with violations\n", ran, bad);
    }
    if (hashes) return bad == 0 ? 0 : 1;
    const double busy = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    fmt::print("{} seeds, {} with violations, hash {:016x}\n", ran, bad, hash);
    fmt::print("{:.0f} simulated hours in {:.1f} s of CPU: {:.0f} times real time, {:.0f} events a second\n",
               simulated / 3600, busy, simulated / busy, static_cast<double>(events) / busy);
    fmt::print("{} messages, {} starts, {} of them with a lost answer, {} crashes\n", messages_sent, starts,
               lost, crashes);
    for (std::size_t i = 0; i < states.size(); ++i)
        if (states[i] > 0)
            fmt::print("  {} {}\n", states[i], lifecycle::to_string(static_cast<lifecycle::state>(i)));
    return bad == 0 ? 0 : 1;
}
