#include "aws/sts/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::aws::sts {
namespace {

const assume_role_request good{"arn:aws:iam::123456789012:role/path/run+1", "ty=run@1", secret{}, 3600};

TEST(encode, assume_role) {
    EXPECT_EQ(*encode_assume_role(good),
              "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpath%"
              "2Frun%2B1"
              "&RoleSessionName=ty%3Drun%401&DurationSeconds=3600");
    auto with = good;
    with.external_id = secret{"a b&c=d"};
    EXPECT_THAT(*encode_assume_role(with), testing::EndsWith("&ExternalId=a%20b%26c%3Dd"));
    EXPECT_EQ(encode_get_caller_identity(), "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST(encode, limits) {
    const auto refused = [](auto change) {
        auto r = good;
        change(r);
        return !encode_assume_role(r);
    };
    EXPECT_FALSE(refused([](auto& r) { r.duration_seconds = 900; }));
    EXPECT_TRUE(refused([](auto& r) { r.duration_seconds = 899; }));
    EXPECT_FALSE(refused([](auto& r) { r.duration_seconds = 43200; }));
    EXPECT_TRUE(refused([](auto& r) { r.duration_seconds = 43201; }));
    EXPECT_FALSE(refused([](auto& r) { r.session_name = std::string(64, 'a'); }));
    EXPECT_TRUE(refused([](auto& r) { r.session_name = std::string(65, 'a'); }));
    EXPECT_TRUE(refused([](auto& r) { r.session_name = "a"; }));
    EXPECT_TRUE(refused([](auto& r) { r.session_name = "a b"; }));
    EXPECT_TRUE(refused([](auto& r) { r.external_id = secret{"x"}; }));
    EXPECT_TRUE(refused([](auto& r) { r.role_arn = "role/without-arn-prefix"; }));
}

std::string answer(const std::string& expiration) {
    return "<AssumeRoleResponse "
           "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
           "<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>hush+/=</"
           "SecretAccessKey><SessionToken>tok&amp;en</SessionToken>"
           "<Expiration>" +
           expiration + "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

TEST(encode, assume_role_with_web_identity) {
    const web_identity_request r{"arn:aws:iam::123456789012:role/pod", "ty", "/token"};
    EXPECT_EQ(*encode_assume_role_with_web_identity(r, secret{"a.b+c"}),
              "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%"
              "3Arole%2Fpod"
              "&RoleSessionName=ty&DurationSeconds=3600&WebIdentityToken=a.b%2Bc");
    EXPECT_FALSE(encode_assume_role_with_web_identity(r, secret{"abc"}));
    EXPECT_TRUE(
        encode_assume_role_with_web_identity(r, secret{std::string(web_identity_token_bytes_max, 'x')}));
    EXPECT_FALSE(
        encode_assume_role_with_web_identity(r, secret{std::string(web_identity_token_bytes_max + 1, 'x')}));
    web_identity_request nameless = r;
    nameless.session_name = "x";
    EXPECT_FALSE(encode_assume_role_with_web_identity(nameless, secret{"abcd"}));
}

TEST(decode, assume_role) {
    const auto got = decode_assume_role(answer("2026-01-01T00:00:00Z"));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->access_key_id, "ASIA1");
    EXPECT_EQ(got->secret_access_key.reveal(), "hush+/=");
    EXPECT_EQ(got->session_token.reveal(), "tok&en");
    EXPECT_EQ(to_iso8601(*got->expires_at), "2026-01-01T00:00:00Z");
}

TEST(decode, refusals_do_not_quote_the_answer) {
    for (const auto& body :
         {answer("soon hush"), answer("").substr(0, 250), std::string{"hush"},
          std::string{"<AssumeRoleResponse><AssumeRoleResult/>hush</AssumeRoleResponse>"}}) {
        const auto got = decode_assume_role(body);
        ASSERT_FALSE(got) << body;
        EXPECT_THAT(got.error().message, testing::Not(testing::HasSubstr("hush")));
    }
}

TEST(decode, caller_identity) {
    const auto got = decode_get_caller_identity(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:a</Arn><UserId>U</UserId><Account>1</"
        "Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->account + got->arn + got->user_id, "1arn:aU");
    EXPECT_FALSE(decode_get_caller_identity("<GetCallerIdentityResponse/>"));
}

}  // namespace
}  // namespace trainyard::aws::sts
