// One function per subcommand of trainyard-bench: it declares its options on the program and stores what to
// run.
#pragma once

#include <cstdint>
#include <functional>

namespace CLI {
class App;
}

namespace trainyard::bench {

// Gives the exit code.
using action = std::function<int()>;

void add_sign(CLI::App& app, action& run);
void add_http(CLI::App& app, action& run);
void add_server(CLI::App& app, action& run);
// `count_allocations`: those of the calling thread; null where they cannot be counted.
void add_queue(CLI::App& app, action& run, std::uint64_t (*count_allocations)());
void add_outbox(CLI::App& app, action& run);
void add_compare(CLI::App& app, action& run);
void add_ledger(CLI::App& app, action& run);
void add_schedule(CLI::App& app, action& run);
void add_dispatch(CLI::App& app, action& run);
void add_fleet(CLI::App& app, action& run);

}  // namespace trainyard::bench
