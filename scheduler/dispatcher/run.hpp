// `run` put together: ledger, AWS, core, driver, admin pages. The demo and the tests start the very same
// thing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials/provider.hpp"
#include "aws/transport/settings.hpp"
#include "scheduler/config/fleet.hpp"
#include "scheduler/dispatcher/driver.hpp"

namespace trainyard::dispatcher {

// What went wrong, in the terms of the program's exit codes.
enum class run_outcome { done, failed, misconfigured, unreachable };

struct run_options {
    driver_options driver;
    lifecycle::timing timing;
    aws::retry_settings retries;  // of the AWS clients
    std::uint64_t seed = 1;
    // Told once everything listens and the queues are found; `admin_url` is empty when it is off.
    std::function<void(const std::string& admin_url)> on_ready;
};

struct run_report {
    run_outcome outcome = run_outcome::done;
    std::string message;  // of a failure
    lifecycle::counters counts;
    std::map<std::string, std::size_t> jobs_by_state;
};

// One dispatcher on its io_context. Used from the context's thread, but stop() from any.
class run_instance {
public:
    run_instance(boost::asio::io_context& io, config::fleet fleet, run_options options,
                 const aws::environment& env);
    ~run_instance();
    run_instance(const run_instance&) = delete;
    run_instance& operator=(const run_instance&) = delete;

    // Runs until stopped, idle or broken, and has put everything away when it completes.
    task<run_report> run();
    void stop();

    // A snapshot for progress displays, refreshed by the running instance on its own thread; read from any
    // thread.
    struct progress {
        std::size_t accepted = 0, rejected = 0, pending = 0, active = 0, ended = 0;
    };
    progress snapshot() const;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace trainyard::dispatcher
