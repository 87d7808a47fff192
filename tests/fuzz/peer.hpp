// The other side of a connection under test: sends bytes in up to two pieces, then its end. Blocks the thread
// that drives the context, so that one input is done when it returns.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace trainyard::fuzz {

class scripted_peer {
public:
    explicit scripted_peer(boost::asio::io_context& io);

    void connect(std::uint16_t port);
    std::uint16_t listen();
    // Takes the next connection and its request, which ends with an empty line.
    void accept_request();
    // `first_piece` bytes, then, once everybody has digested them, the rest and the end.
    void send_all(std::string_view bytes, std::size_t first_piece);
    void read_to_end();
    void close();

private:
    void send(std::string_view bytes);
    bool read_some();  // false at the end

    boost::asio::io_context& io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::socket socket_;
    std::string input_;
};

}  // namespace trainyard::fuzz
