// One function per subcommand of trainyard-bench: it declares its options on the program and stores what to
// run.
#pragma once

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
void add_schedule(CLI::App& app, action& run);

}  // namespace trainyard::bench
