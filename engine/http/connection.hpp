// One connection, plain or TLS, seen by both ends. Not for headers that many files include: it pulls in
// Beast.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "engine/http/watchdog.hpp"
#include "engine/io/task.hpp"

namespace trainyard::http {

using error_code = boost::system::error_code;
using tls_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

// The watchdog closes the socket, so every operation ends soon after the deadline, with an error.
struct connection {
    // `buffer_max` bounds the unread input; `buffer_idle` is what the input may hold on to between messages.
    connection(boost::asio::io_context& io, std::size_t buffer_max, std::size_t buffer_idle);

    boost::asio::ip::tcp::socket socket;
    std::unique_ptr<tls_stream> tls;
    boost::beast::flat_buffer input;
    std::string head;  // reused for every head written
    watchdog dog;
    bool between_messages = false;  // a server's: nothing of a request was read, it may be closed at any time

    void close();
    // Drops what the last connection left: TLS state and unread input.
    void reset();

    // The unread input.
    std::string_view received() const;
    // Space for one read behind the unread input; empty when the input is full.
    boost::asio::mutable_buffer room();
    // Gives memory beyond `buffer_idle` back, unless a message of late was larger. Between messages only: the
    // input must be empty.
    void rest();
    // A message did not fit into the room that it was read into: the next ones are given more at once.
    void expect_large();

private:
    std::size_t at_rest() const;
    std::size_t buffer_idle_;
    unsigned large_expected_ = 0;  // for how many messages more
};

// Writes `c.head`, then `body`, as far as that takes no waiting; gives the number of bytes. A TLS connection
// writes nothing here: whether a record fits into the socket is not known before it is made.
std::size_t write_at_once(connection& c, std::string_view body, error_code& failure);
// Writes what of `c.head` and `body` is left after the first `written` bytes; gives the number of bytes
// written in all, even on failure.
task<std::size_t> write_rest(connection& c, std::string_view body, std::size_t written, error_code& failure);
// Reads some bytes, up to the buffer's limit, and appends them to `c.input`.
task<std::size_t> read_some(connection& c, error_code& failure);
// Moves the next `size` bytes to `into`: unread input first, the rest straight from the stream.
task<void> read_sized(connection& c, std::uint64_t size, std::string& into, error_code& failure);
// The part of read_sized() that takes no waiting. True when `into` is complete.
bool take_sized(connection& c, std::uint64_t size, std::string& into);
// Tells the peer that nothing more comes, then reads and drops what it still sends (closing over unread bytes
// would reset the connection and take the answer with it), until the peer closes, `bytes_max` or the
// watchdog.
task<void> linger(connection& c, std::size_t bytes_max);

}  // namespace trainyard::http
