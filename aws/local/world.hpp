// The local AWS as one value: stores, clock and HTTP front together. Two worlds can live in one process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/local/identity/identity_options.hpp"
#include "aws/local/sagemaker/accepted_create.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/base/units.hpp"
#include "engine/io/task.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws::local {

struct world_options {
    bool verify_signatures = true;
    double time_scale =
        1.0;  // SageMaker time runs this many times as fast: 60 makes a minute's training last a second
    std::uint64_t seed = 1;
    std::string secret_access_key =
        "test";  // of every 12-digit access key id and of "test" (account 000000000000)
    // Default limit of concurrent instances of each type in each account and region, and exceptions by
    // "account/region/type" or "account/region/type/use" with "*" allowed for each part; the most specific
    // wins. A use is "training job usage", "spot training job usage", "training warm pool usage", ...
    std::int64_t instance_limit = 1'000'000;
    std::map<std::string, std::int64_t> instance_limits;
    // Request rates: AWS's own, and settings "SERVICE.OPERATION=N[/burst]" that go before them.
    bool throttle = false;
    std::vector<std::string> rates;
    std::string faults_file;  // JSON: a list of fault rules; empty: none
    std::string rules_file;   // JSON: a list of rules of what befalls SageMaker's jobs; empty: none
    duration list_delay{};    // SageMaker's listings miss a new job for so long; the clock's time
    // Keeps queues and messages over restarts; empty: everything is in memory. `data_failed` is called once
    // when it cannot be written; every request is then answered with 500.
    std::string data_file;
    std::function<void(const error&)> data_failed;
    // Of EventBridge, as parse_delivery_faults() reads it: "loss=0.1,delay=0..5s"; empty: perfect and at
    // once.
    std::string event_delivery;
    duration quota_approval{};  // after which a request for more of a quota is approved; on the clock
    bool control = false;       // serves the control API under /_trainyard/
    identity_options identity;
    std::string
        journal_file;  // JSON lines, one per accepted CreateTrainingJob and StopTrainingJob; empty: none
};

struct world_stats {
    std::uint64_t requests = 0, signatures_verified = 0, signatures_refused = 0;
    std::uint64_t creates_accepted = 0, creates_duplicate = 0, creates_over_limit = 0;
    std::size_t messages = 0;                              // in all queues now
    std::map<std::string, std::size_t> messages_by_state;  // visible, in_flight, delayed
    std::size_t polls = 0;                                 // long polls that wait
    std::map<std::string, std::size_t> jobs_by_status;
};

// Used from the context's thread only.
class world {
public:
    world(boost::asio::io_context& io, const clock& time, world_options options, metrics::registry& registry);
    ~world();  // shutdown() must have completed
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    // Reads the files that the options name. Port 0: any free one. Gives the bound port.
    result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
    task<void> shutdown(mono_time grace);

    world_stats stats() const;
    const std::vector<accepted_create>& creates() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws::local
