#include <gtest/gtest.h>

#include "aws/local/events/input_transformer.hpp"

namespace trainyard::aws::local::events {
namespace {

const char* const event_text =
    R"({"id":"1","time":"2015-11-11T21:29:54Z","detail":{"instance":"i-1","n":3.0,"list":[{"a":1},{"a":2}],"q":"say \"hi\"","o":{"k":"v"}}})";

TEST(json_path_test, finds) {
    const auto document = json::document::parse(event_text);
    ASSERT_TRUE(document);
    struct row {
        const char *path, *found;
    };
    const row rows[] = {
        {"$.id", R"("1")"},
        {"$.detail.n", "3.0"},
        {"$['detail']['instance']", R"("i-1")"},
        {"$.detail.list[1].a", "2"},
        {"$.detail.list[*].a", "[1,2]"},
        {"$.detail.list[2].a", ""},
        {"$.detail.o", R"({"k":"v"})"},
        {"$.none.of.it", ""},
    };
    for (const row& r : rows) {
        const auto path = json_path::parse(r.path);
        ASSERT_TRUE(path) << r.path;
        EXPECT_EQ(path->find(document->root()), r.found) << r.path;
    }
    for (const char* bad : {"", "detail", "$detail", "$.", "$..a", "$.a[", "$.a[x]", "$.a[-1]", "$.a[]"})
        EXPECT_FALSE(json_path::parse(bad)) << bad;
}

std::string apply(const std::string& text) {
    const std::map<std::string, std::string> paths{{"instance", "$.detail.instance"},
                                                   {"n", "$.detail.n"},
                                                   {"o", "$.detail.o"},
                                                   {"q", "$.detail.q"},
                                                   {"none", "$.detail.none"}};
    const auto read = input_transformer::parse(paths, text);
    EXPECT_TRUE(read);
    const auto document = json::document::parse(event_text);
    return read ? read->apply(document->root(),
                              {"nightly", "arn:rule", event_text, *parse_iso8601("2026-01-01T00:00:00Z")})
                : "";
}

TEST(input_transformer_test, templates) {
    struct row {
        const char *text, *out;
    };
    const row rows[] = {
        {R"("<instance> is in state <n>")", R"("i-1 is in state 3.0")"},
        {R"({"i":<instance>,"n":<n>,"o":<o>})", R"({"i":"i-1","n":3.0,"o":{"k":"v"}})"},
        {R"({"text":"<instance>/<q>","o":"<o>"})", R"({"text":"i-1/say \"hi\"","o":"{\"k\":\"v\"}"})"},
        {R"(<instance> has <q>)", R"(i-1 has say "hi")"},
        {R"({"escaped":"a \"<instance>\""})", R"({"escaped":"a \"i-1\""})"},
        {R"({"rule":<aws.events.rule-arn>,"name":"<aws.events.rule-name>"})",
         R"({"rule":"arn:rule","name":"nightly"})"},
        {R"({"at":<aws.events.event.ingestion-time>})", R"({"at":"2026-01-01T00:00:00Z"})"},
        {R"(<none>|<unknown>|a < b > c|<)", R"(||a < b > c|<)"},
    };
    for (const row& r : rows) EXPECT_EQ(apply(r.text), r.out) << r.text;
    EXPECT_EQ(apply(R"({"event":<aws.events.event>})"), std::string(R"({"event":)") + event_text + "}");
}

TEST(input_transformer_test, refusals) {
    EXPECT_FALSE(input_transformer::parse({{"AWSx", "$.a"}}, "x"));
    EXPECT_FALSE(input_transformer::parse({{"x", "a"}}, "x"));
}

}  // namespace
}  // namespace trainyard::aws::local::events
