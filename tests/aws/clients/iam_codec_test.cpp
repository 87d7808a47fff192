// IAM's Query protocol: what is sent, and what is made of answers that are right, paged and broken.
#include "aws/iam/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::aws::iam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(iam_codec, encodes_an_operation_and_its_tags) {
    std::vector<std::pair<std::string, std::string>> input{{"RoleName", "a+b"}};
    add_tags(input, {{"trainyard:owner", "acme/prod"}, {"x", ""}});
    EXPECT_EQ(encode("TagRole", input),
              "Action=TagRole&Version=2010-05-08&RoleName=a%2Bb&Tags.member.1.Key=trainyard%3Aowner"
              "&Tags.member.1.Value=acme%2Fprod&Tags.member.2.Key=x&Tags.member.2.Value=");
}

TEST(iam_codec, reads_a_role_with_its_document) {
    const auto r = decode_role(
        "<GetRoleResponse><GetRoleResult><Role><Path>/a/</Path><RoleName>n</RoleName>"
        "<Arn>arn:aws:iam::1:role/a/n</Arn>"
        "<AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>"
        "<Tags><member><Key>k</Key><Value>v &amp; w</Value></member></Tags>"
        "</Role></GetRoleResult></GetRoleResponse>");
    ASSERT_TRUE(r) << r.error().message;
    EXPECT_EQ(r->path, "/a/");
    EXPECT_EQ(r->trust, R"({"Version":"2012-10-17"})");
    EXPECT_EQ(r->tags, (iam::tags{{"k", "v & w"}}));
}

TEST(iam_codec, reads_pages) {
    const auto first = decode_policy_names(
        "<R><ListRolePoliciesResult><PolicyNames><member>a</member><member>b</member></PolicyNames>"
        "<IsTruncated>true</IsTruncated><Marker>m</Marker></ListRolePoliciesResult></R>");
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_THAT(first->names, ElementsAre("a", "b"));
    EXPECT_EQ(first->marker, "m");
    const auto last = decode_attached(
        "<R><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>x</PolicyName>"
        "<PolicyArn>arn:x</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>"
        "<Marker>ignored</Marker></ListAttachedRolePoliciesResult></R>");
    ASSERT_TRUE(last) << last.error().message;
    EXPECT_THAT(last->names, ElementsAre("arn:x"));
    EXPECT_EQ(last->marker, "");
}

TEST(iam_codec, says_what_is_missing) {
    const auto why = [](const auto& r) { return r ? std::string{"nothing"} : r.error().message; };
    EXPECT_EQ(why(decode_role("{}")), "not XML");
    EXPECT_EQ(why(decode_role("<R/>")), "no GetRoleResult");
    EXPECT_EQ(why(decode_role("<R><GetRoleResult><Role/></GetRoleResult></R>")), "no RoleName or Arn");
    EXPECT_THAT(why(decode_policy("<R><GetRolePolicyResult><PolicyDocument>%7</PolicyDocument>"
                                  "</GetRolePolicyResult></R>")),
                HasSubstr("no readable PolicyDocument"));
    EXPECT_THAT(why(decode_policy_names("<R><ListRolePoliciesResult><IsTruncated>true</IsTruncated>"
                                        "</ListRolePoliciesResult></R>")),
                HasSubstr("without Marker"));
}

}  // namespace
}  // namespace trainyard::aws::iam
