#include "engine/http/message.hpp"

#include <gtest/gtest.h>

namespace trainyard::http {
namespace {

TEST(fields, names_compare_without_case) {
    fields f{{"Host", "a"}, {"X", "1"}, {"x", "2"}};
    EXPECT_EQ(f.get("HOST"), "a");
    EXPECT_EQ(f.get("X"), "1");
    EXPECT_EQ(f.count("X"), 2U);
    f.set("X", "3");
    EXPECT_EQ(f.count("x"), 1U);
    EXPECT_EQ(f.get("x"), "3");
    f.set("New", "");
    EXPECT_TRUE(f.has("new"));
    EXPECT_FALSE(f.has("ne"));
    EXPECT_EQ(f.size(), 3U);
}

TEST(fields, setting_one_leaves_the_others_in_order) {
    fields f{{"a", "1"}, {"b", "2"}, {"A", "3"}, {"c", "4"}, {"a", "5"}};
    f.set("A", "a longer value than the one it replaces");
    std::string seen;
    for (const field each : f) seen.append(each.name).append("=").append(each.value).append(";");
    EXPECT_EQ(seen, "a=a longer value than the one it replaces;b=2;c=4;");
    const fields moved = std::move(f);
    EXPECT_EQ(moved.get("c"), "4");
}

TEST(fields, clear_forgets_everything) {
    fields f{{"a", "1"}};
    f.clear();
    EXPECT_EQ(f.size(), 0U);
    EXPECT_FALSE(f.has("a"));
    f.add("b", "2");
    EXPECT_EQ(f.get("b"), "2");
}

TEST(request, target_splits_at_the_first_question_mark) {
    request r;
    r.target = "/a/b?c=d?e";
    EXPECT_EQ(r.path(), "/a/b");
    EXPECT_EQ(r.query(), "c=d?e");
    r.target = "/a";
    EXPECT_EQ(r.path(), "/a");
    EXPECT_EQ(r.query(), "");
}

TEST(url, accepts) {
    const struct {
        const char *text, *origin, *authority, *path;
    } rows[] = {
        {"https://sqs.eu-west-1.amazonaws.com", "https://sqs.eu-west-1.amazonaws.com:443",
         "sqs.eu-west-1.amazonaws.com", "/"},
        {"http://127.0.0.1:4566/0123/queue.fifo?x=1", "http://127.0.0.1:4566", "127.0.0.1:4566",
         "/0123/queue.fifo"},
        {"HTTP://Example.ORG:80/", "http://example.org:80", "example.org", "/"},
        {"https://example.org:80", "https://example.org:80", "example.org:80", "/"},
        {"http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080", "[2001:db8::1]:8080", "/a"},
        {"http://a?b=/c", "http://a:80", "a", "/"},
    };
    for (const auto& row : rows) {
        const auto got = parse_url(row.text);
        ASSERT_TRUE(got.has_value()) << row.text << ": " << got.error().message;
        EXPECT_EQ(got->origin.to_string(), row.origin) << row.text;
        EXPECT_EQ(got->origin.authority(), row.authority) << row.text;
        EXPECT_EQ(got->path, row.path) << row.text;
    }
}

TEST(url, refuses) {
    for (const std::string text : {"",
                                   "ftp://a",
                                   "//a",
                                   "a.b/c",
                                   "http://",
                                   "http:///x",
                                   "http://a:0",
                                   "http://a:65536",
                                   "http://a:",
                                   "http://a:+1",
                                   "http://a:8 0",
                                   "http://u:p@a/",
                                   "http://a/#f",
                                   "http://a/\n",
                                   "http://a b/",
                                   "http://[::1",
                                   "http://[a.b]",
                                   "http://[::1]x",
                                   "http://a\x80/",
                                   "http://a,b/",
                                   "http://a:1:2/"}) {
        const auto got = parse_url(text);
        ASSERT_FALSE(got.has_value()) << text;
        EXPECT_EQ(got.error().code, errc::invalid_argument) << text;
    }
    // Whatever else is wrong: a password is not repeated.
    for (const std::string text : {"http://user:hunter2@a/", "http://user:hunter2@a/#f", "user:hunter2@a",
                                   "htp://user:hunter2@a/", "http://user:hunter2 @a/"})
        EXPECT_EQ(parse_url(text).error().message.find("hunter2"), std::string::npos) << text;
}

}  // namespace
}  // namespace trainyard::http
