// TLS against certificates that should not be trusted, old servers, and peers that cut a message short.
#include <gmock/gmock.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "certificates.hpp"
#include "engine/http/watchdog.hpp"
#include "engine/io/event.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using ::testing::HasSubstr;
using error_code = boost::system::error_code;

task<void> requests(client& c, origin to, int count, std::vector<result<response>>& out) {
    for (int i = 0; i < count; ++i) {
        request r;
        r.body = std::string(100'000, 'x');
        const mono_time until = in(5s);
        auto got = co_await c.send(to, r, lane::control, until);
        out.push_back(std::move(got));
    }
}

class tls : public loopback {
protected:
    // A request to a server that shows `shown`, by a client that trusts `trusted`; names lead to it.
    result<response> ask(const certificate& shown, const certificate& trusted, std::string host) {
        const auto port = serve(echo, with(shown));
        client_options options = trusting(trusted);
        options.lookup = any_name;
        client& c = make_client(options);
        std::vector<result<response>> got;
        run([&] { return requests(c, {true, host, port}, 1, got); });
        return got.at(0);
    }
    void expect_refused(const certificate_options& shown, std::string host, std::string why) {
        const certificate cert(shown);
        const auto got = ask(cert, cert, host);
        ASSERT_FALSE(got.has_value());
        EXPECT_EQ(got.error().code, errc::unreachable);
        EXPECT_THAT(got.error().message,
                    HasSubstr("127.0.0.1: TLS: the server's certificate was refused: " + why));
        EXPECT_EQ(servers[0]->stats().requests, 0U);
    }
    void expect_trusted(const certificate_options& shown, std::string host) {
        const certificate cert(shown);
        const auto got = ask(cert, cert, host);
        ASSERT_TRUE(got.has_value()) << got.error().message;
        EXPECT_EQ(got->body.size(), 100'000U);
    }
};

TEST_F(tls, trusts_an_address_in_the_certificate) {
    expect_trusted({"IP:127.0.0.1"}, "127.0.0.1");
}
TEST_F(tls, trusts_a_name_in_the_certificate) {
    expect_trusted({"DNS:other.example,DNS:sqs.example"}, "SQS.example");
}
TEST_F(tls, trusts_a_name_with_a_final_dot) {
    expect_trusted({"DNS:sqs.example"}, "sqs.example.");
}
TEST_F(tls, trusts_a_wildcard_for_one_label) {
    expect_trusted({"DNS:*.example.org"}, "sqs.example.org");
}
TEST_F(tls, refuses_a_wildcard_for_two_labels) {
    expect_refused({"DNS:*.example.org"}, "a.sqs.example.org", "hostname mismatch");
}
TEST_F(tls, refuses_half_a_label_of_wildcard) {
    expect_refused({"DNS:s*.example.org"}, "sqs.example.org", "hostname mismatch");
}
TEST_F(tls, refuses_another_name) {
    expect_refused({"DNS:other.example"}, "sqs.example", "hostname mismatch");
}
TEST_F(tls, refuses_another_address) {
    expect_refused({"IP:127.0.0.2"}, "127.0.0.1", "IP address mismatch");
}
TEST_F(tls, refuses_an_address_written_as_a_name) {
    expect_refused({"DNS:127.0.0.1"}, "127.0.0.1", "IP address mismatch");
}
TEST_F(tls, refuses_a_name_that_only_the_subject_has) {
    expect_refused({"", "sqs.example"}, "sqs.example", "hostname mismatch");
}
TEST_F(tls, refuses_an_expired_certificate) {
    expect_refused({"IP:127.0.0.1", "trainyard test", -1}, "127.0.0.1", "certificate has expired");
}

TEST_F(tls, refuses_a_certificate_nobody_vouches_for) {
    const certificate cert;
    const auto port = serve(echo, with(cert));
    client& c = make_client();  // of the system's store
    std::vector<result<response>> got;
    run([&] { return requests(c, {true, "127.0.0.1", port}, 1, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("certificate was refused: self-signed certificate"));
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

TEST_F(tls, trusts_the_bundle_only) {
    const certificate shown, trusted;
    const auto got = ask(shown, trusted, "127.0.0.1");
    ASSERT_FALSE(got.has_value());
    EXPECT_THAT(got.error().message, HasSubstr("certificate was refused"));
}

TEST_F(tls, a_connection_carries_request_after_request) {
    const certificate cert;
    const auto port = serve(echo, with(cert));
    client& c = make_client(trusting(cert));
    std::vector<result<response>> got;
    run([&] { return requests(c, {true, "127.0.0.1", port}, 3, got); });
    ASSERT_TRUE(got[2].has_value()) << got[2].error().message;
    EXPECT_EQ(c.stats().connections_opened, 1U);
    EXPECT_EQ(c.stats().tls_handshakes, 1U);
}

TEST_F(tls, to_a_plain_server_is_an_error_and_not_a_hang) {
    const auto port = serve(echo);
    client& c = make_client();
    std::vector<result<response>> got;
    run([&] { return requests(c, {true, "127.0.0.1", port}, 1, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("TLS"));
}

TEST_F(tls, files_that_cannot_be_read_are_named) {
    client_options options;
    options.ca_bundle = "/nonexistent/ca.pem";
    client& c = make_client(options);
    std::vector<result<response>> got;
    run([&] { return requests(c, {true, "127.0.0.1", 1}, 1, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::invalid_argument);
    EXPECT_THAT(got[0].error().message, HasSubstr("/nonexistent/ca.pem"));

    server_options broken;
    broken.tls_certificate_file = "/nonexistent/certificate.pem";
    server s(io, broken, echo);
    const auto bound = s.listen("127.0.0.1", 0);
    ASSERT_FALSE(bound.has_value());
    EXPECT_THAT(bound.error().message, HasSubstr("/nonexistent/certificate.pem"));
}

// --- A TLS server that the test scripts by hand ---

struct scripted {
    explicit scripted(asio::io_context& io, const certificate& cert)
        : listener(io), members(io), finished(io) {
        context.use_certificate_chain_file(cert.certificate_file());
        context.use_private_key_file(cert.key_file(), ssl::context::pem);
    }

    raw_listener listener;
    io::task_group members;
    io::event finished;  // FIN was sent to an idle client
    ssl::context context{ssl::context::tls_server};
    std::string answer;
    bool say_goodbye = false;           // close_notify before the connection goes
    bool wait_for_fin = false;          // before the next request
    std::size_t served = 0;             // requests read
    std::vector<bool> resumed;          // each handshake
    std::vector<std::string> protocol;  // each handshake: what ALPN chose
};

// close_notify, then FIN; returns when the client has closed too.
task<void> close_properly(scripted& s, ssl::stream<asio::ip::tcp::socket&>& stream,
                          asio::ip::tcp::socket& socket) {
    // async_shutdown() sends and then waits for the peer's close_notify, which a client that is idle never
    // sends.
    watchdog limit(socket.get_executor(), [&s, &socket] {
        error_code ignored;
        socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        s.finished.set();
    });
    const mono_time soon = in(10ms);
    limit.arm(soon);
    error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await stream.async_shutdown(token);
}

// Accepts one connection, reads one request, answers and closes.
task<void> serve_one(asio::io_context& io, scripted& s) {
    raw_peer peer(io);
    co_await s.listener.accept(peer);
    ssl::stream<asio::ip::tcp::socket&> stream(peer.socket, s.context);
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await stream.async_handshake(ssl::stream_base::server, token);
    if (failure) co_return;
    s.resumed.push_back(SSL_session_reused(stream.native_handle()) == 1);
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(stream.native_handle(), &name, &length);
    s.protocol.emplace_back(reinterpret_cast<const char*>(name), length);
    std::string got;
    std::array<char, 4096> some;
    while (!failure && got.find("\r\n\r\n") == std::string::npos) {
        const auto space = asio::buffer(some);
        auto next = asio::redirect_error(asio::use_awaitable, failure);
        got.append(some.data(), co_await stream.async_read_some(space, next));
    }
    ++s.served;
    const auto bytes = asio::buffer(s.answer);
    auto last = asio::redirect_error(asio::use_awaitable, failure);
    co_await asio::async_write(stream, bytes, last);
    if (s.say_goodbye) {
        co_await close_properly(s, stream, peer.socket);
    }
}

task<void> serve_many(asio::io_context& io, scripted& s, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) co_await serve_one(io, s);
}

task<void> get_many(scripted& s, client& c, std::size_t count, std::vector<result<response>>& out) {
    for (std::size_t i = 0; i < count; ++i) {
        request r;
        r.method = "GET";
        const origin to{true, "127.0.0.1", s.listener.port()};
        const mono_time until = in(5s);
        auto got = co_await c.send(to, r, lane::control, until);
        out.push_back(std::move(got));
        if (s.wait_for_fin) co_await s.finished.wait_until(until);
    }
    s.listener.close();
    s.members.cancel();
    co_await s.members.join();
}

// `count` requests, each on a connection of its own, as the script's answers end theirs.
std::vector<result<response>> converse(asio::io_context& io, scripted& s, client& c, std::size_t count,
                                       const std::function<void(std::function<task<void>()>)>& run) {
    std::vector<result<response>> got;
    s.members.spawn([&, count] { return serve_many(io, s, count); });
    run([&, count] { return get_many(s, c, count, got); });
    return got;
}

const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

TEST_F(tls, old_protocols_are_refused) {
    const certificate cert;
    scripted s(io, cert);
    s.answer = closing;
    SSL_CTX* const raw = s.context.native_handle();
    SSL_CTX_set_security_level(raw, 0);
    SSL_CTX_set_cipher_list(raw, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(raw, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(raw, TLS1_1_VERSION);
    client& c = make_client(trusting(cert));
    const auto got = converse(io, s, c, 1, [this](auto make) { run(make); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("TLS"));
    EXPECT_EQ(s.served, 0U);
}

int choose_http(SSL* /*of*/, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                unsigned offered_length, void* /*arg*/) {
    *out = offered + 1;
    *length = offered[0];
    return offered_length == 9 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

TEST_F(tls, offers_http_1_1_alone) {
    const certificate cert;
    scripted s(io, cert);
    s.answer = closing;
    SSL_CTX_set_alpn_select_cb(s.context.native_handle(), choose_http, nullptr);
    client& c = make_client(trusting(cert));
    const auto got = converse(io, s, c, 1, [this](auto make) { run(make); });
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_EQ(s.protocol.at(0), "http/1.1");
}

TEST_F(tls, sessions_are_resumed) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SCOPED_TRACE(version);
        const certificate cert;
        scripted s(io, cert);
        s.answer = closing;
        SSL_CTX_set_max_proto_version(s.context.native_handle(), version);
        client& c = make_client(trusting(cert));
        const auto got = converse(io, s, c, 4, [this](auto make) { run(make); });
        for (const auto& g : got) ASSERT_TRUE(g.has_value()) << g.error().message;
        EXPECT_THAT(s.resumed, ::testing::ElementsAre(false, true, true, true));
        EXPECT_EQ(c.stats().tls_handshakes, 4U);
        EXPECT_EQ(c.stats().tls_resumed, 3U);
        clients.clear();
        io.restart();
    }
}

task<response> close_each_time(request /*r*/) {
    response out;
    out.fields.add("Connection", "close");
    co_return out;
}

task<void> in_turn(client& c, std::vector<origin> to, std::vector<result<response>>& out) {
    for (const origin& o : to) co_await requests(c, o, 1, out);
}

TEST_F(tls, a_session_is_for_its_origin_alone) {
    const certificate cert("IP:127.0.0.1,DNS:a.example");
    const auto port = serve(close_each_time, with(cert));
    client_options options = trusting(cert);
    options.lookup = any_name;
    client& c = make_client(options);
    std::vector<result<response>> got;
    const std::vector<origin> to{
        {true, "127.0.0.1", port}, {true, "127.0.0.1", port}, {true, "b.example", port}};
    run([&] { return in_turn(c, to, got); });
    ASSERT_TRUE(got[0].has_value() && got[1].has_value());
    EXPECT_EQ(c.stats().tls_resumed, 1U) << "the second connection to 127.0.0.1";
    ASSERT_FALSE(got[2].has_value()) << "the certificate is not for this name";
    EXPECT_THAT(got[2].error().message, HasSubstr("hostname mismatch"));
}

TEST_F(tls, a_body_without_length_must_end_with_close_notify) {
    const certificate cert;
    for (const bool goodbye : {true, false}) {
        scripted s(io, cert);
        s.answer = "HTTP/1.1 200 OK\r\n\r\nto the end";
        s.say_goodbye = goodbye;
        client& c = make_client(trusting(cert));
        const auto got = converse(io, s, c, 1, [this](auto make) { run(make); });
        EXPECT_EQ(got[0].has_value(), goodbye);
        if (got[0]) {
            EXPECT_EQ(got[0]->body, "to the end");
        } else {
            EXPECT_EQ(got[0].error().code, errc::io) << got[0].error().message;
        }
        clients.clear();
        io.restart();
    }
}

TEST_F(tls, a_body_that_is_too_short_is_an_error_with_and_without_close_notify) {
    const certificate cert;
    for (const bool goodbye : {true, false}) {
        scripted s(io, cert);
        s.answer = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nto the end";
        s.say_goodbye = goodbye;
        client& c = make_client(trusting(cert));
        const auto got = converse(io, s, c, 1, [this](auto make) { run(make); });
        ASSERT_FALSE(got[0].has_value());
        EXPECT_EQ(got[0].error().code, errc::io) << got[0].error().message;
        clients.clear();
        io.restart();
    }
}

TEST_F(tls, a_connection_closed_while_idle_is_not_tried_again) {
    const certificate cert;
    scripted s(io, cert);
    s.answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";  // as if it stayed; then close_notify and FIN
    s.say_goodbye = s.wait_for_fin = true;
    client& c = make_client(trusting(cert));
    const auto got = converse(io, s, c, 2, [this](auto make) { run(make); });
    ASSERT_TRUE(got[0].has_value() && got[1].has_value());
    EXPECT_EQ(c.stats().connections_opened, 2U);
    EXPECT_EQ(c.stats().stale_retries, 0U) << "it was seen before anything was sent";
}

}  // namespace
}  // namespace trainyard::http
