// Plan, apply and destroy for one fleet: reads files and AWS, lets the planner decide, carries its steps out.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials/provider.hpp"
#include "aws/transport/settings.hpp"
#include "engine/io/task.hpp"
#include "scheduler/config/fleet.hpp"
#include "scheduler/provision/plan.hpp"
#include "scheduler/provision/wanted.hpp"

namespace trainyard::provision {

enum class purpose { apply, destroy };

struct view {
    provision::plan plan;
    wanted_fleet wanted;
    observation seen;
};

struct provisioner_options {
    aws::retry_settings retries{};
    std::uint64_t seed = 1;
    // IAM tells its servers of a new role within seconds, and SQS takes a deleted queue's name after a
    // minute: a step that fails for such a reason is repeated in this rhythm, for so long.
    duration settle_pause = std::chrono::seconds{3};
    duration settle_max = std::chrono::seconds{90};
};

// `io` and `env` outlive it.
class provisioner {
public:
    provisioner(boost::asio::io_context& io, config::fleet fleet, const aws::environment& env,
                provisioner_options options = {});
    ~provisioner();  // close() must have completed
    provisioner(const provisioner&) = delete;
    provisioner& operator=(const provisioner&) = delete;

    // Changes nothing.
    task<result<view>> look(provision::purpose what_for);
    // `v` as look() gave it, without refusals for `apply`. Stops at the first step that fails; what was done
    // stays done, and another look shows the rest. `on_step` is told of each step before it begins.
    task<result<void>> carry_out(provision::purpose what_for, view v,
                                 std::function<void(const step&)> on_step);
    task<void> close();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::provision
