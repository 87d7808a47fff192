#include "aws/sqs/extended_payload.hpp"

#include <gtest/gtest.h>

#include <array>

namespace trainyard::aws::sqs {
namespace {

// As amazon-sqs-java-extended-client-lib 2 writes it.
constexpr std::string_view pointer_text =
    R"(["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"bodies","s3Key":"a/b c"}])";

std::optional<result<payload_pointer>> read(std::string_view body, std::string_view name,
                                            std::string_view size) {
    const std::array<attribute_view, 1> attributes{{{name, "Number", size}}};
    message_view m;
    m.body = body;
    m.attributes = attributes;
    return read_payload_pointer(m);
}

TEST(extended_payload, a_pointer_is_recognised_by_its_attribute) {
    for (const char* name : {"ExtendedPayloadSize", "SQSLargePayloadSize"}) {
        const auto p = read(pointer_text, name, "300000");
        ASSERT_TRUE(p && *p) << name;
        EXPECT_EQ((*p)->bucket, "bodies");
        EXPECT_EQ((*p)->key, "a/b c");
        EXPECT_EQ((*p)->size, 300'000U);
    }
    EXPECT_FALSE(read(pointer_text, "trainyard.kind", "1"));
}

TEST(extended_payload, the_class_of_the_first_version_is_known) {
    EXPECT_TRUE(*read(R"(["com.amazon.sqs.javamessaging.MessageS3Pointer",{"s3BucketName":"b","s3Key":"k"}])",
                      "SQSLargePayloadSize", "1"));
}

TEST(extended_payload, what_is_no_pointer_is_an_error_and_not_a_body) {
    for (const char* body :
         {"", "{}", "[]", R"(["other.Class",{"s3BucketName":"b","s3Key":"k"}])",
          R"(["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3Key":"k"}])",
          R"(["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":""}])",
          R"(["software.amazon.payloadoffloading.PayloadS3Pointer"])"}) {
        const auto p = read(body, "ExtendedPayloadSize", "1");
        ASSERT_TRUE(p) << body;
        EXPECT_FALSE(*p) << body;
    }
    EXPECT_FALSE(*read(pointer_text, "ExtendedPayloadSize", "many"));
}

TEST(extended_payload, what_is_written_is_read) {
    const send_entry e = make_payload_message({"bucket-1", "some \"key\"", 12});
    const auto p = read(e.body, "ExtendedPayloadSize", e.attributes.at("ExtendedPayloadSize").value);
    ASSERT_TRUE(p && *p);
    EXPECT_EQ((*p)->bucket, "bucket-1");
    EXPECT_EQ((*p)->key, "some \"key\"");
    EXPECT_EQ((*p)->size, 12U);
}

}  // namespace
}  // namespace trainyard::aws::sqs
