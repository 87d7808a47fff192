// TLS connections that are cut: what is missing must never pass for the end.
#include <gmock/gmock.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "certificates.hpp"
#include "loopback.hpp"
#include "tests/support/fault_proxy.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
using test::ending;
using test::fault;
using test::fault_proxy;
using ::testing::HasSubstr;

constexpr std::size_t body_bytes = 100'000;

class tls_cut : public loopback {
protected:
    tls_cut() {
        options.ca_bundle = certificate.certificate_file();
        server_options secure;
        secure.tls_certificate_file = certificate.certificate_file();
        secure.tls_key_file = certificate.key_file();
        port = serve(&tls_cut::large, secure);
    }

    static task<response> large(request /*r*/) {
        response out;
        out.body = std::string(body_bytes, 'x');
        co_return out;
    }
    static task<void> get(http::client& c, std::vector<fault_proxy*> through,
                          std::vector<result<response>>& out);
    // One request through each fault, on a connection of its own.
    std::vector<result<response>> get_each(std::vector<fault> faults);

    const http::certificate certificate{"IP:127.0.0.1"};
    client_options options;
    std::uint16_t port = 0;
    std::vector<std::size_t> to_client;  // bytes on the wire, of each
};

task<void> tls_cut::get(http::client& c, std::vector<fault_proxy*> through,
                        std::vector<result<response>>& out) {
    for (fault_proxy* const each : through) {
        request what;
        what.method = "GET";
        const origin to{true, "127.0.0.1", each->port()};
        const mono_time until = in(5s);
        auto got = co_await c.send(to, what, lane::control, until);
        out.push_back(std::move(got));
        co_await each->close();
    }
}

std::vector<result<response>> tls_cut::get_each(std::vector<fault> faults) {
    http::client& c = make_client(options);
    std::vector<std::unique_ptr<fault_proxy>> proxies;
    std::vector<fault_proxy*> through;
    for (const fault& each : faults) {
        proxies.push_back(std::make_unique<fault_proxy>(io, port, std::vector{each}));
        through.push_back(proxies.back().get());
    }
    std::vector<result<response>> out;
    run([&] { return get(c, through, out); });
    for (const auto& p : proxies) to_client.push_back(p->connections().at(0).to_client);
    return out;
}

TEST_F(tls_cut, inside_the_body) {
    const auto got = get_each(
        {{}, {.answer_bytes = body_bytes / 2}, {.answer_bytes = body_bytes / 2, .end = ending::reset}});
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_EQ(got[0]->body.size(), body_bytes);
    ASSERT_GT(to_client[0], body_bytes) << "what was cut is the body";
    for (const std::size_t i : {1U, 2U}) {
        ASSERT_FALSE(got[i].has_value()) << i;
        EXPECT_EQ(got[i].error().code, errc::io) << got[i].error().message;
        EXPECT_THAT(got[i].error().message, HasSubstr("effect is unknown"));
    }
    EXPECT_EQ(servers[0]->stats().requests, 3U);
}

// Nothing of the request goes out before the handshake is done.
TEST_F(tls_cut, inside_the_handshake) {
    options.connect_timeout = 150ms;
    const auto got = get_each({{.answer_bytes = 100},
                               {.answer_bytes = 100, .end = ending::reset},
                               {.answer_bytes = 100, .end = ending::silence},
                               {.request_bytes = 0, .end = ending::silence}});
    for (const auto& each : got) {
        ASSERT_FALSE(each.has_value());
        EXPECT_EQ(each.error().code, errc::unreachable) << each.error().message;
        EXPECT_THAT(each.error().message, HasSubstr("TLS"));
    }
    EXPECT_THAT(got[2].error().message, HasSubstr("timed out"));
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

TEST_F(tls_cut, a_handshake_in_pieces_is_one) {
    const auto got = get_each({{.piece = 700, .pause = 100us}});
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_EQ(got[0]->body.size(), body_bytes);
}

// A body whose end is the end of the connection: only close_notify tells that end from an attacker's FIN (RFC
// 9112 9.8).
struct until_close {
    explicit until_close(asio::io_context& context) : io(context), listener(context), peer(context) {}
    asio::io_context& io;
    raw_listener listener;
    raw_peer peer;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    bool says_close = false;

    task<void> answer();
};

task<void> until_close::answer() {
    co_await listener.accept(peer);
    asio::ssl::stream<asio::ip::tcp::socket&> stream(peer.socket, tls);
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await stream.async_handshake(asio::ssl::stream_base::server, token);
    EXPECT_FALSE(failure) << failure.message();
    std::array<char, 4096> some;
    const auto space = asio::buffer(some);
    co_await stream.async_read_some(space, token);
    const std::string text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end";
    const auto bytes = asio::buffer(text);
    co_await asio::async_write(stream, bytes, token);
    EXPECT_FALSE(failure) << failure.message();
    if (says_close) co_await stream.async_shutdown(token);
    peer.socket.shutdown(asio::ip::tcp::socket::shutdown_send, failure);
    const mono_time until = in(2s);
    co_await peer.read_all(until);
}

task<void> get_until_close(until_close& from, http::client& c, std::optional<result<response>>& out) {
    io::task_group members(from.io);
    members.spawn([&from] { return from.answer(); });
    request what;
    what.method = "GET";
    const origin to{true, "127.0.0.1", from.listener.port()};
    const mono_time until = in(5s);
    auto got = co_await c.send(to, what, lane::control, until);
    out.emplace(std::move(got));
    co_await members.join();
}

class tls_until_close : public tls_cut, public ::testing::WithParamInterface<bool> {};

TEST_P(tls_until_close, ends_with_close_notify_only) {
    until_close from(io);
    from.says_close = GetParam();
    from.tls.use_certificate_chain_file(certificate.certificate_file());
    from.tls.use_private_key_file(certificate.key_file(), asio::ssl::context::pem);
    http::client& c = make_client(options);
    std::optional<result<response>> got;
    run([&] { return get_until_close(from, c, got); });
    if (GetParam()) {
        ASSERT_TRUE(got->has_value()) << got->error().message;
        EXPECT_EQ((*got)->body, "to the end");
        return;
    }
    ASSERT_FALSE(got->has_value()) << "a cut body passed for a whole one";
    EXPECT_EQ(got->error().code, errc::io) << got->error().message;
}

INSTANTIATE_TEST_SUITE_P(each, tls_until_close, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "said" : "cut"; });

}  // namespace
}  // namespace trainyard::http
