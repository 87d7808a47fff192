// A TCP connection to one of several addresses, and a tunnel through it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/http/connection.hpp"
#include "engine/http/proxy.hpp"

namespace trainyard::http {

struct dialed {
    using endpoint = boost::asio::ip::tcp::endpoint;

    std::optional<boost::asio::ip::tcp::socket>
        socket;  // empty: every attempt failed, or the caller was cancelled
    endpoint where;
    mono_time until{};                  // when the winner's attempt is over, with all that comes after TCP
    std::vector<std::string> failures;  // "10.0.0.1: Connection refused"
    std::vector<endpoint> failed;

    bool tried(const endpoint& e) const;  // the winner or one that failed; losers may be tried again
};

// Races `where` in its order; each attempt may take `attempt_max`, all together until `deadline`.
task<dialed> dial(boost::asio::io_context& io, std::vector<boost::asio::ip::tcp::endpoint> where,
                  duration attempt_max, mono_time deadline);

// CONNECT over the plain connection `c`, within its watchdog's deadline.
task<result<void>> open_tunnel(connection& c, const origin& to, const proxy& via);

}  // namespace trainyard::http
