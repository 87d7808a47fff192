#include <gtest/gtest.h>

#include "engine/base/json.hpp"

namespace trainyard::json {
namespace {

using namespace std::string_literals;

std::string repeat(std::string_view text, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += text;
    return out;
}

std::optional<std::int64_t> integer(const std::string& text) {
    return document::parse(text).value().root().integer();
}

TEST(json_reader, reads_every_kind) {
    const auto d = document::parse(
        R"( {"n":null,"t":true,"f":false,"i":-7,"s":"a\u00e9\n\ud83d\ude00","a":[1,[2],{}],"o":{"x":{}}} )");
    ASSERT_TRUE(d.has_value());
    const value r = d->root();
    EXPECT_EQ(r.kind(), kind::object);
    EXPECT_EQ(r.size(), 7U);
    EXPECT_TRUE(r.find("n").exists());
    EXPECT_TRUE(r.find("n").is_null());
    EXPECT_EQ(r.find("t").boolean(), true);
    EXPECT_EQ(r.find("f").boolean(), false);
    EXPECT_EQ(r.find("i").integer(), -7);
    EXPECT_EQ(r.find("s").string(), "a\xc3\xa9\n\xf0\x9f\x98\x80");
    EXPECT_EQ(r.find("a").size(), 3U);
    EXPECT_EQ(r.find("a").at(0).integer(), 1);
    EXPECT_EQ(r.find("a").at(1).at(0).integer(), 2);
    EXPECT_EQ(r.find("a").at(2).kind(), kind::object);
    EXPECT_EQ(r.find("a").at(2).size(), 0U);
    EXPECT_TRUE(r.find("o").find("x").is_object());
    std::string keys;
    for (auto i = r.members().begin(); i != r.members().end(); ++i) keys += i.key();
    EXPECT_EQ(keys, "ntfisao");
}

TEST(json_reader, what_is_missing_answers_quietly) {
    const auto d = document::parse(R"({"a":[1]})").value();
    const value none = d.root().find("b");
    EXPECT_FALSE(none.exists());
    EXPECT_TRUE(none.is_null());
    EXPECT_FALSE(none.find("x").at(3).exists());
    EXPECT_FALSE(d.root().find("a").at(1).exists());
    EXPECT_FALSE(d.root().at(0).exists());
    EXPECT_EQ(none.string(), std::nullopt);
    EXPECT_EQ(none.integer(), std::nullopt);
    EXPECT_EQ(none.boolean(), std::nullopt);
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none.elements().begin(), none.elements().end());
    // Of another kind is as good as missing.
    EXPECT_EQ(d.root().find("a").string(), std::nullopt);
    EXPECT_EQ(d.root().find("a").number_text(), "");
    EXPECT_FALSE(document{}.root().exists());
}

TEST(json_reader, values_survive_a_move_of_the_document) {
    document a = document::parse(R"({"k":"v"})").value();
    const value v = a.root().find("k");
    const document b = std::move(a);
    EXPECT_EQ(v.string(), "v");
    EXPECT_EQ(b.root().find("k"), v);
}

TEST(json_reader, a_key_that_escapes_are_used_in_is_found) {
    EXPECT_EQ(document::parse(R"({"\u0061\/":1})").value().root().find("a/").integer(), 1);
}

TEST(json_reader, what_is_not_json_is_refused) {
    for (const std::string& bad : {""s,
                                   " "s,
                                   "{"s,
                                   "}"s,
                                   "["s,
                                   "[1"s,
                                   "[1,]"s,
                                   "[,1]"s,
                                   "{\"a\"}"s,
                                   "{\"a\":}"s,
                                   "{\"a\":1,}"s,
                                   "{a:1}"s,
                                   "{'a':1}"s,
                                   "{1:1}"s,
                                   "nul"s,
                                   "nulll"s,
                                   "True"s,
                                   "NaN"s,
                                   "Infinity"s,
                                   "-"s,
                                   "+1"s,
                                   "01"s,
                                   "-01"s,
                                   "1."s,
                                   ".5"s,
                                   "1e"s,
                                   "1e+"s,
                                   "0x10"s,
                                   "\""s,
                                   "\"a"s,
                                   "\"\\x\""s,
                                   "\"\\u12\""s,
                                   "\"\\ud800\""s,
                                   "\"\\udc00\""s,
                                   "\"\\ud800\\u0041\""s,
                                   "{\"\\udfff\":1}"s,
                                   "1e400"s,
                                   "\"a\nb\""s,
                                   "\"\x1f\""s,
                                   "1 2"s,
                                   "{} {}"s,
                                   "[] x"s,
                                   "// c\n1"s,
                                   "[1/**/]"s,
                                   "\xef\xbb\xbf{}"s,
                                   "[1]]"s,
                                   "[1}"s,
                                   "\"\xff\""s,
                                   "\"\xc0\x80\""s,
                                   "\"\xed\xa0\x80\""s,
                                   "\"\xe1\x88\""s,
                                   "{\"\xff\":1}"s,
                                   "\"\xf4\x90\x80\x80\""s}) {
        const auto d = document::parse(bad);
        ASSERT_FALSE(d.has_value()) << bad;
        EXPECT_EQ(d.error().code, errc::invalid_argument) << bad;
        EXPECT_NE(d.error().message.find("byte"), std::string::npos) << d.error().message;
    }
}

TEST(json_reader, nul_is_refused_wherever_it_stands) {
    for (const std::string& bad : {"\0"s, "{}\0"s,
                                   "123\0"s
                                   "4",
                                   "[1,\0"s
                                   "2]",
                                   "\"a\0b\""s}) {
        const auto d = document::parse(bad);
        ASSERT_FALSE(d.has_value());
        EXPECT_EQ(d.error().message, "not JSON: NUL at byte " + std::to_string(bad.find('\0')));
    }
    // An escaped one is a character like others.
    EXPECT_EQ(document::parse("\"a\\u0000b\"").value().root().string(), "a\0b"s);
}

TEST(json_reader, a_key_twice_is_refused) {
    for (const char* bad :
         {R"({"a":1,"a":1})", R"({"a":1,"b":2,"\u0061":3})", R"([{"x":{"k":1,"z":[],"k":2}}])"}) {
        const auto d = document::parse(bad);
        ASSERT_FALSE(d.has_value()) << bad;
        EXPECT_EQ(d.error().code, errc::invalid_argument);
        EXPECT_NE(d.error().message.find("twice"), std::string::npos);
    }
    EXPECT_TRUE(document::parse(R"([{"a":1},{"a":{"a":2}}])").has_value());
}

TEST(json_reader, depth_is_bounded) {
    limits l;
    l.depth = 3;
    EXPECT_TRUE(document::parse(R"([{"a":[1]}])", l).has_value());
    EXPECT_EQ(document::parse(R"([{"a":[[]]}])", l).error().code, errc::limit);
    EXPECT_TRUE(document::parse(repeat("[", 64) + repeat("]", 64)).has_value());
    EXPECT_EQ(document::parse(repeat("[", 65) + repeat("]", 65)).error().code, errc::limit);
    // A bomb stops at the limit, closed or not; the stack does not grow with it.
    EXPECT_EQ(document::parse(repeat("[", 1'000'000)).error().code, errc::limit);
    EXPECT_EQ(document::parse(repeat(R"({"a":)", 300'000)).error().code, errc::limit);
}

TEST(json_reader, bytes_are_bounded) {
    limits l;
    l.bytes = 10;
    EXPECT_TRUE(document::parse("[12345678]", l).has_value());
    const auto d = document::parse("[123456789]", l);
    ASSERT_FALSE(d.has_value());
    EXPECT_EQ(d.error().code, errc::limit);
    EXPECT_EQ(d.error().message, "JSON of 11 bytes; at most 10 are read");
}

TEST(json_reader, members_are_bounded_over_the_whole_document) {
    limits l;
    l.members = 3;
    EXPECT_TRUE(document::parse(R"([{"a":1,"b":{"c":1}}])", l).has_value());
    EXPECT_EQ(document::parse(R"([{"a":1,"b":{"c":1}},{"d":1}])", l).error().code, errc::limit);
}

TEST(json_reader, strings_keys_and_numbers_are_bounded) {
    limits l;
    l.string = 4;
    EXPECT_TRUE(document::parse(R"({"abcd":["efgh",1234]})", l).has_value());
    for (const char* bad : {R"({"abcde":1})", R"(["abcde"])", "[12345]"})
        EXPECT_EQ(document::parse(bad, l).error().code, errc::limit) << bad;
}

TEST(json_value, numbers_keep_their_text) {
    for (const char* text : {"0", "-0", "1.0", "1.50", "1e5", "1E+05", "123456789012345678901234567890",
                             "0.1000000000000000055511151231257827"}) {
        const auto d = document::parse(text).value();
        EXPECT_EQ(d.root().number_text(), text);
        EXPECT_EQ(to_text(d.root()), text);
    }
}

TEST(json_value, integers_are_exact_or_absent) {
    const std::pair<const char*, std::int64_t> good[] = {
        {"0", 0},
        {"-0", 0},
        {"-0.0", 0},
        {"0e300", 0},
        {"0.000e-999999999999999999999", 0},
        {"1.0", 1},
        {"1e3", 1000},
        {"-1.5e1", -15},
        {"1200e-2", 12},
        {"0.05E+2", 5},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
        {"9223372036854775807.0", std::numeric_limits<std::int64_t>::max()},
        {"9007199254740993.0", 9007199254740993},
        {"1e18", 1'000'000'000'000'000'000},
    };
    for (const auto& [text, v] : good) EXPECT_EQ(integer(text), v) << text;
    for (const char* bad : {"9223372036854775808", "-9223372036854775809", "1e19", "9223372036854775808.0",
                            "1.5", "1e-1", "0.99999999999999999999999", "1.00000000000000000000001", "1e-400",
                            "1e-99999999999999999999", "\"1\"", "true", "null"})
        EXPECT_EQ(integer(bad), std::nullopt) << bad;
    EXPECT_EQ(integer("10" + std::string(200, '0') + "e-200"), 10);
}

TEST(json_value, doubles) {
    const auto number = [](const char* text) { return document::parse(text).value().root().number(); };
    EXPECT_EQ(number("0.1"), 0.1);
    EXPECT_EQ(number("-1e-3"), -0.001);
    EXPECT_EQ(number("7"), 7.0);
    EXPECT_EQ(number("\"1\""), std::nullopt);
}

TEST(json_value, same_content) {
    const auto same = [](const char* a, const char* b) {
        const auto x = document::parse(a).value(), y = document::parse(b).value();
        EXPECT_EQ(same_content(x.root(), y.root()), same_content(y.root(), x.root()));
        return same_content(x.root(), y.root());
    };
    EXPECT_TRUE(same(R"({"a":1,"b":[true,null,"x"]})", R"( {"b":[true,null,"\u0078"],"a":1} )"));
    EXPECT_FALSE(same(R"({"a":1})", R"({"a":2})"));
    EXPECT_FALSE(same(R"({"a":1})", R"({"b":1})"));
    EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":1})"));
    EXPECT_FALSE(same(R"({"a":null})", R"({"b":null})"));
    EXPECT_FALSE(same("[1,2]", "[2,1]"));
    EXPECT_FALSE(same("[1]", "[1,1]"));
    EXPECT_FALSE(same("1", "1.0"));  // number texts
    EXPECT_FALSE(same("\"1\"", "1"));
    EXPECT_FALSE(same("true", "false"));
    EXPECT_FALSE(same("[]", "{}"));
    EXPECT_TRUE(same_content({}, {}));
}

TEST(json_value, pointer_tokens_follow_rfc6901) {
    EXPECT_EQ(pointer_token("a/b"), "a~1b");
    EXPECT_EQ(pointer_token("m~n"), "m~0n");
    EXPECT_EQ(pointer_token("~1"), "~01");
    EXPECT_EQ(pointer_token(""), "");
}

}  // namespace
}  // namespace trainyard::json
