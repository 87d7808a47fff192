// The `trainyard-bench` program.
#include <CLI/CLI.hpp>

#include "bench/allocations.hpp"
#include "bench/commands.hpp"

int main(int argc, char** argv) {
    using namespace trainyard::bench;
    constexpr int usage = 2;
    CLI::App app{"Trainyard's benchmarks: each figure beside the floor that the same run measured"};
    app.require_subcommand(1);
    action run;
    add_sign(app, run);
    add_http(app, run);
    add_server(app, run);
#ifdef TRAINYARD_COUNTS_ALLOCATIONS
    add_queue(app, run, allocations_of_thread);
#else
    add_queue(app, run, nullptr);
#endif
    add_outbox(app, run);
    add_compare(app, run);
    add_ledger(app, run);
    add_schedule(app, run);
    add_dispatch(app, run);
    add_fleet(app, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : usage;
    }
    return run();
}
