#include "engine/http/server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "engine/base/check.hpp"
#include "engine/http/connection.hpp"
#include "engine/http/peer_limit.hpp"
#include "engine/http/serve.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr duration accept_backoff =
    std::chrono::milliseconds{50};  // out of descriptors: wait for some to close
constexpr std::size_t refusals_max =
    64;  // connections over the limit that are being told so; more are just closed

// What a connection between two requests holds for the next one: the usual request fits, and ten thousand
// idle connections stay small.
constexpr std::size_t idle_buffer_bytes = 4096;

result<std::unique_ptr<asio::ssl::context>> make_tls(const server_options& options) {
    error_code failure;
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    // An idle connection does not keep record buffers of 34 KiB.
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    context->use_certificate_chain_file(options.tls_certificate_file, failure);
    if (failure)
        return error{errc::invalid_argument,
                     fmt::format("TLS certificate '{}': {}; it must be a readable PEM file",
                                 options.tls_certificate_file, failure.message())};
    context->use_private_key_file(options.tls_key_file, asio::ssl::context::pem, failure);
    if (failure)
        return error{errc::invalid_argument,
                     fmt::format("TLS key '{}': {}; it must be the PEM key of the certificate '{}'",
                                 options.tls_key_file, failure.message(), options.tls_certificate_file)};
    return context;
}

}  // namespace

struct server::impl : serve_shared {
    impl(asio::io_context& context, server_options given, handler handle)
        : serve_shared(std::move(given), std::move(handle)),
          io(context),
          acceptor(context),
          acceptors(context),
          members(context),
          drained(context) {}

    static task<void> accept(std::shared_ptr<impl> self);
    static task<void> run(std::shared_ptr<impl> self, std::list<connection>::iterator me, bool refuse,
                          asio::ip::address peer);
    void adopt(tcp::socket socket);

    asio::io_context& io;
    tcp::acceptor acceptor;
    std::unique_ptr<asio::ssl::context> tls;
    std::list<connection> connections;
    std::size_t served = 0, refused = 0;
    peer_limit peers{options.connections_per_peer};  // of those served
    io::task_group acceptors, members;
    io::event drained;
};

task<void> server::impl::run(std::shared_ptr<impl> self, std::list<connection>::iterator me, bool refuse,
                             asio::ip::address peer) {
    if (refuse)
        co_await refuse_connection(*self, *me);
    else
        co_await serve_connection(*self, *me, self->tls.get());
    (refuse ? self->refused : self->served) -= 1;
    if (!refuse) self->peers.remove(peer);
    self->connections.erase(me);
    if (self->connections.empty()) self->drained.set();
}

void server::impl::adopt(tcp::socket socket) {
    ++stats.connections;
    asio::ip::address peer;
    error_code left;  // a peer that has gone again has no address; its connection ends at once
    if (peers.counts()) peer = socket.remote_endpoint(left).address();
    const bool refuse = served >= options.connections_max || peers.full(peer);
    if (refuse) ++stats.refused_connections;
    if (refuse && refused >= refusals_max) return;  // destroying the socket closes it
    (refuse ? refused : served) += 1;
    if (!refuse) peers.add(peer);
    connections.emplace_back(io, options.header_bytes_max + (64U << 10U), idle_buffer_bytes);
    const auto me = std::prev(connections.end());
    me->socket = std::move(socket);
    error_code ignored;
    me->socket.set_option(tcp::no_delay(true), ignored);
    auto self = std::static_pointer_cast<impl>(shared_from_this());
    members.spawn([self, me, refuse, peer] { return run(self, me, refuse, peer); });
}

task<void> server::impl::accept(std::shared_ptr<impl> self) {
    while (!self->closing) {
        error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        tcp::socket socket = co_await self->acceptor.async_accept(token);
        if (self->closing) break;
        if (!failure) {
            self->adopt(std::move(socket));
            continue;
        }
        const mono_time later = io::real_clock().mono() + accept_backoff;
        co_await io::sleep_until(later);
    }
}

server::server(asio::io_context& io, server_options options, handler handle)
    : impl_(std::make_shared<impl>(io, std::move(options), std::move(handle))) {}

server::~server() {
    TY_CHECK(impl_->members.size() == 0 && impl_->acceptors.size() == 0,
             "a server was destroyed while it runs; await shutdown()");
}

result<std::uint16_t> server::listen(const std::string& address, std::uint16_t port) {
    const auto fail = [&](const error_code& why) {
        error_code ignored;
        impl_->acceptor.close(ignored);
        return error{errc::io, fmt::format("cannot listen on {} port {}: {}", address, port, why.message())};
    };
    error_code failure;
    const auto ip = asio::ip::make_address(address, failure);
    if (failure)
        return error{errc::invalid_argument,
                     fmt::format("cannot listen on '{}': it must be an IP address", address)};
    if (!impl_->options.tls_certificate_file.empty()) {
        auto made = make_tls(impl_->options);
        if (!made) return made.error();
        impl_->tls = std::move(*made);
    }
    const tcp::endpoint where(ip, port);
    impl_->acceptor.open(where.protocol(), failure);
    if (failure) return fail(failure);
    impl_->acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
    impl_->acceptor.bind(where, failure);
    if (failure) return fail(failure);
    impl_->acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure) return fail(failure);
    const std::uint16_t bound = impl_->acceptor.local_endpoint(failure).port();
    impl_->acceptors.spawn([self = impl_] { return impl::accept(self); });
    return bound;
}

task<void> server::shutdown(mono_time grace) {
    const std::shared_ptr<impl> self = impl_;
    self->closing = true;
    error_code ignored;
    self->acceptor.close(ignored);
    self->acceptors.cancel();
    co_await self->acceptors.join();
    for (connection& c : self->connections)
        if (c.between_messages) c.close();
    while (!self->connections.empty()) {
        if (!co_await self->drained.wait_until(grace)) break;
    }
    for (connection& c : self->connections) c.close();
    self->members.cancel();
    co_await self->members.join();
}

const server_stats& server::stats() const {
    return impl_->stats;
}

}  // namespace trainyard::http
