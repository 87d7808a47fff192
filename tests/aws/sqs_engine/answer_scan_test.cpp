// The reader in place against the program's other JSON reader: what one takes the other takes too, and both
// see the same.
#include "aws/sqs/answer_scan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::sqs {
namespace {

using namespace std::string_literals;

// What is told, as a list of words.
struct recorder {
    std::vector<std::string> told;
    std::size_t depth = 0, refuse_after = ~std::size_t{0};

    bool note(std::string what) {
        told.push_back(std::move(what));
        return told.size() < refuse_after;
    }
    bool on_key(std::string_view name) { return note("key " + std::string{name}); }
    bool on_text(std::string_view value) { return note("text " + std::string{value}); }
    bool on_number() { return note("number"); }
    bool on_truth(bool b) { return note(b ? "true" : "false"); }
    bool on_null() { return note("null"); }
    bool on_start(bool array) {
        return ++depth <= answer_scan<recorder>::depth_max && note(array ? "array" : "object");
    }
    bool on_end() {
        --depth;
        return note("end");
    }
};

void walk(json::value v, std::vector<std::string>& out) {
    switch (v.kind()) {
        case json::kind::null: out.emplace_back("null"); break;
        case json::kind::boolean: out.emplace_back(*v.boolean() ? "true" : "false"); break;
        case json::kind::number: out.emplace_back("number"); break;
        case json::kind::string: out.push_back("text " + std::string{*v.string()}); break;
        case json::kind::array:
            out.emplace_back("array");
            for (const json::value e : v.elements()) walk(e, out);
            out.emplace_back("end");
            break;
        case json::kind::object:
            out.emplace_back("object");
            for (auto i = v.members().begin(); i != v.members().end(); ++i) {
                out.push_back("key " + std::string{i.key()});
                walk(*i, out);
            }
            out.emplace_back("end");
            break;
    }
}

void compare(const std::string& text) {
    // Memory of exactly this size, so that a sanitizer sees what reads beyond it.
    std::string in_place(text.data(), text.size());
    in_place.shrink_to_fit();
    recorder seen;
    answer_scan<recorder> scan{in_place, seen};
    const bool taken = scan.run();
    EXPECT_EQ(taken, scan.why() == nullptr && seen.depth <= answer_scan<recorder>::depth_max) << text;
    const auto parsed = json::document::parse(text);
    if (!parsed) {
        // A member twice and numbers beyond a double are JSON, and here somebody else's business.
        const std::string& why = parsed.error().message;
        const bool of_interest =
            why.find("twice") == std::string::npos && why.find("umber") == std::string::npos;
        ASSERT_FALSE(taken && of_interest) << text << "\n" << why;
        return;
    }
    ASSERT_TRUE(taken) << text << "\n" << (scan.why() != nullptr ? scan.why() : "refused");
    std::vector<std::string> expected;
    walk(parsed->root(), expected);
    ASSERT_EQ(seen.told, expected) << text;
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
                                   "\"a\":"s,
                                   "\"b\""s,
                                   "\\"s,
                                   "\\\\"s,
                                   "\\\""s,
                                   "\\n"s,
                                   "\\u0041"s,
                                   "\\u00e9"s,
                                   "\\u20ac"s,
                                   "\\ud83d\\ude00"s,
                                   "\\udc00"s,
                                   "\\ud83d"s,
                                   "\xc3\xa9"s,
                                   "\xed\xa0\x80"s,
                                   "\xff"s,
                                   "0"s,
                                   "-1"s,
                                   "01"s,
                                   "1.5"s,
                                   "1e3"s,
                                   "1."s,
                                   "true"s,
                                   "false"s,
                                   "null"s,
                                   "nul"s,
                                   " "s,
                                   "\n"s,
                                   "\x01"s,
                                   "\0"s,
                                   "plain text of more than one block, and then some"s};
    std::string out;
    for (auto n = dice.between(1, 14); n > 0; --n) out += pieces[dice.below(pieces.size())];
    return out;
}

