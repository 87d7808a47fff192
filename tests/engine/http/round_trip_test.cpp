#include <gmock/gmock.h>

#include "engine/io/event.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;

task<response> mirror(request r) {
    response out;
    out.fields.add("X-Method", r.method);
    out.fields.add("X-Target", r.target);
    out.body = std::move(r.body);
    co_return out;
}

task<result<response>> post(client& c, origin to, std::string body) {
    request r;
    r.target = "/a/b?c=d";
    r.body = std::move(body);
    const mono_time until = in(5s);
    co_return co_await c.send(std::move(to), std::move(r), lane::control, until);
}

task<void> sends_and_reuses(client& c, origin to) {
    const std::string large(1U << 20U, 'x');
    for (int i = 0; i < 3; ++i) {
        const auto got = co_await post(c, to, large);
        EXPECT_TRUE(got.has_value()) << got.error().message;
        if (!got) co_return;
        EXPECT_EQ(got->status, 200);
        EXPECT_EQ(got->body, large);
        EXPECT_EQ(got->fields.get("x-target"), "/a/b?c=d");
        EXPECT_EQ(got->fields.get("content-length"), std::to_string(large.size()));
        EXPECT_TRUE(got->fields.has("Date"));
    }
    EXPECT_EQ(c.stats().requests, 3U);
    EXPECT_EQ(c.stats().connections_opened, 1U);
    EXPECT_EQ(c.stats().connections_reused, 2U);
}

TEST_F(loopback, a_connection_carries_request_after_request) {
    const auto port = serve(mirror);
    client& c = make_client();
    run([&] { return sends_and_reuses(c, at(port)); });
    EXPECT_EQ(servers[0]->stats().requests, 3U);
    EXPECT_EQ(servers[0]->stats().connections, 1U);
}

task<void> head_and_get(client& c, origin to) {
    for (const std::string method : {"HEAD", "GET"}) {
        request r;
        r.method = method;
        const mono_time until = in(5s);
        const auto got = co_await c.send(to, r, lane::control, until);
        EXPECT_TRUE(got.has_value()) << got.error().message;
        if (!got) co_return;
        EXPECT_EQ(got->body, method == "GET" ? "content" : "");
        EXPECT_EQ(got->fields.get("Content-Length"), "7");
    }
    EXPECT_EQ(c.stats().connections_opened, 1U);
}

task<response> content(request /*r*/) {
    response out;
    out.body = "content";
    co_return out;
}

TEST_F(loopback, head_has_the_length_and_not_the_body) {
    const auto port = serve(content);
    client& c = make_client();
    run([&] { return head_and_get(c, at(port)); });
}

task<response> close_after(request /*r*/) {
    response out;
    out.fields.add("Connection", "close");
    co_return out;
}

task<void> two_posts(client& c, origin to) {
    for (int i = 0; i < 2; ++i) {
        const auto got = co_await post(c, to, "x");
        EXPECT_TRUE(got.has_value()) << got.error().message;
    }
}

TEST_F(loopback, an_answer_that_closes_is_not_pooled) {
    const auto port = serve(close_after);
    client& c = make_client();
    run([&] { return two_posts(c, at(port)); });
    EXPECT_EQ(c.stats().connections_opened, 2U);
    EXPECT_EQ(c.stats().connections_reused, 0U);
}

task<void> connection_refused(client& c, origin to) {
    const auto got = co_await post(c, to, "x");
    EXPECT_FALSE(got.has_value());
    if (got) co_return;
    EXPECT_EQ(got.error().code, errc::unreachable);
    EXPECT_THAT(got.error().message, HasSubstr(to.to_string()));
    EXPECT_THAT(got.error().message, HasSubstr("Connection refused"));
}

TEST_F(loopback, a_refused_connection_names_origin_and_reason) {
    raw_listener gone(io);
    const auto port = gone.port();
    gone.close();
    client& c = make_client();
    run([&] { return connection_refused(c, at(port)); });
    EXPECT_EQ(c.stats().failures, 1U);
}

task<void> silent_server(raw_listener& from, client& c) {
    request r;
    const mono_time began = io::real_clock().mono(), until = began + 50ms;
    const origin to{false, "127.0.0.1", from.port()};
    const auto got = co_await c.send(to, r, lane::control, until);
    EXPECT_FALSE(got.has_value());
    if (got) co_return;
    EXPECT_EQ(got.error().code, errc::timeout) << got.error().message;
    EXPECT_LT(io::real_clock().mono() - began, 2s);
}

TEST_F(loopback, the_deadline_ends_the_wait_for_a_silent_server) {
    raw_listener silent(io);  // the kernel completes the connection, nobody answers
    client& c = make_client();
    run([&] { return silent_server(silent, c); });
}

// Lanes: one poll holds the poll lane's only connection until `release`, the ack lane goes on.
struct held {
    explicit held(boost::asio::io_context& io) : release(io), entered(io), members(io) {}
    io::event release, entered;
    io::task_group members;
    std::optional<result<response>> polled, queued;
};

task<response> hold(held& h, request r) {
    if (r.target == "/poll") {
        h.entered.set();
        const mono_time until = in(5s);
        co_await h.release.wait_until(until);
    }
    co_return response{};
}

task<void> send_into(client& c, origin to, std::string target, lane which, duration limit,
                     std::optional<result<response>>& out) {
    request r;
    r.target = std::move(target);
    const mono_time until = in(limit);
    auto got = co_await c.send(std::move(to), std::move(r), which, until);
    out.emplace(std::move(got));
}

task<void> lanes(held& h, client& c, origin to) {
    h.members.spawn([&] { return send_into(c, to, "/poll", lane::poll, 5s, h.polled); });
    const mono_time until = in(5s);
    EXPECT_TRUE(co_await h.entered.wait_until(until));
    std::optional<result<response>> acked, second;
    co_await send_into(c, to, "/ack", lane::ack, 5s, acked);
    EXPECT_TRUE(acked->has_value());
    co_await send_into(c, to, "/poll", lane::poll, 30ms, second);
    EXPECT_FALSE(second->has_value());
    if (!*second) {
        EXPECT_EQ(second->error().code, errc::unreachable);
        EXPECT_THAT(second->error().message, HasSubstr("busy"));
    }
    h.members.spawn([&] { return send_into(c, to, "/after", lane::poll, 5s, h.queued); });
    EXPECT_FALSE(h.polled.has_value());
    h.release.set();
    co_await h.members.join();
    EXPECT_TRUE(h.polled->has_value());
    EXPECT_TRUE(h.queued->has_value());
    EXPECT_EQ(c.stats().connections_opened, 2U);
}

TEST_F(loopback, a_full_poll_lane_does_not_delay_the_ack_lane) {
    held h(io);
    const auto port = serve([&h](request r) { return hold(h, std::move(r)); });
    client_options options;
    options.connections_per_origin_and_lane = 1;
    client& c = make_client(options);
    run([&] { return lanes(h, c, at(port)); });
}

}  // namespace
}  // namespace trainyard::http
