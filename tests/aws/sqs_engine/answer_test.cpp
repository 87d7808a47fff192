// Answers read in place say the same as codec.hpp's decoders, and refuse what those refuse.
#include "aws/sqs/answer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/sqs/codec.hpp"
#include "aws/sqs/request_text.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::sqs {
namespace {

std::string message_text(const std::string& body, const std::string& more = "", std::string md5 = "") {
    json::writer w;
    w.begin_object().member("MessageId", "m-1").member("ReceiptHandle", "h/1+=").member("Body", body);
    w.member("MD5OfBody", md5.empty() ? md5_hex(body) : md5).end_object();
    std::string out = w.take();
    out.pop_back();
    return out + more + "}";
}

std::string answer_text(const std::string& messages) {
    return R"({"Messages":[)" + messages + R"(],"ResponseMetadata":{"a":[1,{"b":null}]}})";
}

TEST(received_answer, a_message_with_everything) {
    const attribute_map attributes{{"raw", {"Binary", std::string("\0\xFF\1", 3)}},
                                   {"n", {"Number.x", "12"}}};
    const std::string more =
        R"(,"Attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1700000000123","MessageGroupId":"g",)"
        R"("MessageDeduplicationId":"d","SenderId":"x"},"MessageAttributes":{"raw":{"DataType":"Binary",)"
        R"("BinaryValue":")" +
        to_base64(attributes.at("raw").value) +
        R"(","StringListValues":[]},"n":{"StringValue":"12","DataType":"Number.x"}},"MD5OfMessageAttributes":")" +
        attributes_md5(attributes) + "\"";
    const std::string body = "line\n\"quoted\" \xC3\xA9 \\ end";
    received_answer a;
    ASSERT_TRUE(a.read(answer_text(message_text(body, more))));
    ASSERT_EQ(a.messages().size(), 1U);
    const message_view& m = a.messages()[0];
    EXPECT_EQ(m.id, "m-1");
    EXPECT_EQ(m.receipt_handle, "h/1+=");
    EXPECT_EQ(m.body, body);
    EXPECT_EQ(m.group_id, "g");
    EXPECT_EQ(m.deduplication_id, "d");
    EXPECT_EQ(m.receive_count, 3);
    EXPECT_EQ(m.sent_millis, 1'700'000'000'123);
    ASSERT_EQ(m.attributes.size(), 2U);
    EXPECT_EQ(m.attribute("raw"), attributes.at("raw").value);
    EXPECT_EQ(m.attribute("n"), "12");
    EXPECT_EQ(m.attribute("other"), "");
}

TEST(received_answer, agrees_with_the_plain_decoder_about_what_is_wrong) {
    const std::string good = message_text("b");
    for (
        const std::string& text :
        {answer_text(good),
         answer_text(good + "," + good),
         std::string{"{}"},
         std::string{},
         answer_text(message_text("b", "", md5_hex("c"))),
         answer_text(message_text("b", R"(,"MD5OfMessageAttributes":"1")")),
         answer_text(
             R"({"MessageId":"","ReceiptHandle":"h","Body":"","MD5OfBody":"d41d8cd98f00b204e9800998ecf8427e"})"),
         answer_text(R"({"MessageId":"m","Body":"","MD5OfBody":"d41d8cd98f00b204e9800998ecf8427e"})"),
         answer_text(R"({"MessageId":"m","ReceiptHandle":"h"})"),
         answer_text(R"({"MessageId":"m","ReceiptHandle":"h","Body":1})"),
         answer_text(message_text("b", R"(,"MessageAttributes":{"a":{"DataType":"String"}})")),
         answer_text(
             message_text("b", R"(,"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"?"}})")),
         answer_text(message_text("b", R"(,"Body":"c")")),
         answer_text(good) + "x",
         std::string{"[]"},
         std::string{"\"x\""},
         std::string{"1"},
         std::string{"null"},
         std::string{"true"},
         std::string{"{\"Messages\":[1]"},
         answer_text("{\"a\":\"\xC3\"}"),
         answer_text(good) + std::string(1, '\0')}) {
        received_answer a;
        const auto here = a.read(text);
        const auto there = decode_receive(text);
        EXPECT_EQ(here.has_value(), there.has_value())
            << text << (here ? "" : here.error().message) << (there ? "" : there.error().message);
        const std::size_t expected = here && there ? there->size() : 0;
        EXPECT_EQ(a.messages().size(), expected) << text;
    }
}

