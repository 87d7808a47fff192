// `trainyard provision plan | apply | destroy`: the queues, roles, rules and pipelines of a fleet.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <optional>

#include "engine/base/rng.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/provision/provisioner.hpp"
#include "scheduler/provision/show.hpp"

namespace trainyard::cli {
namespace {

enum class verb { plan, apply, destroy };

struct provision_arguments {
    std::string config;
    bool json = false, yes = false, detailed = false;
};

// Terraform's own, which is 2 for "there are differences", collides with ours for a wrong command line; hence
// by wish alone.
constexpr int terraform_differences = 2;

bool agreed(verb v) {
    std::cerr << (v == verb::destroy ? "Destroy all of that, messages in its queues too?" : "Do all of that?")
              << " Only 'yes' is yes: " << std::flush;
    std::string answer;
    return std::getline(std::cin, answer) && answer == "yes";
}

task<int> provision(provision::provisioner& p, const config::fleet& fleet, verb v,
                    const provision_arguments& a) {
    const auto purpose = v == verb::destroy ? provision::purpose::destroy : provision::purpose::apply;
    auto view = co_await p.look(purpose);
    if (!view) co_return complain(view.error());
    for (const std::string& note : view->wanted.notes) std::cerr << "trainyard: " << note << std::endl;
    (a.json ? std::cerr : std::cout) << provision::show_plan(view->plan) << std::flush;
    const bool refused = !view->plan.refusals.empty() && v != verb::destroy;
    if (v == verb::plan && a.json) std::cout << provision::show_json(*view, fleet, false) << std::endl;
    if (refused) {
        if (v == verb::apply && a.json) std::cout << provision::show_json(*view, fleet, false) << std::endl;
        co_return complain(exit_code::work_failed,
                           "what is marked with ! stands in the way; nothing was changed");
    }
    if (v == verb::plan) {
        if (view->plan.steps.empty()) co_return exit_code::done;
        co_return a.detailed ? terraform_differences : static_cast<int>(exit_code::differences);
    }
    if (!view->plan.steps.empty() && !a.yes && isatty(STDIN_FILENO) == 1 && !agreed(v))
        co_return complain(exit_code::work_failed, "nothing was changed");
    const auto tell = [](const provision::step& s) {
        std::cerr << "trainyard: " << provision::headline(s) << std::endl;
    };
    const provision::view before = *view;
    const auto done = co_await p.carry_out(purpose, before, tell);
    if (!done) {
        const int code = complain(done.error());
        complain(code, "not all was done; the same command goes on from here");
        co_return code == exit_code::unreachable ? code : static_cast<int>(exit_code::work_failed);
    }
    if (a.json) {
        // Again, for the URLs of what is new.
        auto after = co_await p.look(purpose);
        if (!after) co_return complain(after.error());
        after->plan = before.plan;
        std::cout << provision::show_json(*after, fleet, v == verb::destroy) << std::endl;
    }
    co_return exit_code::done;
}

task<void> provision_and_close(provision::provisioner& p, const config::fleet& fleet, verb v,
                               const provision_arguments& a, int& code) {
    code = co_await provision(p, fleet, v, a);
    co_await p.close();
}

int run_provision(verb v, const provision_arguments& a) {
    const auto fleet = load_fleet(a.config);
    if (!fleet) return complain(fleet.error());
    const auto retries = aws::read_retry_settings(aws::process_environment());
    if (!retries) return complain(retries.error());
    boost::asio::io_context io;
    provision::provisioner_options options;
    options.retries = *retries;
    options.seed = entropy_seed();
    provision::provisioner p{io, *fleet, aws::process_environment(), options};
    int code = exit_code::work_failed;
    io::task_group group{io};
    group.spawn([&] { return provision_and_close(p, *fleet, v, a, code); });
    io.run();
    return code;
}

void add_verb(CLI::App& parent, action& run, const char* name, const char* help, verb v) {
    CLI::App* cmd = parent.add_subcommand(name, help);
    auto a = std::make_shared<provision_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_flag("--json", a->json,
                  "The changes, queue URLs, role ARNs and pipeline ARNs as one JSON object; the diff for "
                  "people then goes to standard error");
    if (v == verb::plan)
        cmd->add_flag("--detailed-exitcode", a->detailed,
                      "Exit codes as Terraform's: 0 nothing to do, 1 error, 2 differences");
    else
        cmd->add_flag("-y,--yes", a->yes, "Do not ask; without a terminal nobody is asked either");
    cmd->callback([&run, v, a] { run = [v, a] { return run_provision(v, *a); }; });
}

}  // namespace

void add_provision(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand(
        "provision", "Make, or unmake, the queues, roles, rules and pipelines that a fleet file describes");
    cmd->require_subcommand(1);
    cmd->footer(
        "Exit codes: 0 nothing is left to do; 1 something stands in the way or failed, and the same command "
        "goes on from there; 2 the configuration is wrong; 3 AWS could not be reached; 4 plan: there are "
        "differences.");
    add_verb(*cmd, run, "plan", "Show what apply would do; changes nothing", verb::plan);
    add_verb(*cmd, run, "apply", "Make AWS what the fleet file says; shows the changes first", verb::apply);
    add_verb(*cmd, run, "destroy", "Remove what carries this installation's tag, and nothing else",
             verb::destroy);
}

}  // namespace trainyard::cli
