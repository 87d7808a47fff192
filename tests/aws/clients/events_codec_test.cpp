// EventBridge's bodies: a put that takes a part of the targets, pages, and answers that are broken.
#include "aws/events/codec.hpp"

#include <gtest/gtest.h>

#include "engine/base/json.hpp"

namespace trainyard::aws::events {
namespace {

std::string text_at(const json::value& v, std::string_view member) {
    return std::string{v.find(member).string().value_or("")};
}

TEST(events_codec, puts_targets_with_their_role_where_there_is_one) {
    const auto sent =
        json::document::parse(encode_put_targets("r", {{"a", "arn:a", "arn:role"}, {"b", "arn:b", ""}}));
    ASSERT_TRUE(sent);
    EXPECT_EQ(text_at(sent->root(), "Rule"), "r");
    const json::value targets = sent->root().find("Targets");
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(text_at(targets.at(0), "RoleArn"), "arn:role");
    EXPECT_FALSE(targets.at(1).find("RoleArn").exists());
}

TEST(events_codec, a_target_that_was_refused_is_told) {
    const auto taken = decode_failed_entry(R"({"FailedEntryCount":0,"FailedEntries":[]})");
    ASSERT_TRUE(taken);
    EXPECT_EQ(*taken, "");
    const auto refused = decode_failed_entry(
        R"({"FailedEntryCount":1,"FailedEntries":[{"TargetId":"a","ErrorCode":"C","ErrorMessage":"why"}]})");
    ASSERT_TRUE(refused);
    EXPECT_EQ(*refused, "a: C: why");
}

TEST(events_codec, reads_rules_pages_of_targets_and_tags) {
    const auto rule = decode_rule(R"({"Name":"n","Arn":"arn:n","EventPattern":"{}","State":"DISABLED"})");
    ASSERT_TRUE(rule);
    EXPECT_FALSE(rule->enabled);
    const auto page = decode_targets(R"({"Targets":[{"Id":"a","Arn":"arn:a"}],"NextToken":"t"})");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->targets.front().arn, "arn:a");
    EXPECT_EQ(page->next_token, "t");
    const auto read = decode_tags(R"({"Tags":[{"Key":"k","Value":"v"}]})");
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (tags{{"k", "v"}}));
}

TEST(events_codec, says_what_is_missing) {
    EXPECT_FALSE(decode_rule("[]"));
    EXPECT_FALSE(decode_rule("{"));
    const auto nameless = decode_rule("{}");
    ASSERT_FALSE(nameless);
    EXPECT_EQ(nameless.error().message, "no Name or Arn");
    EXPECT_FALSE(decode_targets(R"({"Targets":[{"Arn":"arn:a"}]})"));
}

}  // namespace
}  // namespace trainyard::aws::events
