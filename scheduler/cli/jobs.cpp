// `trainyard jobs`: what became of each job; from the running dispatcher, or from its ledger when none runs.
#include <CLI/CLI.hpp>
#include <iostream>
#include <vector>

#include "engine/base/json.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/dispatcher_call.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

struct jobs_arguments {
    std::string config, state, tenant;
    bool json = false;
};

int show_jobs(const jobs_arguments& a) {
    const auto fleet = load_fleet(a.config);
    if (!fleet) return complain(fleet.error());
    const auto lines = fetch_jobs(*fleet, jobs_source::dispatcher_or_ledger);
    if (!lines) return complain(lines.error());
    std::vector<std::vector<std::string>> rows{
        {"JOB", "NAME", "TENANT", "PRIORITY", "STATE", "ATTEMPTS", "POOL", "REASON"}};
    for (std::size_t at = 0; at < lines->size();) {
        const std::size_t end = lines->find('\n', at);
        const std::string line = lines->substr(at, end - at);
        at = end == std::string::npos ? lines->size() : end + 1;
        const auto document = json::document::parse(line);
        if (!document) return complain(document.error());
        const json::value j = document->root();
        if ((!a.state.empty() && text_of(j, "state") != a.state) ||
            (!a.tenant.empty() && text_of(j, "tenant") != a.tenant))
            continue;
        if (a.json) {
            std::cout << line << "\n";
            continue;
        }
        rows.push_back({text_of(j, "job"), text_of(j, "name"), text_of(j, "tenant"), text_of(j, "priority"),
                        text_of(j, "state"), text_of(j, "attempts"), text_of(j, "pool"),
                        text_of(j, "reason").substr(0, 80)});
    }
    if (!a.json) print_table(rows);
    std::cout.flush();
    return exit_code::done;
}

}  // namespace

void add_jobs(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("jobs", "Show the jobs of a fleet and what became of them");
    auto a = std::make_shared<jobs_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_option("--state", a->state, "Only jobs in this state");
    cmd->add_option("--tenant", a->tenant, "Only jobs of this tenant");
    cmd->add_flag("--json", a->json, "JSON lines");
    cmd->callback([&run, a] { run = [a] { return show_jobs(*a); }; });
}

}  // namespace trainyard::cli
