// One connection, plain or TLS, seen by both ends. Not for headers that many files include: it pulls in
// Beast.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <string>

#include "engine/http/watchdog.hpp"
#include "engine/io/task.hpp"

namespace trainyard::http {

using error_code = boost::system::error_code;
using tls_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

// The watchdog closes the socket, so every operation ends soon after the deadline, with an error.
struct connection {
    connection(boost::asio::io_context& io, std::size_t buffer_max);

    boost::asio::ip::tcp::socket socket;
    std::unique_ptr<tls_stream> tls;
    boost::beast::flat_buffer input;
    std::string head;  // reused for every head written
    watchdog dog;

    void close();
    // Drops what the last connection left: TLS state and unread input.
    void reset();
};

// Writes `c.head`, then `body`; gives the number of bytes written even on failure.
task<std::size_t> write_message(connection& c, const std::string& body, error_code& failure);
// Reads some bytes, up to the buffer's limit, and appends them to `c.input`.
task<std::size_t> read_some(connection& c, error_code& failure);
// Tells the peer that nothing more comes, then reads and drops what it still sends (closing over unread bytes
// would reset the connection and take the answer with it), until the peer closes, `bytes_max` or the
// watchdog.
task<void> linger(connection& c, std::size_t bytes_max);

}  // namespace trainyard::http
