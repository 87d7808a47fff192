// Through a CONNECT proxy: what it sees, and what it may answer.
#include <gmock/gmock.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "certificates.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

task<response> echo_and_close(request r) {
    response out;
    out.fields.add("Connection", "close");
    out.body = std::move(r.body);
    co_return out;
}

task<void> relay(tcp::socket& from, tcp::socket& to) {
    boost::system::error_code failure;
    std::array<char, 4096> some;
    while (!failure) {
        const auto space = asio::buffer(some);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await from.async_read_some(space, token);
        if (failure) break;
        const auto bytes = asio::buffer(some.data(), n);
        auto next = asio::redirect_error(asio::use_awaitable, failure);
        co_await asio::async_write(to, bytes, next);
    }
    to.shutdown(tcp::socket::shutdown_send, failure);
}

struct scripted_proxy {
    explicit scripted_proxy(asio::io_context& context) : io(context), listener(context), members(context) {}

    asio::io_context& io;
    raw_listener listener;
    io::task_group members;
    std::string answer;  // empty: open the tunnel to `upstream`
    std::string granted = "HTTP/1.1 200 Fine\r\n\r\n";
    std::uint16_t upstream = 0;
    std::vector<std::string> heads;
};

// One connection of a client.
task<void> serve_proxy(scripted_proxy& p) {
    raw_peer in(p.io), out(p.io);
    co_await p.listener.accept(in);
    p.heads.push_back(co_await in.read_until("\r\n\r\n"));
    if (!p.answer.empty()) {
        co_await in.send(p.answer);
        co_return;
    }
    co_await out.connect(p.upstream);
    co_await in.send(p.granted);
    io::task_group back(p.io);
    back.spawn([&] { return relay(out.socket, in.socket); });
    co_await relay(in.socket, out.socket);
    co_await back.join();
}

task<void> serve_proxy_times(scripted_proxy& p, int count) {
    for (int i = 0; i < count; ++i) co_await serve_proxy(p);
}

