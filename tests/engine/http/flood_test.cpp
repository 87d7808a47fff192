// A server under peers that send too much, too slowly, too often, or never read.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <list>

#include "engine/base/json.hpp"
#include "engine/io/event.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::StartsWith;

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n", post = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";

std::string repeated(std::string_view what, std::size_t times) {
    std::string out;
    out.reserve(what.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += what;
    return out;
}

// Begins with `head`, then repeats `more` until the server has had enough of it. The server must answer with
// `status` and close after at most `bytes_max`, however much there would be.
struct bomb {
    const char* what;
    std::string head, more;
    std::string status;
    std::size_t bytes_max = 512U << 10U;
};

task<void> explode(boost::asio::io_context& io, std::uint16_t port, const bomb& b) {
    raw_peer peer(io);
    co_await peer.connect(port);
    co_await peer.send(b.head);
    const std::string piece = repeated(b.more, 1 + 8192 / b.more.size());
    std::size_t sent = b.head.size();
    // The server's answer is there as soon as it stops reading, and what it does not read stays in buffers of
    // the system, which have a bound of their own.
    while (peer.socket.available() == 0 && sent < b.bytes_max) {
        co_await peer.send(piece);
        sent += piece.size();
        const mono_time soon = in(1ms);
        co_await io::sleep_until(soon);
    }
    EXPECT_LT(sent, b.bytes_max) << b.what << ": more was taken than a limit allows";
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_THAT(got, StartsWith("HTTP/1.1 " + b.status + " ")) << b.what;
    EXPECT_TRUE(peer.closed) << b.what;
}

task<void> explode_each(boost::asio::io_context& io, std::uint16_t port, const std::vector<bomb>& bombs) {
    for (const bomb& b : bombs) co_await explode(io, port, b);
}

TEST_F(loopback, endless_messages_end_at_a_limit) {
    const std::vector<bomb> bombs = {
        {"fields of one byte", get, "a:b\r\n", "431"},
        {"one long field", get + "X: ", "x", "431"},
        {"one long name", get, "x", "431"},
        {"a long target", "GET /", "x", "431"},
        {"a long method", "", "G", "431"},
        {"a body in small chunks", chunked, "1\r\nx\r\n", "413"},
        {"a body in large chunks", chunked, "1000\r\n" + std::string(4096, 'x') + "\r\n", "413"},
        {"a chunk extension", chunked + "1;", "x", "400"},
        {"a chunk size of zeros", chunked, "0", "400"},
        {"trailers", chunked + "0\r\n", "a: b\r\n", "400"},
        {"one long trailer", chunked + "0\r\nx: ", "x", "400"},
    };
    server_options options;
    options.body_bytes_max = 10'000;
    const auto port = serve(fine, options);
    run([&] { return explode_each(io, port, bombs); });
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

// Whole messages over a limit: answered, closed, and what follows is not read as a request.
struct large {
    const char* what;
    std::string bytes, status;
};

task<void> send_large(boost::asio::io_context& io, std::uint16_t port, const std::vector<large>& rows) {
    for (const large& row : rows) {
        raw_peer peer(io);
        co_await peer.connect(port);
        const std::string all = row.bytes + get + "\r\n";
        co_await peer.send(all);
        const mono_time until = in(5s);
        const std::string got = co_await peer.read_all(until);
        EXPECT_THAT(got, StartsWith("HTTP/1.1 " + row.status + " ")) << row.what;
        EXPECT_EQ(got.find("\nHTTP/1.1 "), std::string::npos) << row.what;
        EXPECT_TRUE(peer.closed) << row.what;
    }
}

TEST_F(loopback, whole_messages_over_a_limit_are_refused) {
    const std::vector<large> rows = {
        {"1,500 fields of one byte", get + repeated("a:b\r\n", 1500) + "\r\n", "431"},
        {"65 fields", get + repeated("a:b\r\n", 64) + "\r\n", "431"},
        {"a header over 16 KiB", get + "X: " + std::string(16U << 10U, 'x') + "\r\n\r\n", "431"},
        {"a target over 8 KiB", "GET /" + std::string(8U << 10U, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
         "414"},
        {"an announced body", post + "Content-Length: 2097153\r\n\r\n" + std::string(2'097'153, 'x'), "413"},
        {"a chunk that announces it", chunked + "200001\r\n" + std::string(2'097'153, 'x') + "\r\n0\r\n\r\n",
         "413"},
    };
    const auto port = serve(fine);
    run([&] { return send_large(io, port, rows); });
    EXPECT_EQ(servers[0]->stats().requests, 0U);
    EXPECT_EQ(servers[0]->stats().refused_messages, rows.size());
}

task<response> parse_json(request r) {
    const auto parsed = json::document::parse(r.body);
    response out;
    if (!parsed) {
        out.status = 400;
        out.body = parsed.error().message;
    }
    co_return out;
}

task<void> depth_bombs(client& c, origin to) {
    for (const std::string_view opening : {"[", "{\"a\":", "[{\"a\":"}) {
        request r;
        r.body = repeated(opening, 1'000'000 / opening.size());
        const mono_time began = io::real_clock().mono(), until = in(5s);
        const auto got = co_await c.send(to, r, lane::control, until);
        EXPECT_TRUE(got.has_value()) << got.error().message;
        if (!got) co_return;
        EXPECT_EQ(got->status, 400);
        EXPECT_THAT(got->body, ::testing::HasSubstr("nested deeper")) << opening;
        EXPECT_LT(io::real_clock().mono() - began, 3s) << "a megabyte was read to its end";
    }
}

TEST_F(loopback, json_of_a_million_levels_is_refused) {
    const auto port = serve(parse_json);
    client& c = make_client();
    run([&] { return depth_bombs(c, at(port)); });
}

// --- Slow peers ---

task<void> trickle(boost::asio::io_context& io, std::uint16_t port, std::string beginning) {
    raw_peer peer(io);
    co_await peer.connect(port);
    co_await peer.send(beginning);
    const mono_time give_up = in(5s);
    while (!peer.closed && io::real_clock().mono() < give_up) {
        co_await peer.send("x");
        const mono_time until = in(5ms);
        const std::string got = co_await peer.read_all(until);
        EXPECT_EQ(got, "");
    }
    EXPECT_TRUE(peer.closed) << beginning;
}

task<void> trickle_each(boost::asio::io_context& io, std::uint16_t port) {
    const mono_time began = io::real_clock().mono();
    const std::string sized = post + "Content-Length: 1000000\r\n\r\n", in_chunk = chunked + "f4240\r\n";
    const std::string nothing;
    co_await trickle(io, port, nothing);
    co_await trickle(io, port, get);
    co_await trickle(io, port, sized);
    co_await trickle(io, port, in_chunk);
    EXPECT_GE(io::real_clock().mono() - began, 4 * 60ms);
}

TEST_F(loopback, bytes_one_at_a_time_do_not_move_a_limit) {
    server_options options;
    options.header_time_max = options.body_time_max = 60ms;
    const auto port = serve(fine, options);
    run([&] { return trickle_each(io, port); });
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

task<void> a_small_and_a_large_body(boost::asio::io_context& io, std::uint16_t port, duration& small,
                                    duration& large) {
    const mono_time began = io::real_clock().mono();
    co_await trickle(io, port, post + "Content-Length: 100\r\n\r\n");
    const mono_time between = io::real_clock().mono();
    co_await trickle(io, port, post + "Content-Length: 1000000\r\n\r\n");
    small = between - began;
    large = io::real_clock().mono() - between;
}

// 100 bytes have the grace, 1,000,000 the tenth of a second that their rate gives them besides.
TEST_F(loopback, a_body_has_the_time_that_its_size_needs) {
    server_options options;
    options.body_time_max = 4s;
    options.body_grace = 60ms;
    options.body_bytes_per_second_min = 10'000'000;
    const auto port = serve(fine, options);
    duration small{}, large{};
    run([&] { return a_small_and_a_large_body(io, port, small, large); });
    EXPECT_GE(small, 60ms);
    EXPECT_GE(large, 160ms);
    EXPECT_LT(small + large, 4s) << "the limit of every body ended what its own rate should have";
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

task<response> large_answer(request /*r*/) {
    response out;
    out.body.assign(32U << 20U, 'x');  // more than the system's buffers take
    co_return out;
}

task<void> never_reads(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer peer(io);
    co_await peer.connect(port);
    const std::string whole = get + "\r\n";
    co_await peer.send(whole);
    // Long after the limit the rest of the answer must not come any more.
    const mono_time late = in(300ms);
    co_await io::sleep_until(late);
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_TRUE(peer.closed);
    EXPECT_LT(got.size(), 32U << 20U);
}

TEST_F(loopback, a_peer_that_does_not_read_its_answer_is_cut) {
    server_options options;
    options.body_time_max = 60ms;
    const auto port = serve(large_answer, options);
    run([&] { return never_reads(io, port); });
}

// --- Many connections ---

struct crowd {
    std::list<raw_peer> peers;
};

task<void> open_many(boost::asio::io_context& io, std::uint16_t port, crowd& into, std::size_t count,
                     std::string bytes) {
    for (std::size_t i = 0; i < count; ++i) {
        raw_peer& p = into.peers.emplace_back(io);
        co_await p.connect(port);
        co_await p.send(bytes);
    }
}

task<void> expect_answer(raw_peer& peer, duration at_most) {
    const mono_time began = io::real_clock().mono();
    const std::string whole = get + "\r\n";
    co_await peer.send(whole);
    const std::string got = co_await peer.read_until("\r\n\r\n");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
    EXPECT_LT(io::real_clock().mono() - began, at_most);
}

task<void> expect_refused(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer extra(io);
    co_await extra.connect(port);
    const mono_time until = in(5s);
    const std::string got = co_await extra.read_all(until);
    EXPECT_TRUE(extra.closed);
    if (!got.empty()) {
        EXPECT_THAT(got, StartsWith("HTTP/1.1 503 "));
    }
}

// Answers once the server has seen that others have left.
task<void> eventually_served(boost::asio::io_context& io, std::uint16_t port) {
    const mono_time give_up = in(5s);
    const std::string whole = get + "Connection: close\r\n\r\n";
    std::string got;
    while (!got.starts_with("HTTP/1.1 200 ") && io::real_clock().mono() < give_up) {
        raw_peer peer(io);
        co_await peer.connect(port);
        co_await peer.send(whole);
        got = co_await peer.read_until("\r\n\r\n");
    }
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
}

task<void> flood(boost::asio::io_context& io, std::uint16_t port, std::size_t limit) {
    raw_peer regular(io);
    co_await regular.connect(port);
    co_await expect_answer(regular, 2s);
    crowd many;
    const std::string half = get + "X: ";
    co_await open_many(io, port, many, limit + 100, half);
    for (int i = 0; i < 10; ++i) co_await expect_answer(regular, 2s);
    co_await expect_refused(io, port);
    many.peers.clear();
    co_await eventually_served(io, port);
    co_await expect_answer(regular, 2s);
}

TEST_F(loopback, a_thousand_connections_fill_a_server_and_stop_nobody_who_is_in) {
    server_options options;
    options.connections_max = 1000;
    const auto port = serve(fine, options);
    run([&] { return flood(io, port, 1000); });
    EXPECT_GE(servers[0]->stats().refused_connections, 102U);
}

task<void> connect_from(raw_peer& peer, const char* address, std::uint16_t port) {
    peer.socket.open(boost::asio::ip::tcp::v4());
    peer.socket.bind({boost::asio::ip::make_address(address), 0});
    co_await peer.connect(port);
}

task<void> greedy(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer first(io), second(io), other(io);
    co_await first.connect(port);
    co_await expect_answer(first, 1s);
    co_await second.connect(port);
    co_await expect_answer(second, 1s);
    co_await expect_refused(io, port);
    co_await connect_from(other, "127.0.0.2", port);
    co_await expect_answer(other, 1s);
    first.socket.close();
    co_await eventually_served(io, port);
}

TEST_F(loopback, one_peer_cannot_take_every_place) {
    server_options options;
    options.connections_per_peer = 2;
    const auto port = serve(fine, options);
    run([&] { return greedy(io, port); });
    EXPECT_GE(servers[0]->stats().refused_connections, 1U);
}

}  // namespace
}  // namespace trainyard::http
