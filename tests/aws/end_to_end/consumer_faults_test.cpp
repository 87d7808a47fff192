// The consumer against the local AWS through a proxy that loses requests and answers.
#include "tests/aws/end_to_end/consumer_fixture.hpp"
#include "tests/support/fault_proxy.hpp"

namespace trainyard::aws::sqs {
namespace {

using test::ending;
using test::fault;

task<int> close_proxy(test::fault_proxy& proxy) {
    co_await proxy.close();
    co_return 0;
}

// Connections that break before, within and after an answer, and one in three that stays whole.
std::vector<fault> broken_connections(rng random, int how_many) {
    std::vector<fault> out;
    for (int i = 0; i < how_many; ++i) {
        fault f;
        const ending end = random.chance(0.5) ? ending::reset : ending::fin;
        switch (random.below(4)) {
            case 0: f.answer_bytes = random.below(400); break;   // the answer is lost, its effect is not
            case 1: f.request_bytes = random.below(900); break;  // the request is lost
            case 2: f.answers = 1 + random.below(4); break;
            default: break;
        }
        f.end = end;
        out.push_back(f);
    }
    out.emplace_back();
    return out;
}

TEST_F(consumer_test, lost_requests_and_answers_lose_and_repeat_nothing) {
    constexpr std::size_t messages = 300;
    const std::string url = make_queue("shaky", {{"VisibilityTimeout", "2"}});
    consumer sender{io_, *transport_, registry_, quick(), 1};
    auto target = settings(url);
    target.receive = false;
    const auto to = sender.add_queue(target, handler_);
    ASSERT_TRUE(run(fill(sender, to, messages)));

    std::uint64_t lost_calls = 0, copies = 0;
    {
        test::fault_proxy proxy{io_, where_.origin.port, broken_connections(rng{7}, 60)};
        auto s = settings(url);
        s.where.origin.port = proxy.port();
        auto o = quick();
        o.receive.error_pause = std::chrono::milliseconds{20};
        o.receive.error_pause_max = std::chrono::milliseconds{200};
        o.receive.polls_per_queue = 4;
        consumer c{io_, *transport_, registry_, o, 2};
        handler_.of = &c;
        c.add_queue(s, handler_);
        const bool all = run(consume(c, [&] { return handler_.bodies.size() == messages && c.idle(); }));
        EXPECT_TRUE(all) << handler_.bodies.size() << " of " << messages;
        for (const abandoned_entry& e : handler_.given_up)
            EXPECT_FALSE(e.sender_fault) << e.code << e.message;
        for (const auto& [body, times] : handler_.bodies) EXPECT_EQ(times, 1) << body;
        lost_calls = c.counts().delete_calls - messages / 10;
        copies = c.counts().duplicates;
        run(close_proxy(proxy));
        EXPECT_GT(proxy.connections().size(), 20U) << "the faults should be met";
    }
    EXPECT_EQ(left(url), nothing_left);
    RecordProperty("further_delete_calls", std::to_string(lost_calls));
    RecordProperty("copies", std::to_string(copies));
}

// The answer comes when polls are not waited for any more, but what is held still may be given back.
TEST_F(consumer_test, what_a_late_poll_brings_at_the_end_is_given_back) {
    constexpr int messages = 5;
    const std::string url = make_queue("late", {{"VisibilityTimeout", "600"}});
    consumer sender{io_, *transport_, registry_, quick(), 1};
    auto target = settings(url);
    target.receive = false;
    const auto to = sender.add_queue(target, handler_);
    ASSERT_TRUE(run(fill(sender, to, messages)));
    for (const bool deliver : {false, true}) {
        SCOPED_TRACE(deliver);
        fault late;
        late.latency = std::chrono::milliseconds{300};
        test::fault_proxy proxy{io_, where_.origin.port, {late}};
        auto s = settings(url);
        s.where.origin.port = proxy.port();
        auto o = quick();
        o.deliver_while_stopping = deliver;
        o.poll_grace = std::chrono::milliseconds{20};
        o.held_grace = std::chrono::seconds{5};
        o.flush_grace = std::chrono::seconds{5};
        consumer c{io_, *transport_, registry_, o, 2};
        handler_.of = &c;
        c.add_queue(s, handler_);
        ASSERT_TRUE(run(consume(c, [&] { return c.counts().polls > 0; })));
        EXPECT_EQ(c.counts().received, std::uint64_t{messages});
        EXPECT_EQ(c.counts().given_back, deliver ? 0 : std::uint64_t{messages});
        EXPECT_EQ(handler_.bodies.size(), deliver ? std::size_t{messages} : 0);
        const auto expected = deliver ? nothing_left : std::pair<std::string, std::string>{"5", "0"};
        EXPECT_EQ(left(url), expected);
        run(close_proxy(proxy));
    }
}

// Nothing would come of the groups until the visibility timeout.
TEST_F(consumer_test, a_lost_answer_of_a_fifo_queue_is_asked_for_again) {
    constexpr int messages = 8;
    const std::string url = make_queue("lost.fifo", {{"FifoQueue", "true"}, {"VisibilityTimeout", "600"}});
    {
        consumer sender{io_, *transport_, registry_, quick(), 1};
        auto target = settings(url);
        target.receive = false;
        const auto to = sender.add_queue(target, handler_);
        int stored = 0;
        for (int i = 0; i < messages; ++i) {
            send_entry e;
            e.body = "message " + std::to_string(i);
            e.group_id = i % 2 == 0 ? "even" : "odd";
            e.deduplication_id = std::to_string(i);
            sender.send(to, std::move(e),
                        [&stored](const sent* done, const failed_entry*) { stored += done != nullptr; });
        }
        ASSERT_TRUE(run(consume(sender, [&] { return stored == messages; })));
    }
    fault lost, whole;
    lost.answer_bytes = 100;
    lost.end = ending::reset;
    test::fault_proxy proxy{io_, where_.origin.port, {lost, whole}};
    auto s = settings(url);
    s.where.origin.port = proxy.port();
    auto o = quick();
    o.receive.polls_per_queue = 1;
    consumer c{io_, *transport_, registry_, o, 2};
    handler_.of = &c;
    c.add_queue(s, handler_);
    const bool all =
        run(consume(c, [&] { return handler_.bodies.size() == std::size_t{messages} && c.idle(); }));
    EXPECT_TRUE(all) << handler_.bodies.size() << " of " << messages;
    EXPECT_EQ(c.counts().duplicates, 0U);
    EXPECT_EQ(left(url), nothing_left);
    EXPECT_EQ(proxy.connections().front().to_client, 100U) << "an answer was lost";
    run(close_proxy(proxy));
}

}  // namespace
}  // namespace trainyard::aws::sqs
