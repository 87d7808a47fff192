// EventBridge of the local AWS: the operations, and a timer that does what they say is due.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/base/state_change.hpp"
#include "aws/local/events/events_operations.hpp"
#include "aws/local/policy/authorizer.hpp"

namespace trainyard::aws::local::events {

struct events_options {
    std::uint64_t seed = 1;  // of ids
    delivery_faults faults{};
    // What an operation needs, by its resources and with what conditions look at; may be empty.
    access_function needs{};
};

// State changes of SageMaker, pulled when their time has come.
struct change_feed {
    std::function<std::optional<wall_time>()> next;
    std::function<std::vector<state_change>(wall_time now)> take;
};

class events_service {
public:
    // Puts a message into a queue, or into the dead-letter queue.
    using send_function = std::function<delivery_outcome(const delivery_command&, wall_time now)>;

    // Everything runs on `io`'s thread; `time` and `permissions` outlive the service.
    events_service(boost::asio::io_context& io, const clock& time, const events_options& options,
                   const authorizer& permissions, send_function send);
    ~events_service();
    events_service(const events_service&) = delete;
    events_service& operator=(const events_service&) = delete;

    service_reply handle(const operation_call& call);

    void set_feed(change_feed feed);
    // The feed may have something earlier than it had: after each operation of SageMaker.
    void look(wall_time now);

    delivery_machine& deliveries();
    std::vector<durable*> kept();  // its parts that are kept over restarts

    // Called after the timer did something that no request waits for.
    void on_timer(std::function<void()> hear);

    // Nothing is delivered any more; for shutdown.
    void stop();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws::local::events
