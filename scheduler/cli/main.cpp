// The `trainyard` program.
#include <CLI/CLI.hpp>

#include "scheduler/cli/commands.hpp"

int main(int argc, char** argv) {
    using namespace trainyard::cli;
    CLI::App app{
        "Trainyard: takes AI jobs from SQS and runs them on SageMaker, across accounts, exactly once"};
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "Help of every subcommand");
    action run;
    add_run(app, run);
    add_demo(app, run);
    add_local(app, run);
    add_submit(app, run);
    add_jobs(app, run);
    add_explain(app, run);
    add_cancel(app, run);
    add_pools(app, run);
    add_tenants(app, run);
    add_queues(app, run);
    add_pause(app, run);
    add_resume(app, run);
    add_simulate(app, run);
    add_audit(app, run);
    add_restore(app, run);
    add_doctor(app, run);
    add_provision(app, run);
    add_version(app, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        // Help and version are no errors; everything else is a wrong command line.
        return app.exit(e) == 0 ? exit_code::done : exit_code::usage;
    }
    return run();
}
