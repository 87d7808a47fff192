// `trainyard run`: the dispatcher, until SIGTERM.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <optional>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/run.hpp"

namespace trainyard::cli {
namespace {

struct run_arguments {
    std::string config;
    bool until_idle = false;
    bool json = false, fast = false;
    int poll_wait = 20;
};

task<void> run_and_keep(dispatcher::run_instance& instance, dispatcher::run_report& report,
                        std::optional<io::signal_watch>& signals) {
    report = co_await instance.run();
    // The watch is pending work: without this the context would never run out.
    signals.reset();
}

// A thousand queues are a thousand connections, and the usual soft limit is 1,024 files.
void raise_file_limit() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

void print_summary(const dispatcher::run_report& r, bool as_json) {
    json::writer w;
    w.begin_object().member("received", static_cast<std::int64_t>(r.counts.received));
    w.member("duplicates", static_cast<std::int64_t>(r.counts.duplicates));
    w.member("accepted", static_cast<std::int64_t>(r.counts.accepted));
    w.member("rejected", static_cast<std::int64_t>(r.counts.rejected));
    w.member("adopted", static_cast<std::int64_t>(r.counts.adopted)).key("jobs").begin_object();
    for (const auto& [state, n] : r.jobs_by_state) w.member(state, n);
    w.end_object().end_object();
    if (as_json) {
        std::cout << w.text() << std::endl;
        return;
    }
    std::cerr << "trainyard: stopped; received " << r.counts.received << ", recognised again "
              << r.counts.duplicates;
    for (const auto& [state, n] : r.jobs_by_state) std::cerr << ", " << state << " " << n;
    std::cerr << std::endl;
}

int run_fleet(const run_arguments& a) {
    auto fleet = load_fleet(a.config);
    if (!fleet) return complain(fleet.error());
    dispatcher::run_options options;
    const auto retries = aws::read_retry_settings(aws::process_environment());
    if (!retries) return complain(retries.error());
    if (!retries->note.empty()) std::cerr << "trainyard: " << retries->note << std::endl;
    options.retries = *retries;
    options.seed = entropy_seed();
    options.driver.until_idle = a.until_idle;
    options.driver.poll_wait_seconds = a.poll_wait;
    options.driver.fast = a.fast;
    options.driver.on_note = [](const std::string& text) { std::cerr << "trainyard: " << text << std::endl; };
    raise_file_limit();
    const std::size_t queues = fleet->queues.size(), pools = fleet->pools.size();
    options.on_ready = [queues, pools](const std::string& admin) {
        std::cerr << "trainyard: serving " << queues << " queues over " << pools << " pools";
        if (!admin.empty()) std::cerr << "; admin on " << admin;
        std::cerr << std::endl;
    };
    boost::asio::io_context io;
    dispatcher::run_instance instance{io, std::move(*fleet), options, aws::process_environment()};
    dispatcher::run_report report;
    std::optional<io::signal_watch> signals;
    signals.emplace(io, [&instance] {
        std::cerr << "trainyard: stopping; a second signal exits at once" << std::endl;
        instance.stop();
    });
    io::task_group main_task{io};
    main_task.spawn([&] { return run_and_keep(instance, report, signals); });
    io.run();
    if (report.outcome == dispatcher::run_outcome::done) print_summary(report, a.json);
    switch (report.outcome) {
        case dispatcher::run_outcome::done: return exit_code::done;
        case dispatcher::run_outcome::failed: return complain(exit_code::work_failed, report.message);
        case dispatcher::run_outcome::misconfigured: return complain(exit_code::usage, report.message);
        case dispatcher::run_outcome::unreachable: return complain(exit_code::unreachable, report.message);
    }
    return exit_code::work_failed;
}

}  // namespace

void add_run(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("run", "Dispatch the jobs of a fleet until SIGTERM");
    auto a = std::make_shared<run_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_flag("--until-idle", a->until_idle, "Stop once every queue is empty and every job has ended");
    cmd->add_option("--poll-wait", a->poll_wait, "Seconds of a long poll; a graceful stop waits for it")
        ->check(CLI::Range(1, 20));
    cmd->add_flag("--fast", a->fast,
                  "Stop within 2 seconds instead of 25: long polls of one second, 20 times the calls of idle "
                  "queues");
    cmd->add_flag("--json", a->json, "Print the summary at the end as one JSON object");
    cmd->callback([&run, a] { run = [a] { return run_fleet(*a); }; });
}

}  // namespace trainyard::cli
