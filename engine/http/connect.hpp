// Opening a client's connections: which address, through which proxy, with which TLS.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "engine/http/client.hpp"
#include "engine/http/connection.hpp"
#include "engine/http/tls_client.hpp"

namespace trainyard::http {

// One per client. The options and stats outlive it.
class connector {
public:
    connector(boost::asio::io_context& io, const client_options& options, client_stats& stats)
        : io_(io), options_(options), stats_(stats) {}

    // Looks the name up, races its addresses, tunnels through the proxy if there is one, and finishes the TLS
    // handshake of an https:// origin. On failure `c` is closed and the error says what failed at which
    // address.
    task<result<void>> open(connection& c, origin to, mono_time deadline);

private:
    task<result<void>> open_at(connection& c, const origin& to, const proxy* via, mono_time deadline);
    task<std::string> finish(connection& c, const origin& to, const proxy* via);

    boost::asio::io_context& io_;
    const client_options& options_;
    client_stats& stats_;
    std::unique_ptr<tls_client> tls_;  // made for the first TLS origin: loading a trust store takes a while
};

// True when an idle connection was closed by its peer, or received bytes nobody asked for.
bool gone_stale(connection& c);

}  // namespace trainyard::http
