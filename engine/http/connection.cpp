#include "engine/http/connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace trainyard::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_bytes = 16U << 10U;  // one TLS record

}  // namespace

connection::connection(asio::io_context& io, std::size_t buffer_max)
    : socket(io), input(buffer_max), dog(io.get_executor(), [this] { close(); }) {
    input.reserve(std::min(buffer_max, read_bytes));
}

void connection::close() {
    error_code ignored;
    socket.close(ignored);
}

void connection::reset() {
    close();
    tls.reset();
    input.clear();
}

task<std::size_t> write_message(connection& c, const std::string& body, error_code& failure) {
    const std::array<asio::const_buffer, 2> both{asio::buffer(c.head), asio::buffer(body)};
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    if (c.tls) co_return co_await asio::async_write(*c.tls, both, token);
    co_return co_await asio::async_write(c.socket, both, token);
}

task<std::size_t> read_some(connection& c, error_code& failure) {
    const std::size_t room = std::min(read_bytes, c.input.max_size() - c.input.size());
    if (room == 0) {
        failure = boost::asio::error::no_buffer_space;
        co_return 0;
    }
    const auto space = c.input.prepare(room);
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    std::size_t n = 0;
    if (c.tls)
        n = co_await c.tls->async_read_some(space, token);
    else
        n = co_await c.socket.async_read_some(space, token);
    c.input.commit(n);
    co_return n;
}

task<void> linger(connection& c, std::size_t bytes_max) {
    error_code failure;
    c.socket.shutdown(asio::ip::tcp::socket::shutdown_send, failure);
    std::size_t dropped = 0;
    std::array<char, 4096> sink;
    while (!failure && dropped < bytes_max) {
        const auto space = asio::buffer(sink);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        dropped += co_await c.socket.async_read_some(space, token);
    }
    c.close();
}

}  // namespace trainyard::http
