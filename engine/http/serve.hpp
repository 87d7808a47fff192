// What a server does on one connection.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "engine/http/connection.hpp"
#include "engine/http/server.hpp"

namespace trainyard::http {

// The part of a server that its connections use.
struct serve_shared : std::enable_shared_from_this<serve_shared> {
    serve_shared(server_options given, handler handle)
        : options(std::move(given)), answer(std::move(handle)) {}
    virtual ~serve_shared() = default;

    server_options options;
    handler answer;
    server_stats stats;
    bool closing = false;  // finish the running request, take no other
};

// Requests and answers, one after the other, until either side ends it. `tls` may be null.
task<void> serve_connection(serve_shared& shared, connection& c, boost::asio::ssl::context* tls);
// Says 503 and closes.
task<void> refuse_connection(serve_shared& shared, connection& c);

}  // namespace trainyard::http
