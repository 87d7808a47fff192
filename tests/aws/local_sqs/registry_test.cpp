#include <gtest/gtest.h>

#include "aws/local/sqs/queue_registry.hpp"

namespace trainyard::aws::local {
namespace {

constexpr wall_time at(int seconds) {
    return wall_time{std::chrono::hours(480'000) + std::chrono::seconds(seconds)};
}
queue_key named(const std::string& name) {
    return {account_id("111122223333"), region_name("us-east-1"), name};
}

struct registry_test : testing::Test {
    std::string create_error(const std::string& name, const string_map& attributes, int now = 0) {
        const auto made = registry.create(named(name), attributes, {}, at(now));
        return made ? "" : made.error().query_code + ": " + made.error().message;
    }
    std::shared_ptr<queue> make(const std::string& name, const string_map& attributes = {}) {
        auto made = registry.create(named(name), attributes, {}, at(0));
        EXPECT_TRUE(made) << made.error().message;
        return *made;
    }
    std::string set_error(queue& q, const string_map& attributes) {
        const auto set = registry.set_attributes(q, attributes, at(1));
        return set ? "" : set.error().query_code + ": " + set.error().message;
    }
    static string_map redrive(const std::string& target, const std::string& count) {
        return {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + named(target).arn() +
                                      R"(","maxReceiveCount":)" + count + "}"}};
    }
    queue_registry registry{rng(3)};
};

TEST_F(registry_test, create_again_with_equal_attributes_gives_the_same_queue) {
    const auto q = make("q", {{"DelaySeconds", "1"}});
    EXPECT_EQ(make("q"), q);
    EXPECT_EQ(make("q", {{"DelaySeconds", "1"}, {"VisibilityTimeout", "30"}}), q);
    EXPECT_EQ(
        create_error("q", {{"DelaySeconds", "2"}}),
        "QueueAlreadyExists: A queue already exists with the same name and a different value for attribute "
        "DelaySeconds");
}

TEST_F(registry_test, names) {
    const std::string plain =
        "InvalidParameterValue: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
        "in length";
    const std::string fifo =
        "InvalidParameterValue: The name of a FIFO queue can only include alphanumeric characters, hyphens, "
        "or "
        "underscores, must end with .fifo suffix and be 1 to 80 in length";
    EXPECT_EQ(create_error(std::string(80, 'a'), {}), "");
    EXPECT_EQ(create_error(std::string(81, 'a'), {}), plain);
    EXPECT_EQ(create_error("a b", {}), plain);
    EXPECT_EQ(create_error("q.fifo", {}), plain);
    EXPECT_EQ(create_error("q", {{"FifoQueue", "true"}}), fifo);
    EXPECT_EQ(create_error(".fifo", {{"FifoQueue", "true"}}), fifo);
    EXPECT_EQ(create_error(std::string(76, 'a') + ".fifo", {{"FifoQueue", "true"}}), fifo);
    EXPECT_EQ(create_error(std::string(75, 'a') + ".fifo", {{"FifoQueue", "true"}}), "");
}

TEST_F(registry_test, name_is_free_a_minute_after_deletion) {
    make("q");
    registry.remove(named("q"), at(10));
    EXPECT_EQ(registry.find(named("q")), nullptr);
    EXPECT_EQ(create_error("q", {}, 69),
              "AWS.SimpleQueueService.QueueDeletedRecently: You must wait 60 seconds after deleting a queue "
              "before you "
              "can create another with the same name.");
    EXPECT_EQ(create_error("q", {}, 70), "");
}

TEST_F(registry_test, purge_once_a_minute) {
    const auto q = make("q");
    EXPECT_TRUE(registry.purge(*q, at(0)));
    const auto again = registry.purge(*q, at(59));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().status, 403);
    EXPECT_EQ(again.error().message, "Only one PurgeQueue operation on q is allowed every 60 seconds.");
    EXPECT_TRUE(registry.purge(*q, at(60)));
}

TEST_F(registry_test, attribute_ranges) {
    struct range {
        const char* name;
        int low, high;
    };
    for (const range& r :
         {range{"DelaySeconds", 0, 900}, range{"MaximumMessageSize", 1024, 1'048'576},
          range{"MessageRetentionPeriod", 60, 1'209'600}, range{"ReceiveMessageWaitTimeSeconds", 0, 20},
          range{"VisibilityTimeout", 0, 43'200}, range{"KmsDataKeyReusePeriodSeconds", 60, 86'400}}) {
        const auto q = make("q");
        const std::string bad =
            std::string("InvalidAttributeValue: Invalid value for the parameter ") + r.name + ".";
        EXPECT_EQ(set_error(*q, {{r.name, std::to_string(r.low)}}), "");
        EXPECT_EQ(set_error(*q, {{r.name, std::to_string(r.high)}}), "");
        EXPECT_EQ(set_error(*q, {{r.name, std::to_string(r.low - 1)}}), bad);
        EXPECT_EQ(set_error(*q, {{r.name, std::to_string(r.high + 1)}}), bad);
        EXPECT_EQ(set_error(*q, {{r.name, "x"}}), bad);
        EXPECT_EQ(set_error(*q, {{r.name, ""}}), bad);
    }
}

TEST_F(registry_test, recorded_attribute_errors) {
    const auto q = make("q");
    const auto f = make("f.fifo", {{"FifoQueue", "true"}});
    EXPECT_EQ(set_error(*q, {{"FifoQueue", "true"}}), "InvalidAttributeName: Unknown Attribute FifoQueue.");
    EXPECT_EQ(set_error(*q, {{"ContentBasedDeduplication", "true"}}),
              "InvalidAttributeName: Unknown Attribute ContentBasedDeduplication.");
    EXPECT_EQ(set_error(*q, {{"Nonsense", "1"}}), "InvalidAttributeName: Unknown Attribute Nonsense.");
    EXPECT_EQ(set_error(*q, {{"QueueArn", "1"}}), "InvalidAttributeName: Unknown Attribute QueueArn.");
    EXPECT_EQ(
        set_error(*q, {{"DeduplicationScope", "queue"}}),
        "InvalidAttributeName: You can specify the DeduplicationScope only when FifoQueue is set to true.");
    EXPECT_EQ(
        set_error(*q, {{"FifoThroughputLimit", "perQueue"}}),
        "InvalidAttributeName: You can specify the FifoThroughputLimit only when FifoQueue is set to true.");
    EXPECT_EQ(set_error(*f, {{"FifoQueue", "false"}}),
              "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue "
              "type is not "
              "supported.");
    EXPECT_EQ(set_error(*f, {{"FifoThroughputLimit", "perMessageGroupId"}}),
              "InvalidAttributeValue: Invalid value for the parameter FifoThroughputLimit.");
    EXPECT_EQ(
        set_error(*f, {{"FifoThroughputLimit", "perMessageGroupId"}, {"DeduplicationScope", "messageGroup"}}),
        "");
    EXPECT_EQ(set_error(*q, {{"KmsMasterKeyId", "alias/x"}, {"SqsManagedSseEnabled", "true"}}),
              "InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You "
              "can either "
              "enable KMS SSE or SQS SSE.");
}

TEST_F(registry_test, refused_change_changes_nothing) {
    const auto q = make("q");
    EXPECT_NE(set_error(*q, {{"DelaySeconds", "5"}, {"VisibilityTimeout", "-1"}}), "");
    EXPECT_TRUE(q->attributes.is("DelaySeconds", "0"));
}

TEST_F(registry_test, kms_key_switches_managed_encryption_off_for_good) {
    const auto q = make("q");
    EXPECT_TRUE(q->attributes.is("SqsManagedSseEnabled", "true"));
    EXPECT_EQ(set_error(*q, {{"KmsMasterKeyId", "alias/x"}}), "");
    EXPECT_EQ(set_error(*q, {{"KmsMasterKeyId", ""}}), "");
    EXPECT_FALSE(q->attributes.values().contains("KmsMasterKeyId"));
    EXPECT_TRUE(q->attributes.is("SqsManagedSseEnabled", "false"));
}

TEST_F(registry_test, redrive_policy) {
    make("dead");
    make("dead.fifo", {{"FifoQueue", "true"}});
    make("closed", {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
    make("open", {{"RedriveAllowPolicy",
                   R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + named("q").arn() + R"("]})"}});
    const auto q = make("q");
    EXPECT_EQ(set_error(*q, redrive("dead", "3")), "");
    EXPECT_EQ(q->attributes.redrive()->max_receive_count, 3U);
    EXPECT_EQ(set_error(*q, redrive("dead", "\"1000\"")), "");
    EXPECT_EQ(set_error(*q, redrive("open", "1")), "");
    for (const char* count : {"0", "1001", "1.5", "\"x\""})
        EXPECT_NE(set_error(*q, redrive("dead", count)).find("Invalid value for maxReceiveCount"),
                  std::string::npos);
    EXPECT_NE(set_error(*q, redrive("nowhere", "1")).find("Dead letter target does not exist."),
              std::string::npos);
    EXPECT_NE(set_error(*q, redrive("dead.fifo", "1")).find("must be same type"), std::string::npos);
    EXPECT_NE(set_error(*q, redrive("closed", "1")).find("does not permit"), std::string::npos);
    EXPECT_NE(set_error(*q, {{"RedrivePolicy", "{"}}).find("not a valid JSON map"), std::string::npos);
    EXPECT_EQ(set_error(*q, {{"RedrivePolicy", ""}}), "");
    EXPECT_FALSE(q->attributes.redrive());
}

TEST_F(registry_test, redrive_allow_policy) {
    const auto dead = make("dead");
    const auto q = make("q"), r = make("r");
    const auto by_queue = [](std::size_t n) {
        std::string arns = '"' + named("q").arn() + '"';
        for (std::size_t i = 1; i < n; ++i) arns += ",\"" + named("s" + std::to_string(i)).arn() + '"';
        return string_map{
            {"RedriveAllowPolicy", R"({"redrivePermission":"byQueue","sourceQueueArns":[)" + arns + "]}"}};
    };
    EXPECT_EQ(set_error(*dead, by_queue(10)), "");
    EXPECT_NE(set_error(*dead, by_queue(11)).find("1 to 10 queue ARNs"), std::string::npos);
    EXPECT_EQ(set_error(*q, redrive("dead", "3")), "");
    EXPECT_NE(set_error(*r, redrive("dead", "3")).find("does not permit this queue"), std::string::npos);
    for (const char* bad : {"{", R"({"redrivePermission":"maybe"})", R"({"redrivePermission":"byQueue"})",
                            R"({"redrivePermission":"byQueue","sourceQueueArns":[1]})",
                            R"({"redrivePermission":"allowAll","sourceQueueArns":[]})"})
        EXPECT_NE(set_error(*dead, {{"RedriveAllowPolicy", bad}}).find("for parameter RedriveAllowPolicy"),
                  std::string::npos)
            << bad;
    EXPECT_EQ(set_error(*dead, {{"RedriveAllowPolicy", R"({"redrivePermission":"allowAll"})"}}), "");
    EXPECT_EQ(set_error(*r, redrive("dead", "3")), "");
}

TEST_F(registry_test, dead_letters_arrive_in_their_queue_while_it_exists) {
    const auto dead = make("dead");
    const auto q = make("q", redrive("dead", "1"));
    rng random(9);
    queue_message m;
    m.body = "x";
    q->store.send(std::move(m), std::nullopt, at(0), random);
    const receive_request request{1, std::chrono::seconds(1), 0, {}};
    EXPECT_EQ(registry.receive(*q, request, at(0), random).batch.messages.size(), 1U);
    const auto second = registry.receive(*q, request, at(1), random);
    EXPECT_TRUE(second.batch.messages.empty());
    EXPECT_EQ(second.dead_letter_queue, dead);
    EXPECT_EQ(dead->store.size(), 1U);
    EXPECT_EQ(registry.messages(), 1U);
    ASSERT_EQ(registry.dead_letter_sources(*dead).size(), 1U);

    queue_message n;
    n.body = "y";
    q->store.send(std::move(n), std::nullopt, at(2), random);
    registry.remove(named("dead"), at(2));
    for (int t = 2; t < 6; ++t)
        EXPECT_EQ(registry.receive(*q, request, at(t), random).batch.messages.size(), 1U);
}

TEST_F(registry_test, list_in_pages) {
    for (const char* n : {"b2", "a1", "b1", "b3", "c"}) make(n);
    registry.create({account_id("999988887777"), region_name("us-east-1"), "b9"}, {}, {}, at(0));
    const auto names = [](const queue_registry::page& p) {
        std::string out;
        for (const auto& q : p.queues) out += q->key.name + " ";
        return out + (p.more ? "+" : "");
    };
    const account_id account("111122223333");
    const region_name region("us-east-1");
    EXPECT_EQ(names(registry.list(account, region, "", "", 1000)), "a1 b1 b2 b3 c ");
    EXPECT_EQ(names(registry.list(account, region, "b", "", 2)), "b1 b2 +");
    EXPECT_EQ(names(registry.list(account, region, "b", "b2", 2)), "b3 ");
    EXPECT_EQ(names(registry.list(account, region_name("eu-west-1"), "", "", 2)), "");
}

}  // namespace
}  // namespace trainyard::aws::local
