#include "peer.hpp"

#include <array>

#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

}  // namespace

scripted_peer::scripted_peer(asio::io_context& io)
    : io_(io), work_(io.get_executor()), acceptor_(io), socket_(io) {}

void scripted_peer::connect(std::uint16_t port) {
    error_code failure;
    do {
        socket_ = tcp::socket(io_);
        // Loopback completes it at once; the other side accepts when the context runs.
        socket_.connect({asio::ip::address_v4::loopback(), port}, failure);
    } while (failure == asio::error::interrupted);  // by libFuzzer's own alarm
    require(!failure, "the connection is open");
    socket_.set_option(tcp::no_delay(true));
}

std::uint16_t scripted_peer::listen() {
    acceptor_ = tcp::acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    return acceptor_.local_endpoint().port();
}

void scripted_peer::accept_request() {
    bool accepted = false;
    socket_ = tcp::socket(io_);
    acceptor_.async_accept(socket_, [&](const error_code& failure) {
        require(!failure, "the connection is accepted");
        accepted = true;
    });
    while (!accepted) io_.run_one();
    socket_.set_option(tcp::no_delay(true));
    input_.clear();
    while (input_.find("\r\n\r\n") == std::string::npos) require(read_some(), "a request arrives");
}

bool scripted_peer::read_some() {
    std::array<char, 4096> some;
    bool done = false, open = false;
    socket_.async_read_some(asio::buffer(some), [&](const error_code& failure, std::size_t n) {
        done = true;
        open = !failure;
        input_.append(some.data(), n);
    });
    while (!done) io_.run_one();
    return open;
}

void scripted_peer::send(std::string_view bytes) {
    // Far less than the kernel buffers; the other side may have closed already, which is its right.
    error_code ignored;
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), ignored);
    io_.poll();
}

void scripted_peer::send_all(std::string_view bytes, std::size_t first_piece) {
    send(bytes.substr(0, first_piece));
    if (first_piece < bytes.size()) send(bytes.substr(first_piece));
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void scripted_peer::read_to_end() {
    while (read_some()) input_.clear();
}

void scripted_peer::close() {
    error_code ignored;
    socket_.close(ignored);
    io_.poll();
}

}  // namespace trainyard::fuzz
