#include "aws/transport/arn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::aws {
namespace {

using testing::HasSubstr;

TEST(arn, has_six_parts_and_the_last_may_hold_colons) {
    const auto got = parse_arn("arn:aws-cn:sagemaker:cn-north-1:123456789012:training-job/a:b");
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(*got, (arn{"aws-cn", "sagemaker", "cn-north-1", "123456789012", "training-job/a:b"}));
    EXPECT_EQ(got->to_string(), "arn:aws-cn:sagemaker:cn-north-1:123456789012:training-job/a:b");
}

TEST(arn, of_global_services_and_of_aws_itself) {
    for (const std::string text : {"arn:aws:s3:::bucket/key", "arn:aws:iam::aws:policy/ReadOnlyAccess",
                                   "arn:aws:iam::123456789012:root"}) {
        const auto got = parse_arn(text);
        ASSERT_TRUE(got) << got.error().message;
        EXPECT_EQ(got->to_string(), text);
    }
}

TEST(arn, names_the_part_that_is_wrong) {
    const struct {
        std::string text, says;
    } rows[] = {
        {"", "begin with arn:"},
        {"ARN:aws:iam::123456789012:role/x", "begin with arn:"},
        {" arn:aws:iam::123456789012:role/x", "begin with arn:"},
        {"arn:", "partition"},
        {"arn:azure:iam::123456789012:role/x", "partition"},
        {"arn:aws CN:iam::123456789012:role/x", "partition"},
        {"arn:aws:::123456789012:role/x", "service"},
        {"arn:aws:IAM::123456789012:role/x", "service"},
        {"arn:aws:sqs:us east:123456789012:q", "region"},
        {"arn:aws:iam::12345678901:role/x", "12 digits"},
        {"arn:aws:iam::1234567890123:role/x", "12 digits"},
        {"arn:aws:iam::12345678901a:role/x", "12 digits"},
        {"arn:aws:iam::123456789012:", "resource"},
        {"arn:aws:iam::123456789012", "resource"},
        {"arn:aws:iam::123456789012:role/a b", "resource"},
        {"arn:aws:iam::123456789012:role/\n", "resource"},
        {"arn:aws:iam::123456789012:role/" + std::string(arn_bytes_max, 'x'), "2048"},
    };
    for (const auto& row : rows) {
        const auto got = parse_arn(row.text);
        ASSERT_FALSE(got) << row.text;
        EXPECT_EQ(got.error().code, errc::invalid_argument);
        EXPECT_THAT(got.error().message, HasSubstr(row.says)) << row.text;
    }
}

TEST(arn, of_a_role) {
    const auto role = [](std::string_view text) { return is_role(parse_arn(text).value()); };
    EXPECT_TRUE(role("arn:aws:iam::123456789012:role/x"));
    EXPECT_TRUE(role("arn:aws-us-gov:iam::123456789012:role/path/x"));
    EXPECT_FALSE(role("arn:aws:iam::123456789012:user/x"));
    EXPECT_FALSE(role("arn:aws:iam::123456789012:role/"));
    EXPECT_FALSE(role("arn:aws:iam::123456789012:role/path/"));
    EXPECT_FALSE(role("arn:aws:iam::aws:role/x"));
    EXPECT_FALSE(role("arn:aws:iam:us-east-1:123456789012:role/x"));
    EXPECT_FALSE(role("arn:aws:sts::123456789012:role/x"));
}

}  // namespace
}  // namespace trainyard::aws
