#include "aws/sqs/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/digest.hpp"

namespace trainyard::aws::sqs {
namespace {

// Recorded against AWS.
TEST(attributes_md5, known_answers) {
    EXPECT_EQ(attributes_md5({{"timestamp", {"Number", "1493147359900"}}}),
              "235c5c510d26fb653d073faed50ae77c");
    EXPECT_EQ(attributes_md5({{"Foo", {"String", "Bar"}}}), "ae7155c6026991b6d54b11589678bf9c");
    EXPECT_EQ(attributes_md5({{"Hello", {"String", "There"}}, {"General", {"String", "Kenobi"}}}),
              "fca026605781cb4126a1e9044df24232");
    EXPECT_EQ(attributes_md5({{"Hello", {"String", "There"}}}), "a311262e065454b75da111d535b8dacd");
    EXPECT_EQ(attributes_md5({{"MyAttribute", {"String", "foobar"}}}), "adb59cd4678ea5a855436b949cd07ab6");
    EXPECT_EQ(attributes_md5({}), "");
    // Computed from the published rule with another implementation: transport byte 2, raw bytes.
    EXPECT_EQ(attributes_md5({{"a", {"Binary.x", std::string("\0\xff", 2)}}}),
              "a2ea4c2918d4fc377d14fd06adc5d8d9");
}

TEST(encode, requests) {
    EXPECT_EQ(encode_create_queue("q.fifo", {{"FifoQueue", "true"}}),
              R"({"QueueName":"q.fifo","Attributes":{"FifoQueue":"true"}})");
    EXPECT_EQ(encode_create_queue("q", {}), R"({"QueueName":"q"})");
    EXPECT_EQ(encode_get_queue_url("q", "123456789012"),
              R"({"QueueName":"q","QueueOwnerAWSAccountId":"123456789012"})");
    EXPECT_EQ(encode_get_queue_attributes("u", {"All"}), R"({"QueueUrl":"u","AttributeNames":["All"]})");
    EXPECT_EQ(encode_list_queues("p", "t"), R"({"QueueNamePrefix":"p","NextToken":"t","MaxResults":1000})");
    EXPECT_EQ(encode_queue_only("u"), R"({"QueueUrl":"u"})");
    EXPECT_EQ(encode_delete_batch("u", {{"0", "h\"0"}}),
              R"({"QueueUrl":"u","Entries":[{"Id":"0","ReceiptHandle":"h\"0"}]})");
    EXPECT_EQ(encode_visibility_batch("u", {{"0", "h", 0}}),
              R"({"QueueUrl":"u","Entries":[{"Id":"0","ReceiptHandle":"h","VisibilityTimeout":0}]})");
    EXPECT_EQ(
        encode_receive("u", {10, 20, 0, "try"}),
        R"({"QueueUrl":"u","MaxNumberOfMessages":10,"WaitTimeSeconds":20,"VisibilityTimeout":0,)"
        R"("ReceiveRequestAttemptId":"try","MessageSystemAttributeNames":["All"],"MessageAttributeNames":["All"]})");
}

TEST(encode, messages) {
    send_entry e;
    e.id = "a";
    e.body = "b";
    EXPECT_EQ(encode_send("u", e), R"({"QueueUrl":"u","MessageBody":"b"})");
    e.delay_seconds = 0;
    e.group_id = "g";
    e.deduplication_id = "d";
    e.attributes = {{"n", {"Number.int", "1"}}, {"z", {"Binary.raw", std::string("\0\xff", 2)}}};
    EXPECT_EQ(
        encode_send_batch("u", {e}),
        R"({"QueueUrl":"u","Entries":[{"Id":"a","MessageBody":"b","DelaySeconds":0,"MessageAttributes":{)"
        R"("n":{"DataType":"Number.int","StringValue":"1"},"z":{"DataType":"Binary.raw","BinaryValue":"AP8="}},)"
        R"("MessageGroupId":"g","MessageDeduplicationId":"d"}]})");
}

TEST(decode, simple_answers) {
    EXPECT_EQ(*decode_queue_url(R"({"QueueUrl":"https://h/1/q","New":1})"), "https://h/1/q");
    EXPECT_FALSE(decode_queue_url("{}"));
    EXPECT_FALSE(decode_queue_url(""));
    EXPECT_FALSE(decode_queue_url("<html>"));
    EXPECT_EQ(*decode_attributes(R"({"Attributes":{"VisibilityTimeout":"30"}})"),
              (string_map{{"VisibilityTimeout", "30"}}));
    EXPECT_FALSE(decode_attributes(R"({"Attributes":{"VisibilityTimeout":30}})"));
    EXPECT_EQ(decode_list_queues("{}")->urls.size(), 0U);
    const auto page = decode_list_queues(R"({"QueueUrls":["a","b"],"NextToken":"t"})");
    EXPECT_THAT(page->urls, testing::ElementsAre("a", "b"));
    EXPECT_EQ(page->next_token, "t");
    EXPECT_EQ(decode_list_queues(R"({"QueueUrls":null,"NextToken":null})")->next_token, "");
}

std::string message_json(const std::string& body_md5, const std::string& attributes_digest) {
    return R"({"Messages":[{"MessageId":"m1","ReceiptHandle":"h1","Body":"hi","MD5OfBody":")" + body_md5 +
           R"(","Attributes":{"ApproximateReceiveCount":"2"},"MessageAttributes":{"Foo":{"DataType":"String",)"
           R"("StringValue":"Bar"}},"MD5OfMessageAttributes":")" +
           attributes_digest + R"("}]})";
}