task<void> send_each(scripted_proxy& p, client& c, std::vector<origin> to,
                     std::vector<result<response>>& out) {
    for (const origin& o : to) {
        request r;
        r.body = std::string(50'000, 'x');
        const mono_time until = in(5s);
        auto got = co_await c.send(o, r, lane::control, until);
        out.push_back(std::move(got));
    }
    co_await p.members.join();
}

class tunnel : public loopback {
protected:
    client_options through(std::string user_info = "") {
        client_options out = trusting(cert);
        const std::string url = "http://" + user_info + "127.0.0.1:" + std::to_string(proxy.listener.port());
        out.proxy = {secret(url), secret(url), "direct.example"};
        return out;
    }
    std::vector<result<response>> send(client& c, std::vector<origin> to, int connections_at_proxy) {
        proxy.members.spawn([=, this] { return serve_proxy_times(proxy, connections_at_proxy); });
        std::vector<result<response>> got;
        run([&] { return send_each(proxy, c, to, got); });
        return got;
    }

    const certificate cert{"DNS:sqs.example,IP:127.0.0.1"};
    scripted_proxy proxy{io};
};

TEST_F(tunnel, tls_runs_from_end_to_end_inside_it) {
    proxy.upstream = serve(echo_and_close, with(cert));
    client& c = make_client(through("me:hunter2@"));
    const origin to{true, "sqs.example", 443};
    const auto got = send(c, {to, to}, 2);
    for (const auto& g : got) {
        ASSERT_TRUE(g.has_value()) << g.error().message;
        EXPECT_EQ(g->body.size(), 50'000U);
    }
    EXPECT_EQ(proxy.heads.at(0),
              "CONNECT sqs.example:443 HTTP/1.1\r\nHost: sqs.example:443\r\n"
              "Proxy-Authorization: Basic bWU6aHVudGVyMg==\r\n\r\n");
    EXPECT_EQ(c.stats().tls_resumed, 1U);
}

TEST_F(tunnel, the_origins_certificate_is_verified_inside_it) {
    proxy.upstream = serve(echo_and_close, with(cert));
    client& c = make_client(through());
    const auto got = send(c, {{true, "other.example", 443}}, 1);
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message,
                StartsWith("https://other.example:443: no connection: through the proxy 127"));
    EXPECT_THAT(got[0].error().message, HasSubstr("hostname mismatch"));
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

TEST_F(tunnel, plain_origins_are_tunnelled_too) {
    proxy.upstream = serve(echo_and_close);
    client& c = make_client(through());
    const auto got = send(c, {{false, "sqs.example", 8080}}, 1);
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_EQ(proxy.heads.at(0), "CONNECT sqs.example:8080 HTTP/1.1\r\nHost: sqs.example:8080\r\n\r\n");
}

TEST_F(tunnel, what_no_proxy_names_is_reached_without_it) {
    const auto port = serve(echo_and_close);
    client_options options = through();
    options.lookup = any_name;
    client& c = make_client(options);
    const auto got = send(c, {{false, "direct.example", port}}, 0);
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_TRUE(proxy.heads.empty());
}

// Each answer is an error that names the proxy, says why, and shows no password.
TEST_F(tunnel, refusals) {
    const struct {
        std::string answer, says;
    } rows[] = {
        {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
         "refused the credentials"},
        {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops", "refused the tunnel: 502 Bad Gateway"},
        {"HTTP/1.1 403 Forbidden\r\n\r\n", "refused the tunnel: 403 Forbidden"},
        {"HTTP/1.1 200 Fine\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "nobody asked for"},
        {"HTTP/1.1 200 Fine\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "too large a header"},
        {"HTTP/1.1 200 Fi", "broke the connection"},
        {"220 smtp.example ESMTP\r\n\r\n", "does not answer in HTTP"},
    };
    for (const auto& row : rows) {
        proxy.answer = row.answer;
        for (const bool tls : {true, false}) {
            const auto got = send(make_client(through("me:hunter2@")), {{tls, "sqs.example", 443}}, 1);
            ASSERT_FALSE(got[0].has_value()) << row.answer.substr(0, 40);
            EXPECT_EQ(got[0].error().code, errc::unreachable) << "nothing was sent";
            EXPECT_THAT(got[0].error().message,
                        HasSubstr("127.0.0.1:" + std::to_string(proxy.listener.port())));
            EXPECT_THAT(got[0].error().message, HasSubstr(row.says));
            EXPECT_THAT(got[0].error().message, Not(HasSubstr("hunter2")));
            io.restart();
        }
    }
}

TEST_F(tunnel, a_silent_proxy_ends_with_the_attempt) {
    raw_listener silent(io);  // the kernel completes the connection, nobody answers
    client_options options;
    options.connect_timeout = 50ms;
    options.proxy.https = secret("http://127.0.0.1:" + std::to_string(silent.port()));
    client& c = make_client(options);
    const auto got = send(c, {{true, "sqs.example", 443}}, 0);
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("timed out"));
}

TEST_F(tunnel, a_proxy_that_is_not_there_is_named) {
    raw_listener gone(io);
    const auto port = std::to_string(gone.port());
    gone.close();
    client_options options;
    options.proxy.https = secret("http://me:hunter2@127.0.0.1:" + port);
    client& c = make_client(options);
    const auto got = send(c, {{true, "sqs.example", 443}}, 0);
    EXPECT_THAT(got[0].error().message,
                HasSubstr("through the proxy 127.0.0.1:" + port + ": 127.0.0.1: Connection refused"));
    EXPECT_THAT(got[0].error().message, Not(HasSubstr("hunter2")));
}

TEST_F(tunnel, a_malformed_proxy_url_is_an_error_of_the_settings) {
    client_options options;
    options.proxy.https = secret("socks5://me:hunter2@127.0.0.1:1");
    client& c = make_client(options);
    const auto got = send(c, {{true, "sqs.example", 443}}, 0);
    EXPECT_EQ(got[0].error().code, errc::invalid_argument);
    EXPECT_THAT(got[0].error().message, HasSubstr("HTTPS_PROXY"));
    EXPECT_THAT(got[0].error().message, Not(HasSubstr("hunter2")));
}

TEST_F(tunnel, a_refused_address_is_refused_before_the_proxy_hears_of_it) {
    client_options options = through();
    options.refuse_address = [](const std::string& /*host*/, const std::string& ip) {
        return ip == "10.0.0.1";
    };
    client& c = make_client(options);
    const auto got = send(c, {{true, "10.0.0.1", 443}}, 0);
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("10.0.0.1, where this client may not connect"));
    EXPECT_TRUE(proxy.heads.empty());
}

}  // namespace
}  // namespace trainyard::http
