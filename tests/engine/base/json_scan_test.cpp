// The fast scanner against RapidJSON: what it takes, RapidJSON takes too and reads the same; what it leaves
// is refused, or has a number that it does not judge.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/base/json_tape.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::json {
namespace {

using namespace std::string_literals;

bool scans(std::string_view text, const limits& l = {}) {
    value::tape tape;
    return scan(text, l, tape);
}

bool has_hard_number(value root) {
    bool hard = false;
    const auto look = [&](value v) {
        const std::string_view n = v.number_text();
        hard = hard || n.size() > 32 || n.find_first_of("eE") != std::string_view::npos;
    };
    std::vector<value> todo{root};
    while (!todo.empty()) {
        const value v = todo.back();
        todo.pop_back();
        look(v);
        for (const value e : v.elements()) todo.push_back(e);
        for (auto i = v.members().begin(); i != v.members().end(); ++i) todo.push_back(*i);
    }
    return hard;
}

void compare(const std::string& text, const limits& l = {}) {
    const bool scanned = scans(text, l);
    const auto careful = value::tape::read_with_care(text, l);
    if (!scanned) {
        ASSERT_TRUE(!careful || has_hard_number(careful->root())) << text;
        return;
    }
    ASSERT_TRUE(careful.has_value()) << text << ": " << careful.error().message;
    const auto either = document::parse(text, l);
    ASSERT_TRUE(either.has_value());
    ASSERT_TRUE(same_content(either->root(), careful->root())) << text;
    ASSERT_EQ(to_text(either->root()), to_text(careful->root()));
}

// Texts that are nearly JSON: pieces that matter, joined at random.
std::string random_text(rng& dice) {
    static const std::array pieces{"{"s,
                                   "}"s,
                                   "["s,
                                   "]"s,
                                   ","s,
                                   ":"s,
                                   "\""s,
                                   "\"a\""s,
                                   "\"b\":"s,
                                   "\"a\":"s,
                                   "1"s,
                                   "-0"s,
                                   "01"s,
                                   "0.5"s,
                                   "1e3"s,
                                   "-"s,
                                   "true"s,
                                   "false"s,
                                   "null"s,
                                   "nul"s,
                                   " "s,
                                   "\n"s,
                                   "\\\""s,
                                   "\\u00e9"s,
                                   "\\ud83d"s,
                                   "\\ude00"s,
                                   "\\u0000"s,
                                   "\\x"s,
                                   "\x01"s,
                                   "\0"s,
                                   "\xc3\xa9"s,
                                   "\xf0\x9f\x98\x80"s,
                                   "\xed\xa0\x80"s,
                                   "\xff"s,
                                   "\x7f"s,
                                   "0123456789abcdef"s,
                                   "\"0123456789abcde\""s,
                                   "\"0123456789abcdef\\n\""s,
                                   "{\"k\":[1,2,{}]}"s};
    std::string out;
    for (std::int64_t n = dice.between(1, 12); n > 0; --n) out += pieces[dice.below(pieces.size())];
    return out;
}

// Well-formed, so that the deeper paths are seen as well.
void put_random(rng& dice, int depth, writer& out) {
    const auto text = [&] {
        static const std::array parts{
            "plain"s,           "\"quoted\""s, "\\"s, "\t\n"s, "\x01"s, "\xc3\xa9"s, "\xf0\x9f\x98\x80"s,
            "0123456789abcdef"s};
        std::string s;
        for (std::uint64_t n = dice.below(6); n > 0; --n) s += parts[dice.below(parts.size())];
        return s;
    };
    switch (dice.below(depth > 0 ? 6 : 4)) {
        case 0: out.string(text()); break;
        case 1: out.integer(dice.between(-1000, 1000)); break;
        case 2: out.boolean(dice.chance(0.5)); break;
        case 3: out.null(); break;
        case 4:
            out.begin_array();
            for (std::uint64_t n = dice.below(4); n > 0; --n) put_random(dice, depth - 1, out);
            out.end_array();
            break;
        default:
            out.begin_object();
            // A few keys are there twice.
            for (std::uint64_t n = dice.below(20); n > 0; --n)
                put_random(dice, depth - 1, out.key(text() + std::to_string(dice.below(60))));
            out.end_object();
    }
}

TEST(json_scan, reads_what_rapidjson_reads) {
    rng dice{1};
    for (int i = 0; i < 50'000; ++i) compare(random_text(dice));
    std::size_t taken = 0;
    for (int i = 0; i < 5'000; ++i) {
        writer w;
        put_random(dice, 4, w);
        std::string text = w.take();
        taken += scans(text) ? 1 : 0;
        compare(text);
        text[dice.below(text.size())] = static_cast<char>(dice.below(256));
        compare(text);
        compare(text.substr(0, dice.below(text.size() + 1)));
    }
    EXPECT_GT(taken, 2'500U);
}

TEST(json_scan, keeps_the_same_limits) {
    rng dice{2};
    for (int i = 0; i < 5'000; ++i) {
        writer w;
        put_random(dice, 6, w);
        const std::string text = w.take();
        compare(text, {.bytes = 400, .depth = 3, .members = 12, .string = 20});
        compare(text, {.bytes = text.size(), .depth = 1, .members = 2, .string = 1});
    }
}

TEST(json_scan, takes_the_usual_without_help) {
    EXPECT_TRUE(scans(R"( {"a":[1,-2.5,"x\"y\u00e9",true,false,null],"b":{}} )"));
    EXPECT_TRUE(scans("\"" + std::string(100'000, 'x') + "\""));
    EXPECT_TRUE(scans("0"));
    EXPECT_FALSE(scans("1e3"));
    EXPECT_TRUE(document::parse("1e3").has_value());
    EXPECT_FALSE(scans(std::string(33, '1')));
    EXPECT_TRUE(document::parse(std::string(33, '1')).has_value());
}

TEST(json_scan, finds_a_key_that_is_there_twice_among_few_and_many) {
    for (const int keys : {2, 12, 13, 100}) {
        std::string text = "{";
        for (int i = 0; i < keys; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
        EXPECT_TRUE(scans(text + "\"last\":1}"));
        EXPECT_FALSE(scans(text + "\"k1\":1}"));
        EXPECT_EQ(document::parse(text + "\"k1\":1}").error().message.find("the key 'k1' twice") !=
                      std::string::npos,
                  true);
    }
}

}  // namespace
}  // namespace trainyard::json
