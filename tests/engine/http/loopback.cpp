#include "loopback.hpp"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "engine/http/watchdog.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

}  // namespace

task<response> fine(request /*r*/) {
    co_return response{};
}

task<response> echo(request r) {
    response out;
    out.body = std::move(r.body);
    co_return out;
}

task<result<std::vector<std::string>>> any_name(std::string /*host*/, mono_time /*deadline*/) {
    std::vector<std::string> out;
    out.emplace_back("127.0.0.1");
    co_return out;
}

loopback::~loopback() {
    EXPECT_TRUE(done_) << "the test never called run()";
}

std::uint16_t loopback::serve(handler handle, server_options options) {
    servers.push_back(std::make_unique<server>(io, std::move(options), std::move(handle)));
    const auto port = servers.back()->listen("127.0.0.1", 0);
    EXPECT_TRUE(port.has_value()) << port.error().message;
    return port.value();
}

http::client& loopback::make_client(client_options options) {
    clients.push_back(std::make_unique<http::client>(io, std::move(options)));
    return *clients.back();
}

task<void> loopback::run_and_close(std::function<task<void>()> make) {
    task<void> body = make();
    co_await std::move(body);
    for (auto& c : clients) co_await c->close();
    const mono_time now = io::real_clock().mono();
    for (auto& s : servers) co_await s->shutdown(now);
    done_ = true;
}

void loopback::run(std::function<task<void>()> make) {
    trainyard::io::task_group group(io);
    group.spawn([this, make] { return run_and_close(make); });
    io.run_for(std::chrono::seconds{10});
    if (!done_) {
        std::fprintf(stderr, "the test hangs\n");
        std::abort();
    }
    io.run();  // a context runs out of work when nothing was left behind
}

task<void> raw_peer::connect(std::uint16_t port) {
    const tcp::endpoint where(asio::ip::address_v4::loopback(), port);
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await socket.async_connect(where, token);
    EXPECT_FALSE(failure) << failure.message();
}

task<void> raw_peer::send(std::string bytes) {
    boost::system::error_code
        ignored;  // a peer may refuse the rest of a message; what it answers is what counts
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    const auto view = asio::buffer(bytes);
    co_await asio::async_write(socket, view, token);
}

task<std::string> raw_peer::read_all(mono_time until) {
    watchdog limit(socket.get_executor(), [this] { socket.cancel(); });
    limit.arm(until);
    boost::system::error_code failure;
    std::array<char, 4096> some;
    while (!failure) {
        const auto space = asio::buffer(some);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await socket.async_read_some(space, token);
        input_.append(some.data(), n);
    }
    closed = !limit.fired();
    co_return std::move(input_);
}

task<std::string> raw_peer::read_until(std::string mark) {
    boost::system::error_code failure;
    std::array<char, 4096> some;
    while (!failure && input_.find(mark) == std::string::npos) {
        const auto space = asio::buffer(some);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await socket.async_read_some(space, token);
        input_.append(some.data(), n);
    }
    closed = static_cast<bool>(failure);
    co_return std::move(input_);
}

raw_listener::raw_listener(asio::io_context& io)
    : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

task<void> raw_listener::accept(raw_peer& into) {
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await acceptor_.async_accept(into.socket, token);
    EXPECT_FALSE(failure) << failure.message();
}

void raw_listener::close() {
    acceptor_.close();
}

}  // namespace trainyard::http
