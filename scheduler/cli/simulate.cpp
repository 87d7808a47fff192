// `trainyard simulate`: what would have become of these jobs under that policy, in virtual time.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine/io/real_clock.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/input.hpp"
#include "scheduler/cli/simulate_output.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/config/simulation.hpp"
#include "scheduler/sim/generate.hpp"
#include "scheduler/sim/read.hpp"

namespace trainyard::cli {
namespace {

constexpr std::size_t events_between_looks = 20'000;
constexpr std::size_t policies_max = 16;  // what a report can tell apart

struct simulate_arguments {
    std::string workload, format, generate, fleet, estimates, report, resource, tenant_field = "user";
    std::vector<std::string> policies, columns;
    std::int64_t units = 0;
    int pools = 1;
    std::size_t jobs = 0;
    std::uint64_t seed = 1;
    double failures_per_hour = 0, starts_per_second = 0, checkpoint = 0, stop_time = 0;
    int attempts = 0;
    bool json = false;
};

struct scenario {
    sim::workload jobs;
    config::simulated_fleet fleet;
};

// log.swf.gz -> swf.
std::string format_of(const std::string& file) {
    std::filesystem::path p{file};
    if (p.extension() == ".gz") p = p.stem();
    const std::string e = p.extension().string();
    return e == ".swf"                                       ? "swf"
           : e == ".csv"                                     ? "csv"
           : e == ".jsonl" || e == ".json" || e == ".ndjson" ? "jsonl"
                                                             : "";
}

result<std::map<std::string, std::string>> column_map(const std::vector<std::string>& given) {
    std::map<std::string, std::string> out;
    for (const std::string& pair : given) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size())
            return error{errc::invalid_argument,
                         fmt::format("--columns takes FIELD=COLUMN, not '{}'; the fields are {}", pair,
                                     sim::csv_fields())};
        out[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return out;
}

std::set<std::string> resources_of(const policy::settings& s) {
    std::set<std::string> out;
    for (const policy::pool_config& p : s.pools)
        for (const auto& [resource, limit] : p.limits) out.insert(resource);
    return out;
}

// What "units" of a log are in this fleet.
result<std::string> resource_of(const simulate_arguments& a, const policy::settings& s) {
    const auto known = resources_of(s);
    if (!a.resource.empty()) {
        if (known.contains(a.resource)) return a.resource;
        return error{errc::invalid_argument, fmt::format("no pool of the fleet offers '{}'", a.resource)};
    }
    if (known.size() == 1) return *known.begin();
    return std::string{known.contains("unit") ? "unit" : ""};
}

result<config::simulated_fleet> load_simulated_fleet(const simulate_arguments& a) {
    if (!a.fleet.empty()) {
        auto text = read_text(a.fleet);
        if (!text) return text.error();
        return config::parse_simulated_fleet(*text, a.fleet, environment_variables());
    }
    config::simulated_fleet f;
    f.policy.order = policy::order::fifo;
    f.policy.backfill = policy::backfill::easy;
    for (int i = 0; i < a.pools; ++i) {
        policy::pool_config p;
        p.name = a.pools == 1 ? "pool" : fmt::format("pool-{}", i + 1);
        p.limits["unit"] = policy::amount{a.units};
        f.policy.pools.push_back(std::move(p));
    }
    return f;
}

result<sim::workload> load_workload(const simulate_arguments& a, const config::simulated_fleet& f) {
    const std::string format = a.format.empty() ? format_of(a.workload) : a.format;
    if (format.empty())
        return error{errc::invalid_argument,
                     fmt::format("{}: name its format with --format swf, csv or jsonl", a.workload)};
    sim::read_options o;
    o.file = a.workload;
    o.priorities = f.priorities;
    const auto resource = resource_of(a, f.policy);
    if (!resource) return resource.error();
    if (resource->empty() && format != "jsonl")
        return error{
            errc::invalid_argument,
            fmt::format("the fleet has {} resources; say with --resource which one the units of {} are",
                        resources_of(f.policy).size(), a.workload)};
    o.resource = resource->empty() ? "unit" : *resource;
    constexpr std::array<std::pair<std::string_view, sim::swf_tenant>, 5> fields{
        {{"user", sim::swf_tenant::user},
         {"group", sim::swf_tenant::group},
         {"queue", sim::swf_tenant::queue},
         {"partition", sim::swf_tenant::partition},
         {"none", sim::swf_tenant::none}}};
    for (const auto& [name, field] : fields)
        if (name == a.tenant_field) o.tenant = field;
    auto columns = column_map(a.columns);
    if (!columns) return columns.error();
    o.columns = std::move(*columns);
    auto text = read_maybe_gzipped(a.workload);
    if (!text) return text.error();
    if (format == "swf") return sim::read_swf(*text, o);
    return format == "csv" ? sim::read_csv(*text, o) : sim::read_jsonl(*text, o);
}

result<scenario> load_scenario(const simulate_arguments& a) {
    if (!a.generate.empty()) {
        auto made = sim::generate(a.generate, a.seed, a.jobs);
        if (!made) return made.error();
        scenario s{std::move(made->jobs), {}};
        s.fleet.policy = std::move(made->fleet);
        if (a.fleet.empty() && a.units == 0) return s;
        auto other = load_simulated_fleet(a);
        if (!other) return other.error();
        s.fleet = std::move(*other);
        return s;
    }
    if (a.fleet.empty() && a.units == 0)
        return error{errc::invalid_argument,
                     "a fleet is needed: --fleet FILE, or --units N for one pool of N units"};
    auto fleet = load_simulated_fleet(a);
    if (!fleet) return fleet.error();
    auto jobs = load_workload(a, *fleet);
    if (!jobs) return jobs.error();
    return scenario{std::move(*jobs), std::move(*fleet)};
}

struct named_policy {
    std::string name;
    policy::settings settings;
};

result<std::vector<named_policy>> policies_of(const simulate_arguments& a, const policy::settings& fleet) {
    std::vector<named_policy> out;
    for (const std::string& given : a.policies) {
        named_policy p{given, fleet};
        std::error_code ec;
        if (given == "fleet") {
            // As it stands in the fleet file.
        } else if (std::filesystem::is_regular_file(given, ec)) {
            auto text = read_text(given);
            if (!text) return text.error();
            if (auto r = config::parse_policy_file(*text, given, environment_variables(), p.settings); !r)
                return r.error();
            p.name = std::filesystem::path{given}.stem().string();
        } else if (auto r = config::apply_policy_name(given, p.settings); !r) {
            return r.error();
        }
        out.push_back(std::move(p));
    }
    if (out.empty()) out.push_back({a.fleet.empty() && a.generate.empty() ? "easy" : "fleet", fleet});
    if (out.size() > policies_max)
        return error{errc::invalid_argument, fmt::format("at most {} policies side by side", policies_max)};
    return out;
}

// One line that rewrites itself on a terminal; nothing elsewhere.
class progress_bar {
public:
    progress_bar(std::string name, std::size_t jobs) : name_(std::move(name)), jobs_(jobs) {}
    void show(std::size_t ended) {
        const mono_time now = io::real_clock().mono();
        if (!terminal_ || (shown_ && now < next_)) return;
        constexpr std::size_t width = 30;
        const std::size_t full = jobs_ == 0 ? width : ended * width / jobs_;
        std::cerr << fmt::format("\r{} [{}{}] {}/{} jobs ", name_, std::string(full, '#'),
                                 std::string(width - full, '.'), ended, jobs_)
                  << std::flush;
        shown_ = true;
        next_ = now + std::chrono::milliseconds{100};
    }
    ~progress_bar() {
        if (shown_) std::cerr << "\r\033[K" << std::flush;
    }
    progress_bar(const progress_bar&) = delete;

private:
    std::string name_;
    std::size_t jobs_;
    bool terminal_ = isatty(STDERR_FILENO) == 1, shown_ = false;
    mono_time next_{};
};

sim::options options_of(const simulate_arguments& a) {
    sim::options o;
    o.exact_estimates = a.estimates == "exact";
    o.seed = a.seed;
    o.failures_per_hour = a.failures_per_hour;
    o.starts_per_second = a.starts_per_second;
    o.checkpoint = sim::from_seconds(a.checkpoint);
    o.stop_time = sim::from_seconds(a.stop_time);
    return o;
}

simulated run_policy(const simulate_arguments& a, const sim::workload& w, const named_policy& p,
                     bool several) {
    const mono_time began = io::real_clock().mono();
    sim::simulator s{w, p.settings, options_of(a)};
    {
        progress_bar bar{p.name, w.jobs.size()};
        while (s.advance(events_between_looks)) bar.show(s.ended());
    }
    const double wall = std::chrono::duration<double>(io::real_clock().mono() - began).count();
    if (a.json) write_jobs(std::cout, w, p.settings, s.record(), several ? p.name : "");
    sim::summary summary = sim::summarise(w, s, p.name);
    if (a.json) write_summary(std::cout, summary);
    const sim::observer& seen = s.observer();
    return {std::move(summary),
            sim::waits(w, s.record()),
            sim::slowdowns(w, s.record()),
            seen.used_by_pool(),
            seen.used(),
            seen.waiting(),
            seen.share_error(),
            seen.capacity(),
            wall};
}

manifest what_was_simulated(const simulate_arguments& a, const scenario& s,
                            const std::vector<simulated>& all) {
    manifest m{{"workload", s.jobs.source},
               {"jobs", fmt::format("{}", s.jobs.jobs.size())},
               {"fleet", !a.fleet.empty() ? a.fleet
                         : a.units > 0    ? fmt::format("{} x {} units", a.pools, a.units)
                                          : "the generator's"},
               {"estimates", a.estimates},
               {"seed", fmt::format("{}", a.seed)},
               {"trainyard", TRAINYARD_VERSION}};
    if (s.jobs.left_out > 0)
        m.emplace_back("rows left out",
                       fmt::format("{}; the first: {}", s.jobs.left_out, s.jobs.why_left_out));
    if (a.failures_per_hour > 0)
        m.emplace_back("failures an hour of running", fmt::format("{}", a.failures_per_hour));
    if (a.starts_per_second > 0)
        m.emplace_back("starts a second and pool", fmt::format("{}", a.starts_per_second));
    if (a.checkpoint > 0) m.emplace_back("seconds between checkpoints", fmt::format("{}", a.checkpoint));
    for (const simulated& x : all)
        m.emplace_back("digest of " + x.summary.policy, fmt::format("{:016x}", x.summary.digest));
    return m;
}

result<void> write_file(const std::string& file, const std::string& text) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << text << std::flush;
    if (!out) return error{errc::io, fmt::format("cannot write {}: {}", file, std::strerror(errno))};
    return {};
}

void remark(const scenario& s, const std::vector<simulated>& all) {
    if (s.jobs.left_out > 0)
        std::cerr << fmt::format("{} rows were left out; the first: {}\n", s.jobs.left_out,
                                 s.jobs.why_left_out);
    for (const simulated& x : all)
        if (x.summary.impossible > 0)
            std::cerr << fmt::format("{}: {} jobs can never start; {}\n", x.summary.policy,
                                     x.summary.impossible, x.summary.first_impossible);
}

int simulate(const simulate_arguments& a) {
    auto loaded = load_scenario(a);
    if (!loaded) return complain(loaded.error());
    scenario& s = *loaded;
    if (a.attempts > 0)
        for (sim::job& j : s.jobs.jobs) j.max_attempts = a.attempts;
    for (const std::string& pool : s.jobs.pools.all())
        if (std::ranges::none_of(s.fleet.policy.pools, [&](const auto& p) { return p.name == pool; }))
            return complain(exit_code::usage,
                            fmt::format("{}: the fleet has no pool '{}'", s.jobs.source, pool));
    const auto policies = policies_of(a, s.fleet.policy);
    if (!policies) return complain(policies.error());
    std::vector<simulated> all;
    for (const named_policy& p : *policies) all.push_back(run_policy(a, s.jobs, p, policies->size() > 1));
    if (!a.json) std::cout << table_of(s.jobs, all);
    remark(s, all);
    if (!a.report.empty()) {
        std::vector<std::string> pools;
        for (const policy::pool_config& p : s.fleet.policy.pools) pools.push_back(p.name);
        const std::string html = html_of(s.jobs, all, pools, what_was_simulated(a, s, all));
        if (auto written = write_file(a.report, html); !written) return complain(written.error());
    }
    std::cout.flush();
    return exit_code::done;
}

std::string generator_names() {
    std::string out;
    for (const sim::generator& g : sim::generators()) out += fmt::format("\n{:<18} {}", g.name, g.what);
    return out;
}

}  // namespace

