// The client's side of TLS: 1.2 or newer, chain and host name verified, sessions resumed. There is no way to
// turn verification off. Revocation is not checked: AWS's certificates are short-lived and answers are waited
// for.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "engine/http/connection.hpp"
#include "engine/http/tls_sessions.hpp"

namespace trainyard::http {

class tls_client {
public:
    // Trusts what `ca_bundle` holds (a PEM file), or the system's store when it is empty.
    static result<std::unique_ptr<tls_client>> make(const std::string& ca_bundle);

    // Makes `c.tls` over `c.socket`, ready for a handshake with `to`: SNI, the name to verify, ALPN, and a
    // session to resume if there is one. Empty, or what is wrong.
    std::string prepare(connection& c, const origin& to);
    // After async_handshake(): whether `to` is who answered, also when a session was resumed and no
    // certificate was sent. Empty, or what is wrong.
    std::string verdict(connection& c, const origin& to, const error_code& handshake);

private:
    tls_client();

    boost::asio::ssl::context context_;
    std::shared_ptr<tls_session_cache> sessions_;  // shared with each connection: tickets come when they like
};

bool resumed(const connection& c);

}  // namespace trainyard::http
