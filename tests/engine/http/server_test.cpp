// A server under peers that are slow, many, or in the middle of something when it stops.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "engine/io/event.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

task<void> expect_cut(boost::asio::io_context& io, std::uint16_t port, std::string bytes,
                      std::string before) {
    raw_peer peer(io);
    co_await peer.connect(port);
    co_await peer.send(bytes);
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_TRUE(peer.closed) << bytes;
    EXPECT_THAT(got, StartsWith(before)) << bytes;
}

task<void> slow_ones(boost::asio::io_context& io, std::uint16_t port) {
    const mono_time began = io::real_clock().mono();
    const std::string half_head = "GET / HTTP/1.1\r\nHost:",
                      half_body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx";
    co_await expect_cut(io, port, "", "");
    co_await expect_cut(io, port, half_head, "");
    co_await expect_cut(io, port, half_body, "");
    co_await expect_cut(io, port, get, "HTTP/1.1 200 OK\r\n");
    EXPECT_GE(io::real_clock().mono() - began, 4 * 40ms);
}

TEST_F(loopback, slow_and_idle_peers_are_cut) {
    server_options options;
    options.header_time_max = options.body_time_max = options.idle_max = 40ms;
    const auto port = serve(fine, options);
    run([&] { return slow_ones(io, port); });
    EXPECT_EQ(servers[0]->stats().requests, 1U);
}

// A trickle of header bytes does not move the limit.
task<void> trickle(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer peer(io);
    co_await peer.connect(port);
    const mono_time give_up = in(5s);
    bool cut = false;
    while (!cut && io::real_clock().mono() < give_up) {
        co_await peer.send("X");
        const mono_time until = in(5ms);
        co_await peer.read_all(until);
        cut = peer.closed;
    }
    EXPECT_TRUE(cut);
}

TEST_F(loopback, a_trickling_header_is_cut_at_its_limit) {
    server_options options;
    options.header_time_max = 60ms;
    const auto port = serve(fine, options);
    run([&] { return trickle(io, port); });
}

task<void> one_too_many(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer first(io), second(io), third(io);
    co_await first.connect(port);
    co_await first.send(get);
    const std::string served = co_await first.read_until("\r\n\r\n");
    EXPECT_THAT(served, StartsWith("HTTP/1.1 200 "));
    const mono_time until = in(5s);
    co_await second.connect(port);
    co_await second.send(get);
    const std::string refused = co_await second.read_all(until);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
    EXPECT_TRUE(second.closed);
    co_await first.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string last = co_await first.read_all(until);
    EXPECT_TRUE(first.closed);
    first.socket.close();
    // The place is free once the server saw the close; until then it refuses.
    for (bool in_place = false; !in_place;) {
        raw_peer again(io);
        co_await again.connect(port);
        co_await again.send(get);
        const std::string got = co_await again.read_until("\r\n\r\n");
        in_place = got.starts_with("HTTP/1.1 200 ");
    }
}

TEST_F(loopback, connections_over_the_limit_are_refused_and_a_place_becomes_free) {
    server_options options;
    options.connections_max = 1;
    const auto port = serve(fine, options);
    run([&] { return one_too_many(io, port); });
    EXPECT_GE(servers[0]->stats().refused_connections, 1U);
}

