#include "bench/http_load.hpp"

#include <time.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "engine/base/check.hpp"
#include "engine/http/client.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::bench {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

constexpr std::size_t request_body_bytes = 150;
constexpr std::size_t answer_body_bytes = 4096;
constexpr std::size_t buffer_bytes = 16U << 10U;

// Heads of the size that a signed SQS call and its answer have: 430 and 120 bytes.
http::request make_request() {
    http::request out;
    out.fields.add("host", "sqs.us-east-1.amazonaws.com");
    out.fields.add("content-type", "application/x-amz-json-1.0");
    out.fields.add("x-amz-target", "AmazonSQS.ReceiveMessage");
    out.fields.add("x-amz-date", "20261124T211500Z");
    out.fields.add("authorization",
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/sqs/aws4_request, "
                   "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" +
                       std::string(64, 'a'));
    out.fields.add("user-agent", "trainyard/0.1.0");
    out.body.assign(request_body_bytes, 'q');
    return out;
}

http::response make_answer() {
    http::response out;
    out.fields.add("x-amzn-RequestId", "00000000-0000-0000-0000-000000000000");
    out.fields.add("Content-Type", "application/x-amz-json-1.0");
    out.body.assign(answer_body_bytes, 'a');
    return out;
}

const std::string& raw_request() {
    static const std::string text = [] {
        const http::request r = make_request();
        std::string out = "POST / HTTP/1.1\r\n";
        for (const auto& f : r.fields) out.append(f.name).append(": ").append(f.value).append("\r\n");
        return out + "Content-Length: " + std::to_string(r.body.size()) + "\r\n\r\n" + r.body;
    }();
    return text;
}

const std::string& raw_answer() {
    static const std::string text = [] {
        const http::response r = make_answer();
        std::string out = "HTTP/1.1 200 OK\r\n";
        for (const auto& f : r.fields) out.append(f.name).append(": ").append(f.value).append("\r\n");
        return out +
               "Date: Tue, 24 Nov 2026 21:15:00 GMT\r\nContent-Length: " + std::to_string(r.body.size()) +
               "\r\nConnection: keep-alive\r\n\r\n" + r.body;
    }();
    return text;
}

double thread_seconds() {
    timespec t{};
    TY_CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0,
             "this kernel cannot tell a thread's processor time");
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// What one side counts; its thread alone touches it.
struct progress {
    std::size_t done = 0, warm_up = 0, total = 0;
    double begun = 0, ended = 0;  // thread_seconds() at the end of the warm-up and of the last exchange
    mono_time wall_begun{}, wall_ended{};

    void count() {
        ++done;
        if (done == warm_up) {
            begun = thread_seconds();
            wall_begun = io::real_clock().mono();
        }
        if (done == total) {
            ended = thread_seconds();
            wall_ended = io::real_clock().mono();
        }
    }
    bool more() const { return done < total; }
};

// Grows `text` to a whole message, whose size becomes known with the first one, and drops it.
template <class Stream>
asio::awaitable<bool> read_message(Stream& from, std::string& buffer, std::size_t body, std::size_t& size) {
    std::size_t got = 0;
    do {
        const auto space = asio::buffer(buffer.data() + got, buffer.size() - got);
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        got += co_await from.async_read_some(space, token);
        if (failure) co_return false;
        if (size != 0) continue;
        const auto end = std::string_view(buffer).substr(0, got).find("\r\n\r\n");
        if (end != std::string_view::npos) size = end + 4 + body;
    } while (size == 0 || got < size);
    TY_CHECK(got == size, "a raw peer received more than one message");
    co_return true;
}

template <class Stream>
asio::awaitable<bool> write_text(Stream& to, const std::string& text) {
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    const auto all = asio::buffer(text);
    co_await asio::async_write(to, all, token);
    co_return !failure;
}

template <class Stream>
asio::awaitable<void> raw_requests(Stream& stream, progress& p) {
    std::string buffer(buffer_bytes, '\0');
    std::size_t size = 0;
    while (p.more()) {
        const bool sent = co_await write_text(stream, raw_request());
        TY_CHECK(sent, "the raw client could not send");
        const bool got = co_await read_message(stream, buffer, answer_body_bytes, size);
        TY_CHECK(got, "the raw client got no answer");
        p.count();
    }
}

template <class Stream>
asio::awaitable<void> raw_answers(Stream& stream, progress& p) {
    std::string buffer(buffer_bytes, '\0');
    std::size_t size = 0;
    for (;;) {
        const bool got = co_await read_message(stream, buffer, request_body_bytes, size);
        if (!got) co_return;
        p.count();
        const bool sent = co_await write_text(stream, raw_answer());
        if (!sent) co_return;
    }
}

using tls_stream = ssl::stream<tcp::socket>;

asio::awaitable<void> raw_connection(tcp::endpoint to, ssl::context* tls, progress& p) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::socket socket(executor);
    co_await socket.async_connect(to, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    if (tls == nullptr) {
        co_await raw_requests(socket, p);
        co_return;
    }
    tls_stream stream(std::move(socket), *tls);
    co_await stream.async_handshake(ssl::stream_base::client, asio::use_awaitable);
    co_await raw_requests(stream, p);
}

