// `trainyard pause` and `resume`: starts of everybody, of a tenant or in a pool, and the reading of a queue.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/encoding.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/dispatcher_call.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

struct pause_arguments {
    std::string config, tenant, pool, queue;
    bool json = false;
};

std::string said(json::value page, bool pausing) {
    const std::string what = text_of(page, "what");
    const std::string subject =
        what == "fleet" ? "every start" : what + " " + printable(text_of(page, "name"));
    const bool changed = page.find("changed").boolean().value_or(false);
    if (!pausing) return subject + (changed ? " is resumed" : " was not paused");
    if (!changed) return subject + " has been paused since " + time_of(page, "since");
    if (what == "queue") return subject + " is paused: polls that are under way end, and no new ones begin";
    return subject + " is paused: what has started goes on";
}

int set_paused(const pause_arguments& a, bool pausing) {
    std::string target = pausing ? "/api/v1/pause" : "/api/v1/resume";
    if (!a.tenant.empty()) target += "?tenant=" + percent_encode(a.tenant);
    if (!a.pool.empty()) target += "?pool=" + percent_encode(a.pool);
    if (!a.queue.empty()) target += "?queue=" + percent_encode(a.queue);
    return show_answer(a.config, {"POST", target}, a.json,
                       [pausing](json::value page) { std::cout << said(page, pausing) << "\n"; });
}

void add_pausing(CLI::App& app, action& run, bool pausing) {
    CLI::App* cmd = pausing ? app.add_subcommand("pause", "Let nothing start, until it is resumed")
                            : app.add_subcommand("resume", "End what 'trainyard pause' began");
    auto a = std::make_shared<pause_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    // An empty name would mean every start.
    const auto named = [](const std::string& text) { return text.empty() ? "it needs a name" : ""; };
    auto* tenant = cmd->add_option("--tenant", a->tenant, "Starts of this tenant and those below it");
    auto* pool = cmd->add_option("--pool", a->pool, "Starts in this pool");
    auto* queue = cmd->add_option("--queue", a->queue, "Receiving from this queue");
    for (CLI::Option* o : {tenant, pool, queue}) o->check(CLI::Validator{named, "NAME"});
    tenant->excludes(pool)->excludes(queue);
    pool->excludes(queue);
    cmd->add_flag("--json", a->json, "One object");
    cmd->callback([&run, a, pausing] { run = [a, pausing] { return set_paused(*a, pausing); }; });
}

}  // namespace

void add_pause(CLI::App& app, action& run) {
    add_pausing(app, run, true);
}
void add_resume(CLI::App& app, action& run) {
    add_pausing(app, run, false);
}

}  // namespace trainyard::cli
