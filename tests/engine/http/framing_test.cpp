// The strict head parser, alone and behind a socket.
#include "engine/http/framing.hpp"

#include <gmock/gmock.h>

#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct seen {
    std::vector<request> requests;
};

task<response> record(seen& s, request r) {
    s.requests.push_back(std::move(r));
    co_return response{};
}

task<void> fields_over_the_limit(boost::asio::io_context& io, std::uint16_t port, std::string bytes,
                                 std::string status) {
    raw_peer peer(io);
    co_await peer.connect(port);
    co_await peer.send(bytes);
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_THAT(got, StartsWith("HTTP/1.1 " + status)) << bytes.substr(0, 60);
    EXPECT_TRUE(peer.closed);
}

task<void> each_limit(boost::asio::io_context& io, std::uint16_t port) {
    const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
    std::string many = line;
    for (int i = 0; i < 64; ++i) many += "a:b\r\n";
    many += "\r\n";
    const std::string long_target = "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string large = line + "X: " + std::string(20'000, 'x') + "\r\n\r\n";
    const std::string sized = line + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x');
    const std::string chunked =
        line + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n";
    const std::string expecting = line + "Content-Length: 5\r\nExpect: tea\r\n\r\n";
    co_await fields_over_the_limit(io, port, many, "431 ");
    co_await fields_over_the_limit(io, port, large, "431 ");
    co_await fields_over_the_limit(io, port, long_target, "414 ");
    co_await fields_over_the_limit(io, port, sized, "413 ");
    co_await fields_over_the_limit(io, port, chunked, "413 ");
    co_await fields_over_the_limit(io, port, expecting, "417 ");
}

TEST_F(loopback, a_server_bounds_what_a_peer_sends) {
    seen s;
    server_options options;
    options.body_bytes_max = 1000;
    const auto port = serve([&s](request r) { return record(s, std::move(r)); }, options);
    run([&] { return each_limit(io, port); });
    EXPECT_TRUE(s.requests.empty());
}

task<void> good_messages(boost::asio::io_context& io, std::uint16_t port) {
    raw_peer peer(io);
    co_await peer.connect(port);
    std::string all = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    all +=
        "POST /2 HTTP/1.1\r\nhost:a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: "
        "r\r\n\r\n";
    all += "GET /3 HTTP/1.1\r\nHost: \t a \t\r\nX: \xc3\xa4\r\nConnection: x, Close\r\n\r\n";
    all += "GET /never HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const char c : all) co_await peer.send(std::string(1, c));  // every split of the bytes is met
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_TRUE(peer.closed);
    EXPECT_EQ(got.find("HTTP/1.1 400"), std::string::npos);

    raw_peer old(io);
    co_await old.connect(port);
    co_await old.send("GET /4 HTTP/1.0\r\n\r\n");
    const std::string answer = co_await old.read_all(until);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(old.closed) << "HTTP/1.0 closes unless asked otherwise";
}

TEST_F(loopback, pipelined_messages_are_taken_apart_at_the_right_bytes) {
    seen s;
    const auto port = serve([&s](request r) { return record(s, std::move(r)); });
    run([&] { return good_messages(io, port); });
    ASSERT_EQ(s.requests.size(), 4U);
    EXPECT_EQ(s.requests[0].body, "hello");
    EXPECT_EQ(s.requests[1].target, "/2");
    EXPECT_EQ(s.requests[1].body, "hello");
    EXPECT_EQ(s.requests[2].target, "/3");
    EXPECT_EQ(s.requests[2].fields.get("Host"), "a");
    EXPECT_EQ(s.requests[3].target, "/4");
}

TEST(framing, the_scan_does_not_depend_on_how_bytes_arrive) {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    for (std::size_t split = 1; split < head.size(); ++split) {
        head_scan scan;
        const auto first = scan.advance(std::string_view(head).substr(0, split));
        const auto second = first == head_state::complete ? first : scan.advance(head);
        EXPECT_EQ(second, head_state::complete) << split;
        EXPECT_EQ(scan.end, head.size() - 4) << split;
    }
}

// Behind a socket Beast would refuse this one too; the parser must not rely on it.
TEST(framing, two_framings_are_refused_by_the_head_alone) {
    for (const std::string order : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"}) {
        const auto got = parse_request_head("POST / HTTP/1.1\r\nHost: a\r\n" + order + "\r\n", {});
        ASSERT_FALSE(got.has_value());
        EXPECT_EQ(got.error().status, 400);
        EXPECT_THAT(got.error().reason, HasSubstr("together"));
    }
}

TEST(framing, lists) {
    EXPECT_TRUE(list_contains("a, Close ,b", "close"));
    EXPECT_FALSE(list_contains("closed", "close"));
    EXPECT_FALSE(list_contains("", "close"));
}

}  // namespace
}  // namespace trainyard::http
