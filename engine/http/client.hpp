// HTTP/1.1 client: a keep-alive pool per origin on one io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/http/message.hpp"
#include "engine/http/proxy.hpp"
#include "engine/io/task.hpp"

namespace trainyard::http {

// Kinds of traffic that must not wait for each other: each has places of its own, so twenty-second long polls
// never take an ack's. What is idle serves any of them.
enum class lane : unsigned char { control, ack, poll };

struct client_options {
    std::size_t connections_per_origin_and_lane = 64;
    std::size_t connections_per_host = 128;         // of one origin over all lanes, idle ones too; at least 3
    std::size_t connections_reserved_per_lane = 8;  // of those, for each lane alone
    // Per address: TCP, the proxy's tunnel and TLS together. Addresses race, 250 ms apart.
    duration connect_timeout = std::chrono::seconds{3};
    duration idle_max = std::chrono::seconds{4};            // below the idle limit of the servers we meet
    duration connection_age_max = std::chrono::minutes{5};  // so that DNS changes are followed
    std::size_t header_bytes_max = 16U << 10U;
    std::size_t body_bytes_max = 16U << 20U;  // ListTrainingJobs pages and ten 1 MiB messages stay below
    std::string ca_bundle;  // PEM file; empty: AWS_CA_BUNDLE was not set, use the system's store
    proxy_settings proxy;   // as read_proxy_settings() gives it; nothing: connect directly
    // True for an IP address that must not be connected to: `host` is the origin's name or literal, `ip` what
    // it resolves to, as text (IPv4 in IPv6 clothes comes as IPv4; `host` equals `ip` for a plain literal).
    // Behind a proxy the proxy resolves, and only literals are seen.
    std::function<bool(const std::string& host, const std::string& ip)> refuse_address;
    // Replaces the system's resolver: IP addresses of a name, in order of preference.
    std::function<task<result<std::vector<std::string>>>(std::string host, mono_time deadline)> lookup;
};

struct client_stats {
    std::uint64_t requests = 0, connections_opened = 0, connections_reused = 0, stale_retries = 0,
                  failures = 0, tls_handshakes = 0, tls_resumed = 0;
};

// Used from its context's thread only. Redirects are never followed. TLS verifies the chain and the host
// name.
class client {
public:
    client(boost::asio::io_context& io, client_options options);
    ~client();  // close() must have completed
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    // Sends and awaits the whole answer. `deadline` (of real_clock().mono()) bounds everything: waiting for a
    // connection, DNS, connecting, sending, receiving. Adds Host and Content-Length unless present.
    // Errors, by what they say about the request's effect:
    //   none: errc::unreachable (DNS, connect, TLS, every connection busy until the deadline: nothing was
    //   sent; `message`
    //     says which), errc::invalid_argument (the request or the CA bundle is malformed);
    //   unknown: errc::io (the connection broke after the request was written), errc::timeout, errc::corrupt
    //   (malformed
    //     answer), errc::limit (answer too large), errc::cancelled.
    // One free retry is made on a fresh connection when a reused one turns out to be closed before the first
    // byte of an answer; without `resend_when_stale` that is errc::io, for requests that must not arrive
    // twice.
    task<result<response>> send(origin to, request what, lane which, mono_time deadline,
                                bool resend_when_stale = true);

    // Closes idle connections and waits until none is in use.
    task<void> close();

    const client_stats& stats() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::http
