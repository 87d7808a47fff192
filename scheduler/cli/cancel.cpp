// `trainyard cancel JOB...`: jobs that have not started never will, and those that run are stopped.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <vector>

#include "engine/base/encoding.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/dispatcher_call.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

struct cancel_arguments {
    std::string config;
    std::vector<std::string> jobs;
    bool json = false;
};

// Every job is tried; the worst exit code is the command's.
int cancel_jobs(const cancel_arguments& a) {
    const auto fleet = load_fleet(a.config);
    if (!fleet) return complain(fleet.error());
    int worst = exit_code::done;
    for (const std::string& job : a.jobs) {
        const auto answer = ask_dispatcher(*fleet, {"POST", job_target(job) + "/cancel"});
        if (!answer) return complain(answer.error());
        if (answer->status != 200) {
            worst = std::max(worst, complain(*answer));
            continue;
        }
        const auto page = json::document::parse(answer->body);
        if (!page) return complain(page.error());
        const json::value c = page->root();
        if (a.json)
            std::cout << answer->body;
        else
            std::cout << fmt::format("{} {}: {} ({})\n", text_of(c, "job"), printable(text_of(c, "name")),
                                     text_of(c, "outcome"), text_of(c, "state"));
        std::cout.flush();
    }
    return worst;
}

}  // namespace

void add_cancel(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("cancel", "Cancel jobs: those that run are stopped");
    auto a = std::make_shared<cancel_arguments>();
    cmd->add_option("job", a->jobs, "Ids of jobs, or names that one job alone has")->required();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_flag("--json", a->json, "JSON lines, one for each job");
    cmd->callback([&run, a] { run = [a] { return cancel_jobs(*a); }; });
}

}  // namespace trainyard::cli
