#include "engine/http/connect.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "engine/http/dial.hpp"
#include "engine/http/resolve.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

error broken(const origin& to, std::string_view why) {
    return {errc::unreachable, fmt::format("{}: no connection: {}", to.to_string(), why)};
}

task<bool> cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

task<std::string> tls_handshake(connection& c, const origin& to, tls_client& tls) {
    std::string why = tls.prepare(c, to);
    if (!why.empty()) co_return why;
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await c.tls->async_handshake(ssl::stream_base::client, token);
    co_return tls.verdict(c, to, failure);
}

bool is_literal(const std::string& host) {
    error_code is_name;
    asio::ip::make_address(host, is_name);
    return !is_name;
}

void add_failure(std::string& all, std::string one) {
    if (!all.empty()) all += "; ";
    all += one;
}

}  // namespace

bool gone_stale(connection& c) {
    pollfd look{c.socket.native_handle(), POLLIN | POLLRDHUP, 0};
    if (::poll(&look, 1, 0) < 0) return errno != EINTR;
    if ((look.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0) return true;
    // TLS 1.3 sends session tickets after the handshake; in plain HTTP an unasked byte makes the framing
    // doubtful.
    return (look.revents & POLLIN) != 0 && !c.tls;
}

// What comes after the TCP connection. Empty, or what went wrong.
task<std::string> connector::finish(connection& c, const origin& to, const proxy* via) {
    if (via) {
        const result<void> tunnel = co_await open_tunnel(c, to, *via);
        if (!tunnel)
            co_return c.dog.fired() ? "the proxy " + via->to_string() + ": timed out"
                                    : tunnel.error().message;
    }
    if (!to.tls) co_return std::string();
    std::string why = co_await tls_handshake(c, to, *tls_);
    ++stats_.tls_handshakes;
    if (why.empty() && resumed(c)) ++stats_.tls_resumed;
    if (!why.empty()) why = "TLS: " + (c.dog.fired() ? std::string("timed out") : why);
    co_return why;
}

task<result<void>> connector::open_at(connection& c, const origin& to, const proxy* via, mono_time deadline) {
    const std::string host = via ? via->host : to.host;
    const std::uint16_t port = via ? via->port : to.port;
    const auto executor = io_.get_executor();
    // Where a proxy stands is its operator's choice; refuse_address is about where an origin's name leads.
    const bool may_refuse = via == nullptr;
    const resolved found = co_await resolve(executor, host, options_, may_refuse, deadline);
    std::vector<asio::ip::tcp::endpoint> left;
    for (const auto& a : found.addresses) left.emplace_back(a, port);
    std::string failures = found.why;
    while (!left.empty() && io::real_clock().mono() < deadline) {
        dialed won = co_await dial(io_, left, options_.connect_timeout, deadline);
        for (std::string& why : won.failures) add_failure(failures, std::move(why));
        if (!won.socket) break;
        std::erase_if(left, [&won](const auto& e) { return won.tried(e); });
        c.socket = std::move(*won.socket);
        c.dog.arm(won.until);
        std::string why = co_await finish(c, to, via);
        const bool in_time = !c.dog.fired();
        c.dog.disarm();
        if (why.empty() && in_time) co_return result<void>{};
        if (why.empty()) why = "timed out";
        c.reset();
        add_failure(failures, fmt::format("{}: {}", address_text(won.where.address()), why));
        // A proxy that answered has spoken for all its addresses.
        if (via) break;
        const bool stop = co_await cancelled();
        if (stop) break;
    }
    if (failures.empty()) failures = "the deadline has passed";
    co_return broken(to,
                     via ? fmt::format("through the proxy {}: {}", via->to_string(), failures) : failures);
}

task<result<void>> connector::open(connection& c, origin to, mono_time deadline) {
    c.reset();
    if (to.tls && !tls_) {
        auto made = tls_client::make(options_.ca_bundle);
        if (!made) co_return made.error();
        tls_ = std::move(*made);
    }
    const auto via = choose_proxy(to, options_.proxy);
    if (!via) co_return with_context(via.error(), to.to_string());
    const proxy* const through = *via ? &**via : nullptr;
    // A proxy would connect where this client may not; its name look-ups cannot be seen, a literal can.
    if (through && is_literal(to.host)) {
        const resolved origin_itself =
            co_await resolve(io_.get_executor(), to.host, options_, true, deadline);
        if (origin_itself.addresses.empty()) co_return broken(to, origin_itself.why);
    }
    result<void> opened = co_await open_at(c, to, through, deadline);
    const bool stopped = co_await cancelled();
    if (!opened && stopped) co_return error{errc::cancelled, to.to_string() + ": cancelled while connecting"};
    co_return opened;
}

}  // namespace trainyard::http