task<void> expects_continue(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer peer(io);
    co_await peer.connect(port);
    co_await peer.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    const std::string go = co_await peer.read_until("\r\n\r\n");
    EXPECT_EQ(go, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await peer.send("hello");
    const std::string got = co_await peer.read_until("\r\n\r\n");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(got, HasSubstr("Connection: keep-alive\r\n"));
    co_await peer.send(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    const std::string no = co_await peer.read_until("\r\n\r\n");
    EXPECT_THAT(no, StartsWith("HTTP/1.1 413 ")) << "a body that is refused is not asked for";
}

TEST_F(loopback, a_body_announced_with_expect_is_asked_for) {
    const auto port = serve(fine);
    run([&] { return expects_continue(io, port); });
}

// A handler that waits for a release or its cancellation.
struct slow_handler {
    explicit slow_handler(boost::asio::io_context& io) : release(io), entered(io), members(io) {}
    io::event release, entered;
    io::task_group members;
    bool released = false, ended = false;
};

task<response> wait_for_release(slow_handler& h, request /*r*/) {
    h.entered.set();
    const mono_time until = in(8s);
    h.released = co_await h.release.wait_until(until);
    h.ended = true;
    co_return response{};
}

task<void> read_answer_into(raw_peer& peer, std::string& out) {
    const mono_time until = in(5s);
    out = co_await peer.read_all(until);
}

task<void> release_after(slow_handler& h, mono_time when) {
    co_await io::sleep_until(when);
    h.release.set();
}

task<void> stop_with_a_running_request(boost::asio::io_context& io, server& s, slow_handler& h,
                                       std::uint16_t port) {
    raw_peer busy(io), idle(io);
    std::string busy_got, idle_got;
    co_await idle.connect(port);
    co_await busy.connect(port);
    co_await busy.send(get);
    const mono_time until = in(5s);
    EXPECT_TRUE(co_await h.entered.wait_until(until));
    h.members.spawn([&] { return read_answer_into(busy, busy_got); });
    h.members.spawn([&] { return read_answer_into(idle, idle_got); });
    const mono_time soon = in(30ms), grace = in(5s);
    h.members.spawn([&] { return release_after(h, soon); });
    co_await s.shutdown(grace);
    EXPECT_LT(io::real_clock().mono(), grace) << "nothing was left to wait for";
    co_await h.members.join();
    EXPECT_TRUE(h.released);
    EXPECT_THAT(busy_got, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(busy_got, HasSubstr("Connection: close\r\n"));
    EXPECT_EQ(idle_got, "");
    EXPECT_TRUE(idle.closed);
}

TEST_F(loopback, shutdown_lets_a_running_request_finish) {
    slow_handler h(io);
    const auto port = serve([&h](request r) { return wait_for_release(h, std::move(r)); });
    run([&] { return stop_with_a_running_request(io, *servers[0], h, port); });
}

task<void> stop_past_grace(boost::asio::io_context& io, server& s, slow_handler& h, std::uint16_t port) {
    raw_peer busy(io);
    co_await busy.connect(port);
    co_await busy.send(get);
    const mono_time until = in(5s);
    EXPECT_TRUE(co_await h.entered.wait_until(until));
    const mono_time grace = in(30ms);
    co_await s.shutdown(grace);
    EXPECT_TRUE(h.ended);
    EXPECT_LT(io::real_clock().mono(), until) << "the handler would wait for eight seconds";
    EXPECT_FALSE(h.released) << "the handler's wait was cancelled";
    EXPECT_GE(io::real_clock().mono(), grace);
}

TEST_F(loopback, shutdown_cancels_what_outlasts_the_grace) {
    slow_handler h(io);
    const auto port = serve([&h](request r) { return wait_for_release(h, std::move(r)); });
    run([&] { return stop_past_grace(io, *servers[0], h, port); });
}

task<response> drop(request /*r*/) {
    co_return response{0, {}, ""};
}

TEST_F(loopback, status_zero_drops_the_connection) {
    const auto port = serve(drop);
    run([&] { return expect_cut(io, port, get, ""); });
    EXPECT_EQ(servers[0]->stats().requests, 1U);
}

task<response> size_of_body(request r) {
    response out;
    out.body = std::to_string(r.body.size());
    co_return out;
}

task<void> large_chunk(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer peer(io);
    co_await peer.connect(port);
    co_await peer.send("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc");
    const std::string first = co_await peer.read_until("\r\n\r\n3");
    EXPECT_THAT(first, HasSubstr("Connection: keep-alive\r\n"));
    co_await peer.send(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n");
    co_await peer.send(std::string(1U << 20U, 'x') + "\r\n0\r\n\r\n");
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_THAT(got, ::testing::EndsWith("\r\n\r\n1048576"));
}

TEST_F(loopback, a_large_chunk_is_read_whole) {
    const auto port = serve(size_of_body);
    run([&] { return large_chunk(io, port); });
}

task<void> without_descriptors(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer peer(io);
    peer.socket.open(boost::asio::ip::tcp::v4());
    rlimit before{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    co_await peer.connect(port);
    co_await peer.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const mono_time soon = in(70ms);
    const std::string nothing = co_await peer.read_all(soon);
    EXPECT_EQ(nothing, "");
    EXPECT_FALSE(peer.closed);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
}

TEST_F(loopback, accepting_goes_on_after_descriptors_ran_out) {
    const auto port = serve(fine);
    run([&] { return without_descriptors(io, port); });
}

TEST(server, cannot_listen) {
    boost::asio::io_context io{1};
    raw_listener taken(io);
    server s(io, {}, fine);
    EXPECT_EQ(s.listen("localhost", 0).error().code, errc::invalid_argument);
    const auto got = s.listen("127.0.0.1", taken.port());
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::io);
    EXPECT_THAT(got.error().message, HasSubstr("Address already in use"));
}

}  // namespace
}  // namespace trainyard::http
