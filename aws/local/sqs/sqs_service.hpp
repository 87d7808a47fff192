// SQS of the local AWS: the JSON operations over the pure queue stores of every account and region.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "aws/local/base/durable.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/policy/authorizer.hpp"
#include "aws/local/sqs/queue_registry.hpp"
#include "engine/io/task.hpp"

namespace trainyard::aws::local {

struct service_message;

class sqs_service {
public:
    // `seed` makes message ids and receipt handles. Everything runs on `io`'s thread. All
    // outlive the service.
    sqs_service(boost::asio::io_context& io, const clock& time, std::uint64_t seed,
                const authorizer& permissions = open_authorizer::instance());
    ~sqs_service();
    sqs_service(const sqs_service&) = delete;
    sqs_service& operator=(const sqs_service&) = delete;

    // Suspends only for a long poll.
    task<service_reply> handle(operation_call call);
    // Any operation but ReceiveMessage.
    service_reply perform(const operation_call& call);

    // SendMessage by one of AWS's services; at once.
    service_reply send_from_service(const service_message& m, wall_time now);

    // Every long poll answers now (empty, when nothing is there); for shutdown.
    void release_polls();

    // The clock's wall time went `d` ahead at once: what came due in between does so now.
    void skipped(duration d);

    // Its state, to be kept over restarts; lives as long as the service. After restored() call began().
    durable& kept();
    // Called after the timer did something that no request waits for.
    void on_timer(std::function<void()> hear);
    // Tasks that were restored go on.
    void began();

    // For reports: messages that are visible, in flight or delayed in every queue together.
    std::size_t messages() const;
    queue_store::counts counts(wall_time now) const;
    std::size_t polls() const;  // that wait
    // A FIFO queue whose throughput is limited by message group (FifoThroughputLimit).
    bool has_high_throughput(const queue_key& key) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws::local