TEST(received_answer, memory_is_used_again) {
    received_answer a;
    ASSERT_TRUE(a.read(answer_text(message_text("first"))));
    const std::string memory = a.clear();
    EXPECT_GT(memory.capacity(), 0U);
    EXPECT_TRUE(a.messages().empty());
    ASSERT_TRUE(a.read(answer_text(message_text("second"))));
    EXPECT_EQ(a.messages()[0].body, "second");
}

TEST(received_answer, more_than_ten_messages_are_refused) {
    std::string all;
    for (int i = 0; i < 11; ++i) all += (i > 0 ? "," : "") + message_text("b");
    received_answer a;
    EXPECT_FALSE(a.read(answer_text(all)));
}

TEST(batch_answer, every_entry_has_one_outcome) {
    std::string text =
        R"({"Successful":[{"Id":"0"},{"Id":"1"},{"Id":"7"},{"Id":"x"},{"Id":"3","MessageId":"m"}],)"
        R"("Failed":[{"Id":"1","Code":"Busy","Message":"later","SenderFault":false},{"Id":"2","Code":"Bad","SenderFault":true}]})";
    batch_answer a;
    ASSERT_TRUE(a.read(text, 5));
    EXPECT_TRUE(a[0].done);
    EXPECT_FALSE(a[1].done) << "a failure beats a success";
    EXPECT_EQ(a[1].code, "Busy");
    EXPECT_EQ(a[1].message, "later");
    EXPECT_FALSE(a[1].sender_fault);
    EXPECT_TRUE(a[2].sender_fault);
    EXPECT_TRUE(a[3].done);
    EXPECT_EQ(a[3].message_id, "m");
    EXPECT_FALSE(a[4].done);
    EXPECT_EQ(a[4].code, "Missing");
}

TEST(batch_answer, what_is_no_answer_is_an_error) {
    for (const char* wrong : {"[]", "1", "\"a\"", "{", R"({"Failed":1})", R"({"Failed":[1]})"}) {
        std::string text = wrong;
        batch_answer a;
        const bool read = a.read(text, 1).has_value();
        EXPECT_TRUE(!read || !a[0].done) << wrong;
    }
}

TEST(request_text, says_the_same_as_the_plain_encoders) {
    const std::string url = "https://sqs.us-east-1.amazonaws.com/1/q\"\x01";
    const std::string handle = "AQEB/+==\\\"\n and more than eight";
    std::string out;
    begin_batch(out, url);
    add_delete(out, 0, handle);
    add_delete(out, 1, "h");
    end_batch(out);
    const auto same = [](std::string_view a, std::string_view b) {
        const auto x = json::document::parse(a), y = json::document::parse(b);
        return x && y && json::same_content(x->root(), y->root());
    };
    EXPECT_TRUE(same(out, encode_delete_batch(url, {{"0", handle}, {"1", "h"}}))) << out;
    begin_batch(out, url);
    add_visibility(out, 0, handle, 43'200);
    end_batch(out);
    EXPECT_TRUE(same(out, encode_visibility_batch(url, {{"0", handle, 43'200}}))) << out;
    const receive_options o{7, 20, 30, "again"};
    write_receive(out, url, o, R"(["All"])");
    EXPECT_TRUE(same(out, encode_receive(url, o))) << out;
}

}  // namespace
}  // namespace trainyard::aws::sqs