void add_simulate(CLI::App& app, action& run) {
    CLI::App* cmd =
        app.add_subcommand("simulate", "Replay jobs under one or several policies in virtual time");
    auto a = std::make_shared<simulate_arguments>();
    auto* from = cmd->add_option_group("source", "What is simulated");
    from->add_option("-w,--workload", a->workload, "A log of jobs; .gz is unpacked, - is standard input");
    from->add_option("-g,--generate", a->generate, "Or a synthetic workload:" + generator_names());
    from->require_option(1);
    cmd->add_option("--format", a->format, "swf, csv or jsonl; else the file's name tells")
        ->check(CLI::IsMember({"swf", "csv", "jsonl"}));
    cmd->add_option("--columns", a->columns, "CSV: FIELD=COLUMN,... for fields " + sim::csv_fields())
        ->delimiter(',');
    cmd->add_option("--tenant", a->tenant_field, "SWF: which field is the tenant")
        ->check(CLI::IsMember({"user", "group", "queue", "partition", "none"}))
        ->capture_default_str();
    cmd->add_option("--resource", a->resource, "Which resource of the fleet the units of a log are");
    cmd->add_option("--seed", a->seed, "Of a synthetic workload, and of failures")->capture_default_str();
    cmd->add_option("--jobs", a->jobs, "How many a synthetic workload has");
    auto* fleet = cmd->add_option("--fleet", a->fleet,
                                  "Pools, tenants and policy (YAML): a fleet file of run, or one for "
                                  "simulation alone");
    auto* units = cmd->add_option("--units", a->units, "Or one pool of so many units")
                      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
                      ->excludes(fleet);
    cmd->add_option("--pools", a->pools, "Or so many pools of that size each")
        ->check(CLI::Range(1, 10'000))
        ->needs(units);
    cmd->add_option(
        "-p,--policy", a->policies,
        "fcfs, easy, sjbf, conservative, greedy, priority, fair, fair_tree, or several joined as in "
        "fair+easy; or a file (YAML); or fleet; may be repeated");
    cmd->add_option("--estimates", a->estimates,
                    "What the policy knows of run times: exact, or requested by the user")
        ->check(CLI::IsMember({"exact", "requested"}))
        ->default_val("requested");
    cmd->add_option("--failures", a->failures_per_hour, "Of a running job, an hour")
        ->check(CLI::Range(0.0, 1e6));
    cmd->add_option("--attempts", a->attempts, "How often each job is tried")->check(CLI::Range(1, 1000));
    cmd->add_option("--starts-per-second", a->starts_per_second, "That the API of each pool carries")
        ->check(CLI::Range(0.0, 1e6));
    cmd->add_option("--checkpoint", a->checkpoint,
                    "Seconds between two that a job saves; else all is lost when it stops")
        ->check(CLI::Range(0.0, sim::seconds_max));
    cmd->add_option("--stop-time", a->stop_time, "Seconds from a preemption until the room is free")
        ->check(CLI::Range(0.0, 86400.0));
    cmd->add_option("--report", a->report, "Write plots and tables to this HTML file");
    cmd->add_flag("--json", a->json, "JSON lines: each ended job, then the summary of each policy");
    cmd->callback([&run, a] { run = [a] { return simulate(*a); }; });
}

}  // namespace trainyard::cli
