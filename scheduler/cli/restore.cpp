// `trainyard restore`: a backup in the place of the ledger, to be compared with SageMaker by the next `run`.
#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/json.hpp"
#include "engine/io/real_clock.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::cli {
namespace {

struct restore_arguments {
    std::string ledger, backup;
    bool json = false;
};

int run_restore(const restore_arguments& a) {
    const wall_time now = io::real_clock().wall();
    if (auto done = ledger::restore(a.ledger, a.backup, now); !done) return complain(done.error());
    if (a.json) {
        json::writer w;
        w.begin_object().member("ledger", a.ledger).member("backup", a.backup);
        w.member("restored_ms", to_unix_millis(now)).end_object();
        std::cout << w.text() << std::endl;
    } else {
        std::cout << a.ledger << " is now " << a.backup
                  << "; the next 'trainyard run' compares it with SageMaker before it starts anything"
                  << std::endl;
    }
    return exit_code::done;
}

}  // namespace

void add_restore(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("restore", "Put a backup in the place of a ledger");
    cmd->footer(
        "What stood there is kept beside it. Jobs that were started after the backup are found in SageMaker "
        "by "
        "the next run and never started again.");
    auto a = std::make_shared<restore_arguments>();
    cmd->add_option("ledger", a->ledger, "The ledger's file")->required();
    cmd->add_option("backup", a->backup, "A copy that 'trainyard audit --backup' made")->required();
    cmd->add_flag("--json", a->json, "One JSON object");
    cmd->callback([&run, a] { run = [a] { return run_restore(*a); }; });
}

}  // namespace trainyard::cli
