#include "engine/http/connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

namespace trainyard::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_bytes = 16U << 10U;  // one TLS record
// A body is given memory as it comes, not as it is announced.
constexpr std::size_t body_step_bytes = 64U << 10U;

iovec as_iovec(std::string_view text) {
    // sendmsg(2) does not write to what it sends; its type is older than const.
    return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

connection::connection(asio::io_context& io, std::size_t buffer_max, std::size_t buffer_idle)
    : socket(io), input(buffer_max), dog(io.get_executor(), [this] { close(); }), buffer_idle_(buffer_idle) {}

void connection::close() {
    error_code ignored;
    socket.close(ignored);
}

void connection::reset() {
    close();
    tls.reset();
    input.clear();
}

std::string_view connection::received() const {
    const auto bytes = input.data();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
}

asio::mutable_buffer connection::room() {
    // The buffer is given a message's usual size at once: Beast's own growth would read a small answer in
    // many steps.
    if (input.capacity() < read_bytes && (buffer_idle_ == 0 || input.size() * 2 > input.capacity()))
        input.reserve(std::min(read_bytes, input.max_size()));
    else if (input.capacity() < at_rest() && input.size() == 0)
        input.reserve(std::min(at_rest(), input.max_size()));
    const std::size_t behind = input.capacity() - input.size();
    const std::size_t more = std::min(read_bytes, input.max_size() - input.size());
    return input.prepare(behind > 0 ? std::min(behind, more) : more);
}

std::size_t connection::at_rest() const {
    return large_expected_ > 0 ? std::max(buffer_idle_, read_bytes) : buffer_idle_;
}

void connection::expect_large() {
    constexpr unsigned messages = 16;
    large_expected_ = messages;
}

void connection::rest() {
    if (large_expected_ > 0) --large_expected_;
    if (input.capacity() <= at_rest() && head.capacity() <= read_bytes) return;
    input.clear();
    input.shrink_to_fit();
    if (head.capacity() > read_bytes) std::string().swap(head);
}

std::size_t write_at_once(connection& c, std::string_view body, error_code& failure) {
    if (c.tls) return 0;
    std::array<iovec, 2> parts{as_iovec(c.head), as_iovec(body)};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = body.empty() ? 1 : 2;
    const auto n = ::sendmsg(c.socket.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        failure = error_code(errno, boost::system::system_category());
    return 0;
}

task<std::size_t> write_rest(connection& c, std::string_view body, std::size_t written, error_code& failure) {
    const std::size_t of_head = std::min(written, c.head.size());
    const std::array<asio::const_buffer, 2> both{asio::buffer(c.head) + of_head,
                                                 asio::buffer(body) + (written - of_head)};
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    std::size_t n = 0;
    if (c.tls)
        n = co_await asio::async_write(*c.tls, both, token);
    else
        n = co_await asio::async_write(c.socket, both, token);
    co_return written + n;
}

task<std::size_t> read_some(connection& c, error_code& failure) {
    const auto space = c.room();
    if (space.size() == 0) {
        failure = asio::error::no_buffer_space;
        co_return 0;
    }
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    std::size_t n = 0;
    if (c.tls)
        n = co_await c.tls->async_read_some(space, token);
    else
        n = co_await c.socket.async_read_some(space, token);
    c.input.commit(n);
    co_return n;
}

bool take_sized(connection& c, std::uint64_t size, std::string& into) {
    const std::size_t here = std::min<std::uint64_t>(size, c.input.size());
    into.assign(c.received().substr(0, here));
    c.input.consume(here);
    return here == size;
}

task<void> read_sized(connection& c, std::uint64_t size, std::string& into, error_code& failure) {
    bool whole = take_sized(c, size, into);
    while (!whole) {
        const std::size_t have = into.size();
        const std::size_t step = std::min<std::uint64_t>(size - have, body_step_bytes);
        into.resize(have + step);
        const auto space = asio::buffer(into.data() + have, step);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        std::size_t n = 0;
        if (c.tls)
            n = co_await c.tls->async_read_some(space, token);
        else
            n = co_await c.socket.async_read_some(space, token);
        into.resize(have + n);
        whole = failure || into.size() == size;
    }
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
