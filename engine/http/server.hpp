// HTTP/1.1 server with limits on everything a peer controls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/time.hpp"
#include "engine/http/message.hpp"
#include "engine/io/task.hpp"

namespace trainyard::http {

struct server_options {
    std::size_t header_bytes_max = 16U << 10U;
    std::size_t header_fields_max = 64;
    std::size_t target_bytes_max = 8U << 10U;
    std::size_t body_bytes_max = 2U << 20U;  // ten SQS messages and their framing
    duration header_time_max = std::chrono::seconds{10};
    // A body may take `body_grace` and the time its bytes need at `body_bytes_per_second_min`, never more
    // than `body_time_max`; one that comes in chunks, whose size is not known, the latter.
    duration body_time_max = std::chrono::seconds{30};
    duration body_grace = std::chrono::seconds{5};
    std::size_t body_bytes_per_second_min = 64U << 10U;
    duration idle_max = std::chrono::seconds{60};
    std::size_t connections_max = 1024;
    // From one IPv4 address or IPv6 /64; more get 503 like those over connections_max. 0: no limit, for a
    // server whose clients all come from the loopback address or from behind one proxy.
    std::size_t connections_per_peer = 0;
    std::string tls_certificate_file, tls_key_file;  // PEM; empty: plain TCP
};

struct server_stats {
    std::uint64_t connections = 0, requests = 0, refused_messages = 0, refused_connections = 0;
};

// Answers one request. Called on the server's context; may suspend (long polls). Must not throw. The server
// adds Content-Length, Connection and, unless present, Date; "Connection: close" in an answer closes the
// connection after it. Status 0 closes the connection without an answer, as a failing server does.
using handler = std::function<task<response>(request)>;

// Used from its context's thread only. Malformed or ambiguous framing (reliability: request smuggling) is
// answered with 400 and the connection is closed.
class server {
public:
    server(boost::asio::io_context& io, server_options options, handler handle);
    ~server();  // shutdown() must have completed
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Binds `address` (an IP literal) and `port` (0: any free one) and starts to accept; gives the bound
    // port.
    result<std::uint16_t> listen(const std::string& address, std::uint16_t port);

    // Stops accepting, lets running requests finish until `grace`, then closes every connection.
    task<void> shutdown(mono_time grace);

    const server_stats& stats() const;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace trainyard::http