std::string random_string(rng& dice) {
    static const std::array pieces{"\\\""s,
                                   "\\\\"s,
                                   "\\/"s,
                                   "\\n"s,
                                   "\\u0041"s,
                                   "\\u00e9"s,
                                   "\\u20ac"s,
                                   "\\ud83d\\ude00"s,
                                   "\xc3\xa9"s,
                                   "\xf0\x9f\x98\x80"s,
                                   "x"s,
                                   "seven b"s,
                                   "sixteen bytes xx"s};
    std::string out = "\"";
    for (auto n = dice.between(0, 9); n > 0; --n) out += pieces[dice.below(pieces.size())];
    return out + "\"";
}

std::string random_value(rng& dice, int depth) {
    const auto kind = dice.below(depth > 4 ? 4 : 6);
    std::string out;
    switch (kind) {
        case 0: return "null";
        case 1: return dice.chance(0.5) ? "true" : "-12.5e+2";
        case 2:
        case 3: return random_string(dice);
        case 4:
            for (auto n = dice.between(0, 3); n > 0; --n)
                out += (out.empty() ? "" : " ,") + random_value(dice, depth + 1);
            return "[" + out + "\t]";
        default:
            for (auto n = dice.between(0, 3); n > 0; --n)
                out += (out.empty() ? "" : ",") + random_string(dice) + " : " + random_value(dice, depth + 1);
            return "{" + out + " }";
    }
}

TEST(answer_scan, nearly_json_is_judged_as_by_the_other_reader) {
    rng dice{5};
    for (int i = 0; i < 200'000; ++i) compare(random_text(dice));
}

TEST(answer_scan, json_is_read_as_by_the_other_reader_and_nothing_of_it_when_it_is_cut) {
    rng dice{6};
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = random_value(dice, 0);
        compare(text);
        compare(text.substr(0, dice.below(text.size() + 1)));
        std::string changed = text;
        changed[dice.below(changed.size())] = static_cast<char>(dice.below(256));
        compare(changed);
    }
}

TEST(answer_scan, every_length_before_and_behind_an_escape) {
    for (std::size_t before = 0; before < 40; ++before)
        for (std::size_t behind = 0; behind < 40; ++behind) {
            const std::string plain = std::string(before, 'a') + "\\\"" + std::string(behind, 'b');
            compare("[\"" + plain + "\",\"" + plain + "\\u00e9" + plain + "\"]");
        }
}

TEST(answer_scan, the_handler_ends_it) {
    const std::string text = R"({"a":[1,"b",true,null,{"c":{}}]})";
    for (std::size_t after = 1; after < 12; ++after) {
        std::string in_place = text;
        recorder seen;
        seen.refuse_after = after;
        answer_scan<recorder> scan{in_place, seen};
        EXPECT_FALSE(scan.run());
        EXPECT_EQ(scan.why(), nullptr);
        EXPECT_EQ(seen.told.size(), after);
    }
}

TEST(answer_scan, containers_close_as_they_opened_at_every_depth) {
    for (std::size_t depth = 1; depth <= answer_scan<recorder>::depth_max + 1; ++depth)
        for (const std::uint64_t kinds : {0ULL, ~0ULL, 0x5555'5555'5555'5555ULL, 0x0123'4567'89AB'CDEFULL}) {
            std::string open, close, wrong;
            for (std::size_t i = 0; i < depth; ++i) {
                const bool object = (kinds >> (i % 64) & 1U) != 0;
                open += object ? "{\"k\":" : "[";
                close.insert(0, object ? "}" : "]");
            }
            compare(open + "0" + close);
            wrong = close;
            wrong.back() = wrong.back() == '}' ? ']' : '}';
            compare(open + "0" + wrong);
        }
}

}  // namespace
}  // namespace trainyard::aws::sqs
