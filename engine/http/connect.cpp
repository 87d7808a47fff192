#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "engine/http/exchange.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

error broken(const origin& to, std::string_view step, std::string_view why) {
    return {errc::unreachable, fmt::format("{}: {}: {}", to.to_string(), step, why)};
}

task<std::vector<tcp::endpoint>> resolve(connection& c, const origin& to, mono_time deadline,
                                         error_code& failure) {
    error_code not_literal;
    const auto literal = asio::ip::make_address(to.host, not_literal);
    std::vector<tcp::endpoint> out;
    if (!not_literal) {
        out.emplace_back(literal, to.port);
        co_return out;
    }
    tcp::resolver resolver(c.socket.get_executor());
    // The connection's own watchdog closes the socket, which does not stop a look-up.
    watchdog limit(c.socket.get_executor(), [&resolver] { resolver.cancel(); });
    limit.arm(deadline);
    const std::string service = std::to_string(to.port);
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    const auto found =
        co_await resolver.async_resolve(to.host, service, tcp::resolver::numeric_service, token);
    if (!failure)
        for (const auto& entry : found) out.push_back(entry.endpoint());
    else if (limit.fired())
        failure = asio::error::timed_out;
    co_return out;
}

std::string tls_failure(connection& c, const error_code& failure) {
    const long verdict = SSL_get_verify_result(c.tls->native_handle());
    if (verdict == X509_V_OK) return failure.message();
    return fmt::format("the server's certificate was refused: {}", X509_verify_cert_error_string(verdict));
}

task<std::string> handshake(connection& c, const origin& to, ssl::context& context) {
    c.tls = std::make_unique<tls_stream>(c.socket, context);
    error_code is_name;
    asio::ip::make_address(to.host, is_name);
    // Server Name Indication is for names only (RFC 6066 section 3).
    if (is_name && SSL_set_tlsext_host_name(c.tls->native_handle(), to.host.c_str()) != 1)
        co_return std::string("the host name does not fit into a TLS hello");
    c.tls->set_verify_mode(ssl::verify_peer);
    c.tls->set_verify_callback(ssl::host_name_verification(to.host));
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await c.tls->async_handshake(ssl::stream_base::client, token);
    co_return failure ? tls_failure(c, failure) : std::string();
}

// Empty when the connection stands, else what went wrong.
task<std::string> attempt(connection& c, const origin& to, ssl::context* tls, tcp::endpoint where) {
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await c.socket.async_connect(where, token);
    if (failure) {
        const std::string_view why = c.dog.fired() ? "timed out" : "";
        co_return fmt::format("connect to {}: {}", where.address().to_string(),
                              why.empty() ? failure.message() : why);
    }
    error_code ignored;
    c.socket.set_option(tcp::no_delay(true), ignored);
    if (!tls) co_return std::string();
    std::string refused = co_await handshake(c, to, *tls);
    if (refused.empty()) co_return refused;
    co_return fmt::format("TLS with {}: {}", where.address().to_string(),
                          c.dog.fired() ? "timed out" : refused);
}

}  // namespace

result<std::unique_ptr<ssl::context>> make_tls_context(const std::string& ca_bundle) {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    error_code failure;
    if (ca_bundle.empty())
        context->set_default_verify_paths(failure);
    else
        context->load_verify_file(ca_bundle, failure);
    if (failure)
        return error{errc::invalid_argument,
                     fmt::format("CA bundle '{}' cannot be loaded ({}); it must be a readable PEM file",
                                 ca_bundle.empty() ? "of the system" : ca_bundle, failure.message())};
    return context;
}

bool gone_stale(connection& c) {
    char byte = 0;
    const auto n = ::recv(c.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    // TLS 1.3 sends session tickets after the handshake; in plain HTTP an unasked byte makes the framing
    // doubtful.
    return n == 0 || !c.tls;
}

task<result<void>> open_connection(connection& c, const origin& to, ssl::context* tls, duration attempt_max,
                                   mono_time deadline) {
    error_code unresolved;
    const std::vector<tcp::endpoint> addresses = co_await resolve(c, to, deadline, unresolved);
    std::string why = unresolved ? unresolved.message() : "no address";
    const char* step = "look-up";
    for (const tcp::endpoint& where : addresses) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return error{errc::cancelled, to.to_string() + ": cancelled while connecting"};
        const mono_time now = io::real_clock().mono();
        if (now >= deadline) break;
        c.reset();
        c.dog.arm(std::min(deadline, now + attempt_max));
        why = co_await attempt(c, to, tls, where);
        step = "no connection";
        const bool in_time = !c.dog.fired();
        c.dog.disarm();
        if (why.empty() && in_time) co_return result<void>{};
        if (why.empty()) why = "timed out";
    }
    c.reset();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return error{errc::cancelled, to.to_string() + ": cancelled while connecting"};
    co_return broken(to, step, why);
}

}  // namespace trainyard::http
