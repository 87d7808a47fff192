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

}  // namespace
}  // namespace trainyard::aws::sqs
