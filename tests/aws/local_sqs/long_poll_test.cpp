// Long polls on the real clock: each test waits for an event, and for a timer of one second at most.
#include <chrono>

#include "sqs_fixture.hpp"

namespace trainyard::aws::local {
namespace {

struct long_poll : sqs_fixture {
    long_poll() {
        ok("CreateQueue", R"({"QueueName":"q"})");
        ok("CreateQueue",
           R"({"QueueName":"f.fifo","Attributes":{"FifoQueue":"true","ContentBasedDeduplication":"true"}})");
    }
    std::shared_ptr<pending> wait_on(const std::string& queue, int seconds = 20) {
        auto p = start("ReceiveMessage", R"({"QueueUrl":")" + queue + R"(","WaitTimeSeconds":)" +
                                             std::to_string(seconds) + "}");
        poll();
        EXPECT_FALSE(p->reply) << "the poll did not wait";
        return p;
    }
    void send(const std::string& queue, const std::string& body, const std::string& more = "") {
        ok("SendMessage", R"({"QueueUrl":")" + queue + R"(","MessageBody":")" + body + "\"" + more + "}");
    }
    static std::string body(const service_reply& r) {
        const auto d = parse(r ? *r : "{}");
        return std::string(d.root().find("Messages").at(0).find("Body").string().value_or(""));
    }
};

TEST_F(long_poll, wakes_on_send) {
    const auto p = wait_on("q");
    send("q", "x");
    poll();
    ASSERT_TRUE(p->reply);
    EXPECT_EQ(body(*p->reply), "x");
}

TEST_F(long_poll, one_message_answers_one_poll_in_order_of_arrival) {
    const auto first = wait_on("q"), second = wait_on("q"), third = wait_on("q");
    send("q", "x");
    poll();
    ASSERT_TRUE(first->reply);
    EXPECT_FALSE(second->reply);
    ok("SendMessageBatch",
       R"({"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"y"},{"Id":"2","MessageBody":"z"}]})");
    poll();
    ASSERT_TRUE(second->reply);
    ASSERT_TRUE(third->reply);
    EXPECT_EQ(body(*second->reply), "y");
    EXPECT_EQ(body(*third->reply), "z");
}

TEST_F(long_poll, message_of_another_queue_does_not_wake) {
    const auto p = wait_on("q");
    send("f.fifo", "x", R"(,"MessageGroupId":"g")");
    poll();
    EXPECT_FALSE(p->reply);
}

TEST_F(long_poll, wakes_when_a_delay_ends) {
    send("q", "x", R"(,"DelaySeconds":1)");
    EXPECT_EQ(body(finish(wait_on("q"))), "x");
}

TEST_F(long_poll, wakes_when_visibility_ends) {
    send("q", "x");
    ok("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":1})");
    EXPECT_EQ(body(finish(wait_on("q"))), "x");
}

TEST_F(long_poll, timer_passes_to_the_next_poll_in_line) {
    send("q", "x", R"(,"DelaySeconds":1)");
    const auto first = wait_on("q"), second = wait_on("q");
    send("q", "now");
    poll();
    ASSERT_TRUE(first->reply);
    EXPECT_EQ(body(finish(second)), "x");
}

TEST_F(long_poll, wakes_when_a_message_is_shown) {
    send("q", "x");
    const std::string handle = handle_of_first(ok("ReceiveMessage", R"({"QueueUrl":"q"})"));
    const auto p = wait_on("q");
    ok("ChangeMessageVisibility",
       R"({"QueueUrl":"q","VisibilityTimeout":0,"ReceiptHandle":")" + handle + "\"}");
    poll();
    ASSERT_TRUE(p->reply);
    EXPECT_EQ(body(*p->reply), "x");
}

TEST_F(long_poll, wakes_when_a_delete_unlocks_a_group) {
    send("f.fifo", "1", R"(,"MessageGroupId":"g")");
    send("f.fifo", "2", R"(,"MessageGroupId":"g")");
    const std::string handle = handle_of_first(ok("ReceiveMessage", R"({"QueueUrl":"f.fifo"})"));
    const auto p = wait_on("f.fifo");
    ok("DeleteMessage", R"({"QueueUrl":"f.fifo","ReceiptHandle":")" + handle + "\"}");
    poll();
    ASSERT_TRUE(p->reply);
    EXPECT_EQ(body(*p->reply), "2");
}

TEST_F(long_poll, wakes_on_a_dead_letter) {
    ok("CreateQueue", R"({"QueueName":"dead"})");
    ok("SetQueueAttributes",
       R"({"QueueUrl":"q","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:111122223333:dead\",\"maxReceiveCount\":1}"}})");
    send("q", "x");
    ok("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":0})");
    const auto p = wait_on("dead");
    EXPECT_EQ(ok("ReceiveMessage", R"({"QueueUrl":"q"})"), "{}");
    poll();
    ASSERT_TRUE(p->reply);
    EXPECT_EQ(body(*p->reply), "x");
}

TEST_F(long_poll, ends_empty_at_its_deadline) {
    const mono_time began = io::real_clock().mono();
    const auto reply = finish(wait_on("q", 1));
    ASSERT_TRUE(reply);
    EXPECT_EQ(*reply, "{}");
    EXPECT_GE(io::real_clock().mono() - began, std::chrono::seconds(1));
}

TEST_F(long_poll, default_wait_of_the_queue_applies_and_zero_overrides_it) {
    ok("SetQueueAttributes", R"({"QueueUrl":"q","Attributes":{"ReceiveMessageWaitTimeSeconds":"20"}})");
    EXPECT_EQ(ok("ReceiveMessage", R"({"QueueUrl":"q","WaitTimeSeconds":0})"), "{}");
    const auto p = start("ReceiveMessage", R"({"QueueUrl":"q"})");
    poll();
    EXPECT_FALSE(p->reply);
    send("q", "x");
    poll();
    EXPECT_TRUE(p->reply);
}

TEST_F(long_poll, deleted_queue_answers_every_poll) {
    const auto first = wait_on("q"), second = wait_on("q");
    ok("DeleteQueue", R"({"QueueUrl":"q"})");
    poll();
    for (const auto& p : {first, second}) {
        ASSERT_TRUE(p->reply);
        ASSERT_FALSE(*p->reply);
        EXPECT_EQ(p->reply->error().query_code, "AWS.SimpleQueueService.NonExistentQueue");
    }
}

TEST_F(long_poll, release_answers_every_poll_at_once) {
    const auto first = wait_on("q"), second = wait_on("q"), third = wait_on("f.fifo");
    service.release_polls();
    poll();
    for (const auto& p : {first, second, third}) {
        ASSERT_TRUE(p->reply);
        EXPECT_EQ(**p->reply, "{}");
    }
    EXPECT_EQ(ok("ReceiveMessage", R"({"QueueUrl":"q","WaitTimeSeconds":20})"),
              "{}");  // nor does a later one wait
}

TEST_F(long_poll, cancelled_poll_takes_no_message) {
    const auto p = wait_on("q");
    group.cancel();
    poll();
    ASSERT_TRUE(p->reply);
    EXPECT_EQ(**p->reply, "{}");
}

}  // namespace
}  // namespace trainyard::aws::local
