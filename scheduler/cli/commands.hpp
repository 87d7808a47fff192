// One function per subcommand: it declares its options on the app and stores what to run.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace trainyard::cli {

// Exit codes of every subcommand. `differences`: a check found something; `doctor --credentials`: there are
// none.
enum exit_code : int { done = 0, work_failed = 1, usage = 2, unreachable = 3, differences = 4 };

// What main() calls once parsing succeeded; returns the exit code.
using action = std::function<int()>;

void add_demo(CLI::App& app, action& run);
void add_local(CLI::App& app, action& run);
void add_run(CLI::App& app, action& run);
void add_submit(CLI::App& app, action& run);
void add_jobs(CLI::App& app, action& run);
void add_explain(CLI::App& app, action& run);
void add_cancel(CLI::App& app, action& run);
void add_pools(CLI::App& app, action& run);
void add_tenants(CLI::App& app, action& run);
void add_queues(CLI::App& app, action& run);
void add_pause(CLI::App& app, action& run);
void add_resume(CLI::App& app, action& run);
void add_simulate(CLI::App& app, action& run);
void add_audit(CLI::App& app, action& run);
void add_restore(CLI::App& app, action& run);
void add_doctor(CLI::App& app, action& run);
void add_provision(CLI::App& app, action& run);
void add_version(CLI::App& app, action& run);

}  // namespace trainyard::cli
