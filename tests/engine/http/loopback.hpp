// A loopback world for one test: an io_context, a group, and raw sockets for peers that misbehave.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/http/client.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::http {

inline mono_time in(duration d) {
    return io::real_clock().mono() + d;
}

task<response> fine(request r);  // 200 without a body
task<response> echo(request r);  // 200 with the body of the request
// Every name is 127.0.0.1.
task<result<std::vector<std::string>>> any_name(std::string host, mono_time deadline);

class loopback : public ::testing::Test {
protected:
    ~loopback() override;

    // Starts a server on a free port; run() shuts it down.
    std::uint16_t serve(handler handle, server_options options = {});
    http::client& make_client(client_options options = {});
    // Runs `make()` to its end, then closes clients and servers; fails after ten seconds.
    void run(std::function<task<void>()> make);

    static origin at(std::uint16_t port) { return {false, "127.0.0.1", port}; }

    boost::asio::io_context io{1};
    std::vector<std::unique_ptr<server>> servers;
    std::vector<std::unique_ptr<client>> clients;

private:
    task<void> run_and_close(std::function<task<void>()> make);
    bool done_ = false;
};

// A peer that speaks bytes. Blocking calls are never used: everything runs on the test's one thread.
class raw_peer {
public:
    explicit raw_peer(boost::asio::io_context& io) : socket(io) {}
    task<void> connect(std::uint16_t port);
    task<void> send(std::string bytes);
    // What arrives until the other side closes or `until` passes; `closed` says which.
    task<std::string> read_all(mono_time until);
    // Reads at least until `mark` has arrived.
    task<std::string> read_until(std::string mark);

    boost::asio::ip::tcp::socket socket;
    bool closed = false;

private:
    std::string input_;
};

// A listener whose connections the test scripts by hand.
class raw_listener {
public:
    explicit raw_listener(boost::asio::io_context& io);
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    task<void> accept(raw_peer& into);
    void close();

private:
    boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace trainyard::http