TEST(decode, receive) {
    const auto got = decode_receive(message_json(md5_hex("hi"), "ae7155c6026991b6d54b11589678bf9c"));
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(got->size(), 1U);
    const auto& m = got->front();
    EXPECT_EQ(m.message_id + m.receipt_handle + m.body, "m1h1hi");
    EXPECT_EQ(m.system_attributes.at("ApproximateReceiveCount"), "2");
    EXPECT_EQ(m.attributes.at("Foo").value, "Bar");
    for (const char* empty : {"{}", "", R"({"Messages":null})", R"({"Messages":[]})"})
        EXPECT_EQ(decode_receive(empty)->size(), 0U) << empty;
}

TEST(decode, receive_refuses_wrong_digests) {
    const auto body = decode_receive(message_json(md5_hex("ho"), "ae7155c6026991b6d54b11589678bf9c"));
    ASSERT_FALSE(body);
    EXPECT_THAT(body.error().message, testing::HasSubstr("message m1: MD5OfBody"));
    const auto attributes = decode_receive(message_json(md5_hex("hi"), "0e7155c6026991b6d54b11589678bf9c"));
    ASSERT_FALSE(attributes);
    EXPECT_THAT(attributes.error().message, testing::HasSubstr("MD5OfMessageAttributes"));
    EXPECT_FALSE(decode_receive(R"({"Messages":[{"MessageId":"m1","Body":""}]})"));
}

send_entry entry(std::string id, std::string body) {
    send_entry e;
    e.id = std::move(id);
    e.body = std::move(body);
    return e;
}

TEST(decode, send_checks_what_was_stored) {
    const auto ok =
        decode_send(R"({"MessageId":"m","SequenceNumber":"7","MD5OfMessageBody":")" + md5_hex("x") + "\"}",
                    entry("i", "x"));
    ASSERT_TRUE(ok) << ok.error().message;
    EXPECT_EQ(ok->id + ok->message_id + ok->sequence_number, "im7");
    EXPECT_FALSE(
        decode_send(R"({"MessageId":"m","MD5OfMessageBody":")" + md5_hex("y") + "\"}", entry("i", "x")));
    EXPECT_FALSE(decode_send("{}", entry("i", "x")));
    auto with = entry("i", "x");
    with.attributes = {{"Foo", {"String", "Bar"}}};
    EXPECT_FALSE(decode_send(R"({"MessageId":"m","MD5OfMessageBody":")" + md5_hex("x") + "\"}", with));
}

TEST(decode, batch_gives_each_id_one_outcome) {
    // Shuffled, one id missing, one unknown, one doubly successful, one both successful and failed.
    const auto got =
        decode_batch(R"({"Successful":[{"Id":"both"},{"Id":"b"},{"Id":"a"},{"Id":"a"},{"Id":"unknown"}],)"
                     R"("Failed":[{"Id":"both","Code":"InternalError","Message":"m","SenderFault":false},)"
                     R"({"Id":"f","Code":"ReceiptHandleIsInvalid","SenderFault":true}]})",
                     {"a", "b", "both", "f", "gone", "a"});
    ASSERT_TRUE(got);
    EXPECT_THAT(got->successful, testing::ElementsAre("a", "b"));
    ASSERT_EQ(got->failed.size(), 3U);
    EXPECT_EQ(got->failed[0].id + got->failed[0].code, "bothInternalError");
    EXPECT_EQ(got->failed[1].id + got->failed[1].code, "fReceiptHandleIsInvalid");
    EXPECT_TRUE(got->failed[1].sender_fault);
    EXPECT_EQ(got->failed[2].id + got->failed[2].code, "goneMissing");
    const auto nothing = decode_batch("", {"a"});
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->failed.size(), 1U);
}

TEST(decode, send_batch_checks_each_digest) {
    const auto got = decode_send_batch(
        R"({"Successful":[{"Id":"a","MessageId":"1","MD5OfMessageBody":")" + md5_hex("x") +
            R"("},{"Id":"b","MessageId":"2","MD5OfMessageBody":")" + md5_hex("x") + R"("}]})",
        {entry("a", "x"), entry("b", "y")});
    ASSERT_TRUE(got);
    ASSERT_EQ(got->successful.size(), 1U);
    EXPECT_EQ(got->successful[0].message_id, "1");
    ASSERT_EQ(got->failed.size(), 1U);
    EXPECT_EQ(got->failed[0].id + got->failed[0].code, "bCorrupt");
}

}  // namespace
}  // namespace trainyard::aws::sqs
