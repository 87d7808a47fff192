// Where the queues are and who asks: an endpoint with credentials, and the stack of clients of one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "aws/identity/identity.hpp"
#include "aws/sqs/client.hpp"
#include "bench/queue_plan.hpp"
#include "bench/server_process.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::bench {

struct queue_target {
    aws::endpoint where;
    std::string profile;
    std::optional<local_server> own;  // started for the run
};
// Starts a local server when the plan names no endpoint.
result<queue_target> open_target(const queue_plan& p);

// Everything that a process using aws/sqs has: signing, retries, deadlines, metrics, digests. One a thread.
class client_stack {
public:
    // `at` outlives it.
    static task<result<std::unique_ptr<client_stack>>> open(boost::asio::io_context& io,
                                                            const queue_target& at, std::size_t connections,
                                                            std::uint64_t seed);

    aws::sqs::client& sqs() { return *sqs_; }
    aws::transport& transport() { return transport_; }
    metrics::registry& registry() { return registry_; }
    const aws::endpoint& where() const { return where_; }
    const std::shared_ptr<aws::credentials_provider>& who() const { return who_; }
    std::uint64_t requests() const { return http_.stats().requests; }  // on the wire so far, retries included
    task<void> close();

private:
    client_stack(boost::asio::io_context& io, std::size_t connections, std::uint64_t seed);

    metrics::registry registry_;
    http::client http_;
    aws::transport transport_;
    aws::identity identity_;
    aws::endpoint where_;
    std::shared_ptr<aws::credentials_provider> who_;
    std::optional<aws::sqs::client> sqs_;
};

}  // namespace trainyard::bench
