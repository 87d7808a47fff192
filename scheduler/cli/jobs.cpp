// `trainyard jobs`: what became of each job; from the running dispatcher, or from its ledger when none runs.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <vector>

#include "engine/base/json.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

struct jobs_arguments {
    std::string config, state, tenant;
    bool json = false;
};

std::string field(json::value v, std::string_view key) {
    const json::value found = v.find(key);
    if (const auto text = found.string()) return std::string{*text};
    return std::string{found.number_text()};
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> width;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i >= width.size()) width.push_back(0);
            width[i] = std::max(width[i], row[i].size());
        }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += fmt::format("{:<{}}  ", row[i], i + 1 < row.size() ? width[i] : 0);
        std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
    }
}

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
        if ((!a.state.empty() && field(j, "state") != a.state) ||
            (!a.tenant.empty() && field(j, "tenant") != a.tenant))
            continue;
        if (a.json) {
            std::cout << line << "\n";
            continue;
        }
        rows.push_back({field(j, "job"), field(j, "name"), field(j, "tenant"), field(j, "priority"),
                        field(j, "state"), field(j, "attempts"), field(j, "pool"),
                        field(j, "reason").substr(0, 80)});
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
