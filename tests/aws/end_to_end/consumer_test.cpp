// The consumer against the local AWS, over real sockets.
#include <fmt/format.h>

#include <algorithm>

#include "tests/aws/end_to_end/consumer_fixture.hpp"

namespace trainyard::aws::sqs {
namespace {

TEST_F(consumer_test, sends_receives_and_deletes_in_batches) {
    const std::string url = make_queue("work");
    consumer sender{io_, *transport_, registry_, quick(), 1};
    auto target = settings(url);
    target.receive = false;
    const auto to = sender.add_queue(target, handler_);
    ASSERT_TRUE(run(fill(sender, to, 200)));

    consumer c{io_, *transport_, registry_, quick(), 2};
    handler_.of = &c;
    c.add_queue(settings(url), handler_);
    ASSERT_TRUE(run(consume(c, [&] { return handler_.bodies.size() == 200 && c.idle(); })));
    for (const auto& [body, times] : handler_.bodies) EXPECT_EQ(times, 1) << body;
    EXPECT_EQ(c.counts().deleted, 200U);
    EXPECT_LE(c.counts().delete_calls, 30U);
    EXPECT_EQ(left(url), nothing_left);
    EXPECT_EQ(c.held(), 0U);
}

TEST_F(consumer_test, what_nobody_acknowledged_is_visible_again_at_once) {
    const std::string url = make_queue("kept", {{"VisibilityTimeout", "600"}});
    consumer c{io_, *transport_, registry_, quick(), 1};
    handler_.of = &c;
    handler_.act = [](consumer&, const received&) {};
    const auto q = c.add_queue(settings(url), handler_);
    int stored = 0;
    for (int i = 0; i < 30; ++i) {
        send_entry e;
        e.body = std::to_string(i);
        c.send(q, std::move(e),
               [&stored](const sent* done, const failed_entry*) { stored += done != nullptr; });
    }
    ASSERT_TRUE(run(consume(c, [&] { return handler_.bodies.size() == 30; })));
    EXPECT_EQ(c.counts().given_back, 30U);
    EXPECT_EQ(left(url), (std::pair<std::string, std::string>{"30", "0"}));
}

TEST_F(consumer_test, a_message_given_back_is_delivered_anew) {
    const std::string url = make_queue("again", {{"VisibilityTimeout", "600"}});
    consumer c{io_, *transport_, registry_, quick(), 1};
    handler_.of = &c;
    handler_.act = [this](consumer& of, const received& m) {
        EXPECT_EQ(m.message.receive_count, handler_.bodies[std::string{m.message.body}]);
        if (m.message.receive_count < 3)
            of.give_back(m.ref);
        else
            of.acknowledge(m.ref);
        EXPECT_EQ(of.find(m.ref) != nullptr, true);
    };
    const auto q = c.add_queue(settings(url), handler_);
    send_entry e;
    e.body = "thrice";
    c.send(q, std::move(e));
    ASSERT_TRUE(run(consume(c, [&] { return handler_.bodies["thrice"] == 3 && c.idle(); })));
    EXPECT_EQ(left(url), nothing_left);
}

TEST_F(consumer_test, a_heartbeat_keeps_a_message_from_coming_back) {
    const std::string url = make_queue("slow", {{"VisibilityTimeout", "2"}});
    auto o = quick();
    o.keep_alive.visibility = std::chrono::seconds{2};
    o.keep_alive.margin = std::chrono::seconds{1};
    consumer c{io_, *transport_, registry_, o, 1};
    handler_.of = &c;
    std::optional<message_ref> held;
    mono_time since{};
    handler_.act = [&](consumer&, const received& m) {
        held = m.ref;
        since = io::real_clock().mono();
    };
    auto s = settings(url);
    s.heartbeat = true;
    const auto q = c.add_queue(s, handler_);
    send_entry e;
    e.body = "slow";
    c.send(q, std::move(e));
    ASSERT_TRUE(run(consume(c, [&] {
        if (held && io::real_clock().mono() > since + std::chrono::milliseconds{4'500}) c.acknowledge(*held);
        return held && c.idle();
    })));
    EXPECT_EQ(handler_.bodies["slow"], 1);
    EXPECT_EQ(c.counts().duplicates, 0U);
    EXPECT_EQ(left(url), nothing_left);
}

TEST_F(consumer_test, groups_are_handed_over_one_message_at_a_time_and_beside_each_other) {
    const std::string url = make_queue("groups.fifo", {{"FifoQueue", "true"}, {"VisibilityTimeout", "600"}});
    consumer c{io_, *transport_, registry_, quick(), 1};
    handler_.of = &c;
    std::map<std::string, std::vector<std::string>> seen;
    std::map<std::string, message_ref> holding;
    std::size_t most = 0;
    handler_.act = [&](consumer&, const received& m) {
        const std::string group{m.message.group_id};
        EXPECT_FALSE(holding.contains(group));
        holding[group] = m.ref;
        seen[group].emplace_back(m.message.body);
        most = std::max(most, holding.size());
    };
    auto s = settings(url);
    s.one_at_a_time = true;
    const auto q = c.add_queue(s, handler_);
    for (int i = 0; i < 24; ++i) {
        send_entry e;
        e.body = fmt::format("{:02}", i);
        e.group_id = std::string(1, static_cast<char>('a' + i % 3));
        e.deduplication_id = resend_id(e.body, 1);
        c.send(q, e);
        if (i % 5 == 0) c.send(q, e);  // SQS drops the copy
    }
    ASSERT_TRUE(run(consume(c, [&] {
        const auto ended = std::exchange(holding, {});
        for (const auto& [group, ref] : ended) c.acknowledge(ref);
        return handler_.order.size() == 24 && c.idle();
    })));
    EXPECT_EQ(seen.size(), 3U);
    for (const auto& [group, bodies] : seen)
        EXPECT_TRUE(std::is_sorted(bodies.begin(), bodies.end())) << group;
    EXPECT_GT(most, 1U);
    EXPECT_EQ(left(url), nothing_left);
}

TEST_F(consumer_test, a_send_that_sqs_refuses_is_told_and_not_repeated) {
    const std::string url = make_queue("strict.fifo", {{"FifoQueue", "true"}});
    consumer c{io_, *transport_, registry_, quick(), 1};
    handler_.of = &c;
    auto s = settings(url);
    s.receive = false;
    const auto q = c.add_queue(s, handler_);
    send_entry e;
    e.body = "no group";
    std::string code;
    c.send(q, std::move(e), [&](const sent*, const failed_entry* why) {
        if (why != nullptr) code = why->code;
    });
    ASSERT_TRUE(run(consume(c, [&] { return !code.empty(); })));
    ASSERT_EQ(handler_.given_up.size(), 1U);
    EXPECT_TRUE(handler_.given_up[0].sender_fault);
    EXPECT_EQ(handler_.given_up[0].kind, request_kind::send);
}

TEST_F(consumer_test, figures_of_each_queue_are_shown) {
    const std::string url = make_queue("shown");
    consumer c{io_, *transport_, registry_, quick(), 1};
    handler_.of = &c;
    const auto q = c.add_queue(settings(url), handler_);
    send_entry e;
    e.body = "one";
    c.send(q, std::move(e));
    ASSERT_TRUE(run(consume(c, [&] { return c.counts().deleted == 1; })));
    const std::string text = registry_.text();
    for (const char* line :
         {"trainyard_sqs_messages_received_total{queue=\"shown\"} 1",
          "trainyard_sqs_batch_entries_total{outcome=\"done\",queue=\"shown\",request=\"delete\"} 1",
          "trainyard_sqs_seconds_since_last_successful_poll{queue=\"shown\"} 0"})
        EXPECT_THAT(text, testing::HasSubstr(line));
}

}  // namespace
}  // namespace trainyard::aws::sqs