asio::awaitable<void> raw_serve(tcp::socket socket, ssl::context* tls, progress& p) {
    socket.set_option(tcp::no_delay(true));
    if (tls == nullptr) {
        co_await raw_answers(socket, p);
        co_return;
    }
    tls_stream stream(std::move(socket), *tls);
    co_await stream.async_handshake(ssl::stream_base::server, asio::use_awaitable);
    co_await raw_answers(stream, p);
}

asio::awaitable<void> raw_accept(tcp::acceptor& from, std::size_t connections, ssl::context* tls, progress& p,
                                 io::task_group& members) {
    for (std::size_t i = 0; i < connections; ++i) {
        auto socket = std::make_shared<tcp::socket>(co_await from.async_accept(asio::use_awaitable));
        members.spawn([socket, tls, &p] { return raw_serve(std::move(*socket), tls, p); });
    }
}

task<http::response> answer_request(progress& p, http::request asked) {
    TY_CHECK(asked.body.size() == request_body_bytes, "the engine's server got another body than was sent");
    p.count();
    co_return make_answer();
}

task<void> engine_requests(http::client& client, http::origin to, progress& p) {
    const http::request what = make_request();
    while (p.more()) {
        http::origin where = to;
        http::request copy = what;
        const mono_time deadline = io::real_clock().mono() + std::chrono::seconds{10};
        const auto got =
            co_await client.send(std::move(where), std::move(copy), http::lane::control, deadline);
        TY_CHECK(got && got->body.size() == answer_body_bytes, "the engine's client got no whole answer");
        p.count();
    }
}

task<void> join_and_close(io::task_group& members, http::client* client) {
    co_await members.join();
    if (client != nullptr) co_await client->close();
}

task<void> join_and_stop(io::task_group& members, http::server* server) {
    co_await members.join();
    if (server == nullptr) co_return;
    const mono_time grace = io::real_clock().mono() + std::chrono::seconds{5};
    co_await server->shutdown(grace);
}

std::unique_ptr<ssl::context> server_context(const tls_files& files) {
    auto out = std::make_unique<ssl::context>(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(out->native_handle(), TLS1_3_VERSION);
    out->use_certificate_chain_file(files.certificate());
    out->use_private_key_file(files.key(), ssl::context::pem);
    return out;
}

std::unique_ptr<ssl::context> client_context(const tls_files& files) {
    auto out = std::make_unique<ssl::context>(ssl::context::tls_client);
    out->load_verify_file(files.certificate());
    out->set_verify_mode(ssl::verify_peer);
    return out;
}

}  // namespace

exchange_cost run_exchanges(stack client_stack, stack server_stack, const exchange_shape& shape,
                            const tls_files& files) {
    asio::io_context server_io{1}, client_io{1};
    progress served{0, shape.warm_up, shape.warm_up + shape.requests, 0, 0, {}, {}};
    progress asked = served;

    tcp::acceptor acceptor(server_io);
    std::unique_ptr<ssl::context> server_tls, client_tls;
    if (shape.tls && server_stack == stack::raw) server_tls = server_context(files);
    if (shape.tls && client_stack == stack::raw) client_tls = client_context(files);
    io::task_group server_members(server_io), client_members(client_io);
    std::optional<http::server> server;
    std::uint16_t port = 0;
    if (server_stack == stack::raw) {
        acceptor = tcp::acceptor(server_io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        port = acceptor.local_endpoint().port();
        server_members.spawn([&] {
            return raw_accept(acceptor, shape.connections, server_tls.get(), served, server_members);
        });
    } else {
        http::server_options options;
        if (shape.tls) {
            options.tls_certificate_file = files.certificate();
            options.tls_key_file = files.key();
        }
        server.emplace(server_io, options,
                       [&served](http::request r) { return answer_request(served, std::move(r)); });
        const auto bound = server->listen("127.0.0.1", 0);
        TY_CHECK(bound.has_value(), "the benchmark's server cannot listen on loopback");
        port = *bound;
    }

    std::optional<http::client> client;
    const tcp::endpoint where(asio::ip::address_v4::loopback(), port);
    http::origin to;
    to.tls = shape.tls;
    to.host = "127.0.0.1";
    to.port = port;
    if (client_stack == stack::engine) {
        http::client_options options;
        options.connections_per_origin_and_lane = shape.connections;
        options.connections_per_host = 3 * shape.connections;
        if (shape.tls) options.ca_bundle = files.certificate();
        client.emplace(client_io, options);
    }
    for (std::size_t i = 0; i < shape.connections; ++i) {
        if (client)
            client_members.spawn([&] { return engine_requests(*client, to, asked); });
        else
            client_members.spawn([&] { return raw_connection(where, client_tls.get(), asked); });
    }
    io::task_group client_end(client_io), server_end(server_io);
    client_end.spawn([&] { return join_and_close(client_members, client ? &*client : nullptr); });

    auto work = asio::make_work_guard(server_io);
    std::thread server_thread([&] { server_io.run(); });
    client_io.run();
    asio::post(server_io, [&] {
        server_end.spawn([&] { return join_and_stop(server_members, server ? &*server : nullptr); });
        work.reset();
    });
    server_thread.join();

    exchange_cost out;
    const auto measured = static_cast<double>(asked.total - asked.warm_up);
    out.client_us = (asked.ended - asked.begun) / measured * 1e6;
    out.server_us = (served.ended - served.begun) / measured * 1e6;
    out.requests_per_second =
        measured / std::chrono::duration<double>(asked.wall_ended - asked.wall_begun).count();
    return out;
}

}  // namespace trainyard::bench
