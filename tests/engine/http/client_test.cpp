// A client against servers that break, lie, or say too much.
#include <gmock/gmock.h>

#include "engine/io/event.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Answers the n-th request (over all connections) with the n-th script and closes; "" closes without an
// answer.
struct script {
    std::vector<std::string> answers;
    bool close_after_each = true;
};

task<void> play(raw_listener& from, boost::asio::io_context& io, script what) {
    std::optional<raw_peer> peer;
    for (const std::string& answer : what.answers) {
        if (!peer) {
            peer.emplace(io);
            co_await from.accept(*peer);
        }
        co_await peer->read_until("\r\n\r\n");
        co_await peer->send(answer);
        if (what.close_after_each || answer.empty()) peer.reset();
    }
}

struct exchange_with_script {
    boost::asio::io_context& io;
    http::client& client;
    script what;
    int requests = 1;
    std::vector<result<response>> results;

    task<void> operator()();
};

task<void> exchange_with_script::operator()() {
    raw_listener listener(io);
    io::task_group members(io);
    members.spawn([&] { return play(listener, io, what); });
    for (int i = 0; i < requests; ++i) {
        request r;
        r.method = "GET";
        const origin to{false, "127.0.0.1", listener.port()};
        const mono_time until = in(5s);
        auto got = co_await client.send(to, r, lane::control, until);
        results.push_back(std::move(got));
    }
    co_await members.join();
}

