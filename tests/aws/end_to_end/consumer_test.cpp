// The consumer against the local AWS, over real sockets.
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

}  // namespace
}  // namespace trainyard::aws::sqs
