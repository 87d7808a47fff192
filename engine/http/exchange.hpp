// One request and its answer on one connection of a client; and opening that connection.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "engine/http/client.hpp"
#include "engine/http/connection.hpp"

namespace trainyard::http {

// The context every TLS connection of a client shares: TLS 1.2 or newer, peers verified.
result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& ca_bundle);

// Resolves, tries each address in turn, and finishes the TLS handshake when `tls` is given.
task<result<void>> open_connection(connection& c, const origin& to, boost::asio::ssl::context* tls,
                                   duration attempt_max, mono_time deadline);

// True when an idle connection was closed by its peer, or received bytes nobody asked for.
bool gone_stale(connection& c);

// Refuses what would not be one well-formed message on the wire.
result<void> check_request(const request& what);
void render_request_head(std::string& out, const origin& to, const request& what);

struct answer {
    result<response> value = error{};
    bool reusable = false;      // the connection can carry another exchange
    bool nothing_came = false;  // it broke before the first byte of an answer
};

task<answer> run_exchange(connection& c, const origin& to, const request& what, const client_options& limits,
                          mono_time deadline);

}  // namespace trainyard::http