TEST_F(loopback, broken_answers_are_named) {
    const struct {
        const char* what;
        std::string answer;
        errc expected;
    } rows[] = {
        {"closed without an answer", "", errc::io},
        {"cut in the head", "HTTP/1.1 200 OK\r\nContent-", errc::io},
        {"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", errc::io},
        {"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", errc::io},
        {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", errc::corrupt},
        {"bad length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", errc::corrupt},
        {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", errc::corrupt},
        {"head too large", "HTTP/1.1 200 OK\r\nX: " + std::string(17U << 10U, 'x') + "\r\n\r\n", errc::limit},
        {"announced body too large", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", errc::limit},
        {"chunked body too large",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
             "\r\n0\r\n\r\n",
         errc::limit},
    };
    client_options options;
    options.body_bytes_max = 1000;
    client& c = make_client(options);
    std::vector<std::unique_ptr<exchange_with_script>> exchanges;
    for (const auto& row : rows)
        exchanges.push_back(std::make_unique<exchange_with_script>(
            exchange_with_script{io, c, script{{row.answer}, true}, 1, {}}));
    struct all {
        static task<void> in_turn(std::vector<std::unique_ptr<exchange_with_script>>& list) {
            for (auto& e : list) co_await (*e)();
        }
    };
    run([&] { return all::in_turn(exchanges); });
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        ASSERT_FALSE(exchanges[i]->results[0].has_value()) << rows[i].what;
        EXPECT_EQ(exchanges[i]->results[0].error().code, rows[i].expected)
            << rows[i].what << ": " << exchanges[i]->results[0].error().message;
    }
    EXPECT_EQ(c.stats().stale_retries, 0U) << "none of these connections was a reused one";
}

TEST_F(loopback, interim_answers_are_skipped) {
    client& c = make_client();
    exchange_with_script e{io, c, {{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok}, true}, 1, {}};
    run([&] { return e(); });
    ASSERT_TRUE(e.results[0].has_value()) << e.results[0].error().message;
    EXPECT_EQ(e.results[0]->status, 200);
    EXPECT_EQ(e.results[0]->body, "ok");
}

TEST_F(loopback, an_answer_without_length_ends_with_the_connection) {
    client& c = make_client();
    exchange_with_script e{io, c, {{"HTTP/1.1 200 OK\r\n\r\nto the end"}, true}, 1, {}};
    run([&] { return e(); });
    ASSERT_TRUE(e.results[0].has_value()) << e.results[0].error().message;
    EXPECT_EQ(e.results[0]->body, "to the end");
}

TEST_F(loopback, a_reused_connection_that_breaks_before_an_answer_is_retried_once) {
    client& c = make_client();
    exchange_with_script e{io, c, {{ok, "", ok}, false}, 2, {}};
    run([&] { return e(); });
    ASSERT_TRUE(e.results[1].has_value()) << e.results[1].error().message;
    EXPECT_EQ(e.results[1]->body, "ok");
    EXPECT_EQ(c.stats().stale_retries, 1U);
    EXPECT_EQ(c.stats().connections_opened, 2U);
}

TEST_F(loopback, the_free_retry_is_not_repeated) {
    client& c = make_client();
    exchange_with_script e{io, c, {{ok, "", ""}, false}, 2, {}};
    run([&] { return e(); });
    ASSERT_FALSE(e.results[1].has_value());
    EXPECT_EQ(e.results[1].error().code, errc::io);
    EXPECT_EQ(c.stats().stale_retries, 1U);
}

TEST_F(loopback, a_reused_connection_that_breaks_inside_an_answer_is_not_retried) {
    client& c = make_client();
    exchange_with_script e{io, c, {{ok, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}, false}, 2, {}};
    run([&] { return e(); });
    ASSERT_FALSE(e.results[1].has_value());
    EXPECT_EQ(e.results[1].error().code, errc::io);
    EXPECT_EQ(c.stats().stale_retries, 0U);
}

TEST_F(loopback, bytes_after_an_answer_end_the_connection) {
    client& c = make_client();
    const std::string evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    // The server keeps the connection open; its second step is to see it closed.
    exchange_with_script e{io, c, {{ok + evil, "", ok}, false}, 2, {}};
    run([&] { return e(); });
    ASSERT_TRUE(e.results[1].has_value()) << e.results[1].error().message;
    EXPECT_EQ(e.results[1]->body, "ok");
    EXPECT_EQ(c.stats().connections_reused, 0U);
}

task<void> malformed_requests(client& c) {
    const origin to{false, "127.0.0.1", 1};
    std::vector<request> bad(5);
    bad[0].target = "no-slash";
    bad[1].target = "/a b";
    bad[2].method = "GE T";
    bad[3].fields.add("X", "a\r\nY: b");
    bad[4].fields.add("X:", "a");
    for (const request& r : bad) {
        const mono_time until = in(1s);
        const auto got = co_await c.send(to, r, lane::control, until);
        EXPECT_FALSE(got.has_value());
        if (!got) {
            EXPECT_EQ(got.error().code, errc::invalid_argument) << got.error().message;
        }
    }
    EXPECT_EQ(c.stats().connections_opened, 0U);
}

TEST_F(loopback, a_request_that_would_break_the_framing_is_not_sent) {
    client& c = make_client();
    run([&] { return malformed_requests(c); });
}

// Cancellation reaches a request that waits for its answer.
task<void> send_once(client& c, origin to, std::optional<result<response>>& out) {
    request r;
    const mono_time until = in(8s);
    auto got = co_await c.send(to, r, lane::control, until);
    out.emplace(std::move(got));
}

task<void> cancel_while_waiting(boost::asio::io_context& io, client& c) {
    raw_listener listener(io);
    raw_peer peer(io);
    io::task_group members(io);
    std::optional<result<response>> out;
    const origin to{false, "127.0.0.1", listener.port()};
    members.spawn([&] { return send_once(c, to, out); });
    co_await listener.accept(peer);
    co_await peer.read_until("\r\n\r\n");
    members.cancel();
    co_await members.join();
    EXPECT_TRUE(out && !out->has_value());
    if (out && !*out) {
        EXPECT_EQ(out->error().code, errc::cancelled) << out->error().message;
    }
    const mono_time until = in(5s);
    co_await peer.read_all(until);
    EXPECT_TRUE(peer.closed) << "the connection of a cancelled request is dropped";
}

task<void> send_after_cancel(boost::asio::io_context& io, client& c) {
    io::task_group members(io);
    std::optional<result<response>> out;
    const origin to{false, "127.0.0.1", 1};
    members.cancel();
    members.spawn([&] { return send_once(c, to, out); });
    co_await members.join();
    EXPECT_TRUE(out && !out->has_value() && out->error().code == errc::cancelled);
    EXPECT_EQ(c.stats().connections_opened, 0U);
}

TEST_F(loopback, nothing_is_sent_for_who_is_already_cancelled) {
    client& c = make_client();
    run([&] { return send_after_cancel(io, c); });
}

task<response> name_of_server(request /*r*/) {
    response out;
    out.body = "found";
    co_return out;
}

task<void> by_name(client& c, std::uint16_t port, std::optional<result<response>>& out) {
    const origin to{false, "localhost", port};
    co_await send_once(c, to, out);
}

TEST_F(loopback, every_address_of_a_name_is_tried) {
    const auto port = serve(name_of_server);  // on 127.0.0.1 only; localhost may be ::1 first
    client& c = make_client();
    std::optional<result<response>> out;
    run([&] { return by_name(c, port, out); });
    ASSERT_TRUE(out->has_value()) << out->error().message;
    EXPECT_EQ((*out)->body, "found");
}

TEST_F(loopback, a_large_chunked_answer_arrives_whole) {
    client& c = make_client();
    const std::string body(5U << 20U, 'x');
    exchange_with_script e{
        io,
        c,
        {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500000\r\n" + body + "\r\n0\r\n\r\n"}, true},
        1,
        {}};
    run([&] { return e(); });
    ASSERT_TRUE(e.results[0].has_value()) << e.results[0].error().message;
    EXPECT_EQ(e.results[0]->body, body);
}

TEST_F(loopback, a_cancelled_request_drops_its_connection) {
    client& c = make_client();
    run([&] { return cancel_while_waiting(io, c); });
}

}  // namespace
}  // namespace trainyard::http
