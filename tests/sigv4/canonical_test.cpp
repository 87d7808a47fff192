#include "sigv4/canonical.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/base/encoding.hpp"
#include "sigv4/header_plan.hpp"

namespace trainyard::sigv4 {
namespace {

std::string path(std::string_view in, path_rule rule) {
    text_buffer out, scratch;
    put_path(out, scratch, in, rule);
    return std::string{out.view()};
}

std::optional<std::string> query(std::string_view in) {
    query_parameters all;
    if (!all.read(in)) return std::nullopt;
    all.sort();
    text_buffer out;
    all.put(out);
    return std::string{out.view()};
}

std::string value(std::string_view in) {
    text_buffer out;
    put_value(out, in);
    return std::string{out.view()};
}

TEST(canonical_path, follows_the_two_switches) {
    // As sent; normalised and encoded twice; neither; only normalised; only encoded twice.
    const std::vector<std::array<const char*, 5>> cases{
        {"", "/", "/", "/", "/"},
        {"/", "/", "/", "/", "/"},
        {"/a/./b//c/", "/a/b/c/", "/a/./b//c/", "/a/b/c/", "/a/./b//c/"},
        {"/..", "/", "/..", "/", "/.."},
        {"/../../a", "/a", "/../../a", "/a", "/../../a"},
        {"/a/b/..", "/a", "/a/b/..", "/a", "/a/b/.."},
        {"/a/b/../", "/a/", "/a/b/../", "/a/", "/a/b/../"},
        {"/a/../..", "/", "/a/../..", "/", "/a/../.."},
        {"/a%20b", "/a%2520b", "/a%20b", "/a%20b", "/a%2520b"},
        {"/a%2Fb/../c", "/c", "/a%2Fb/../c", "/c", "/a%252Fb/../c"},
        {"/a%2fb/c", "/a%252fb/c", "/a%2fb/c", "/a%2fb/c", "/a%252fb/c"},
        {"/%2E%2E/x", "/%252E%252E/x", "/%2E%2E/x", "/%2E%2E/x", "/%252E%252E/x"},
        {"/a b", "/a%20b", "/a%20b", "/a%20b", "/a%20b"},
        {"/a+b", "/a%2Bb", "/a%2Bb", "/a%2Bb", "/a%2Bb"},
        {"/...", "/...", "/...", "/...", "/..."},
        {"/\xe1\x88\xb4", "/%E1%88%B4", "/%E1%88%B4", "/%E1%88%B4", "/%E1%88%B4"},
        // Of the SDK for Rust's own cases.
        {"/2015-03-31/functions/arn%3Aaws%3Alambda/invocations",
         "/2015-03-31/functions/arn%253Aaws%253Alambda/invocations",
         "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations",
         "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations",
         "/2015-03-31/functions/arn%253Aaws%253Alambda/invocations"},
        {"/123456789012/q.fifo", "/123456789012/q.fifo", "/123456789012/q.fifo", "/123456789012/q.fifo",
         "/123456789012/q.fifo"},
    };
    for (const auto& [in, both, neither, normalized, twice] : cases) {
        EXPECT_EQ(path(in, {true, true}), both) << in;
        EXPECT_EQ(path(in, {false, false}), neither) << in;
        EXPECT_EQ(path(in, {true, false}), normalized) << in;
        EXPECT_EQ(path(in, {false, true}), twice) << in;
    }
}

TEST(canonical_query, decodes_encodes_and_sorts) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"", ""},
        {"&", ""},
        {"a", "a="},
        {"a=", "a="},
        {"=a", "=a"},
        {"b=1&a=2", "a=2&b=1"},
        {"a=2&a=1", "a=1&a=2"},
        {"a=1&a=1", "a=1&a=1"},
        {"&a&&b&", "a=&b="},
        {"a=b=c", "a=b%3Dc"},
        {"a=%2f", "a=%2F"},
        {"%61=%7E", "a=~"},
        {"a=+", "a=%2B"},
        {"a=%20", "a=%20"},
        {"ab=1&a%62=0", "ab=0&ab=1"},
        {"a!=1&a=2", "a=2&a%21=1"},
        {"a=%00%ff", "a=%00%FF"},
        {"B=1&a=2&A=3", "A=3&B=1&a=2"},
    };
    for (const auto& [in, out] : cases) EXPECT_EQ(query(in), out) << in;
    for (const char* bad : {"%", "a=%1", "%gg=1", "a=%", "a=b&%4", "a=%g0", "a=%0g"})
        EXPECT_EQ(query(bad), std::nullopt) << bad;
}

TEST(canonical_query, leaves_out_the_signature_alone) {
    query_parameters all;
    ASSERT_TRUE(all.read("X-Amz-Signature=1&x-amz-signature=2&b=3"));
    all.add("a+", "/");
    all.sort();
    text_buffer out;
    all.put(out, "X-Amz-Signature");
    EXPECT_EQ(out.view(), "a%2B=%2F&b=3&x-amz-signature=2");
}

TEST(canonical_value, trims_and_collapses) {
    EXPECT_EQ(value("  a \t b\r\n  c  "), "a b c");
    EXPECT_EQ(value("\"a   b\""), "\"a b\"");
    EXPECT_EQ(value(" \t "), "");
    EXPECT_EQ(value(""), "");
    EXPECT_EQ(value("a b"), "a b");
    // Wherever a space stands among others it is found.
    for (std::size_t size = 1; size < 40; ++size)
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'x');
            text[at] = '\t';
            const std::string before = text.substr(0, at), after = text.substr(at + 1);
            const std::string gap = before.empty() || after.empty() ? "" : " ";
            ASSERT_EQ(value(text), before + gap + after) << size << ' ' << at;
            text[at] = '\x01';
            ASSERT_EQ(value(text), text);
            text[at] = '\x80';
            ASSERT_EQ(value(text), text);
        }
}

using pairs = std::vector<std::pair<std::string, std::string>>;

struct planned {
    pairs owned;
    std::vector<header_view> headers;
    added_values added{};
    explicit planned(pairs all, std::string_view date = {}) : owned(std::move(all)) {
        for (const auto& [name, v] : owned) headers.push_back({name, v});
        added[0] = date;
    }
    planned(const planned&) = delete;
    planned& operator=(const planned&) = delete;
    std::string block(const header_plan& plan) const {
        text_buffer out;
        plan.put_block(out, headers, added);
        return std::string{out.view()};
    }
};

TEST(header_plan, sorts_by_bytes_and_joins_in_order) {
    const pairs all{{"X-Amz-Target", "t"}, {"User-Agent", "u"}, {"x", "2"}, {"x-amz-date2", "e"},
                    {"Host", " h "},       {"X", "1"},          {"x-", ""}};
    const planned p{all, "d"};
    const auto plan = header_plan::make(p.headers, p.added);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(p.block(*plan), "host:h\nx:2,1\nx-:\nx-amz-date:d\nx-amz-date2:e\nx-amz-target:t\n");
    EXPECT_EQ(plan->signed_headers(), "host;x;x-;x-amz-date;x-amz-date2;x-amz-target");
}

TEST(header_plan, fits_the_same_names_in_the_same_order_only) {
    const pairs all{{"host", "h"}, {"a", "1"}, {"b", "2"}};
    const planned p{all, "d"};
    const auto plan = header_plan::make(p.headers, p.added).value();
    EXPECT_TRUE(plan.fits(p.headers, p.added));
    const pairs others{{"host", "other"}, {"a", ""}, {"b", "x y"}};
    const planned other{others, "e"};
    EXPECT_TRUE(plan.fits(other.headers, other.added));
    EXPECT_EQ(other.block(plan), "a:\nb:x y\nhost:other\nx-amz-date:e\n");
    EXPECT_FALSE(plan.fits(planned{all}.headers, planned{all}.added));
    for (const pairs& not_it :
         {pairs{{"host", "h"}, {"b", "2"}, {"a", "1"}}, pairs{{"host", "h"}, {"a", "1"}},
          pairs{{"Host", "h"}, {"a", "1"}, {"b", "2"}},
          pairs{{"host", "h"}, {"a", "1"}, {"b", "2"}, {"c", "3"}},
          pairs{{"host", "h"}, {"ab", "1"}, {"", "2"}}}) {
        const planned n{not_it, "d"};
        EXPECT_FALSE(plan.fits(n.headers, n.added));
    }
}

// More shapes than are kept, again and again: each gets its own.
TEST(header_plans, gives_each_shape_its_own) {
    header_plans plans;
    for (int round = 0; round < 3; ++round)
        for (std::size_t i = 0; i < 3 * header_plans::capacity; ++i) {
            const std::string name = "x-" + std::to_string(i);
            const planned p{{{"host", "h"}, {name, "v"}}, i % 2 == 0 ? std::string_view{} : "d"};
            const auto plan = plans.get(p.headers, p.added);
            ASSERT_TRUE(plan.has_value());
            ASSERT_EQ((*plan)->signed_headers(), "host;" + name + (i % 2 == 0 ? "" : ";x-amz-date"));
            ASSERT_EQ(*plans.get(p.headers, p.added), *plan);
        }
    const planned bad{{{"x", "h"}}, "d"};
    EXPECT_FALSE(plans.get(bad.headers, bad.added).has_value());
}

TEST(same_name, ignores_ascii_case_only) {
    EXPECT_TRUE(same_name("X-Amz-Date", "x-amz-date"));
    EXPECT_FALSE(same_name("X-Amz-Dat", "x-amz-date"));
    EXPECT_FALSE(same_name("x\ramz-date", "x-amz-date"));  // '-' and CR differ in the bit that case does
    EXPECT_FALSE(same_name("@", "`"));
}

TEST(text_buffer, hex_of_every_byte) {
    for (std::size_t first = 0; first < 256; ++first) {
        mac m;
        for (std::size_t i = 0; i < m.size(); ++i) m[i] = static_cast<unsigned char>(first + i * 37);
        text_buffer b;
        b.put_hex(m);
        ASSERT_EQ(b.view(), to_hex(m));
    }
}

TEST(read_hex, takes_64_lower_case_digits_and_nothing_else) {
    std::string digits;
    for (std::size_t i = 0; i < 64; ++i) digits += "0123456789abcdef"[(i * 7 + i / 16) % 16];
    const auto m = read_hex(digits);
    ASSERT_TRUE(m.has_value());
    EXPECT_EQ(to_hex(*m), digits);
    EXPECT_FALSE(read_hex("").has_value());
    EXPECT_FALSE(read_hex(digits + "0").has_value());
    EXPECT_FALSE(read_hex(std::string_view{digits}.substr(1)).has_value());
    for (std::size_t at = 0; at < digits.size(); ++at)
        for (int c = 0; c < 256; ++c) {
            std::string text = digits;
            text[at] = static_cast<char>(c);
            const bool right = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            const auto read = read_hex(text);
            ASSERT_EQ(read.has_value(), right) << at << ' ' << c;
            if (read) {
                ASSERT_EQ(to_hex(*read), text);
            }
        }
}

TEST(text_buffer, copies_texts_of_every_length) {
    std::string letters;
    for (char c = 'A'; c <= 'z'; ++c) letters += c;
    text_buffer b;
    std::string same;
    for (std::size_t n = 0; n < letters.size(); ++n) {
        b.put(std::string_view{letters}.substr(n % 3, n));
        same += letters.substr(n % 3, n);
        ASSERT_EQ(b.view(), same);
    }
}

TEST(text_buffer, grows_and_keeps) {
    text_buffer b;
    std::string same;
    for (int i = 0; i < 3000; ++i) {
        const auto c = static_cast<char>('a' + i % 26);
        b.put(c);
        same += c;
        if (i % 100 == 0) {
            b.put(same);
            same += std::string{same};
            if (same.size() > 100'000) break;
        }
    }
    EXPECT_EQ(b.view(), same);
    b.shrink_to(3);
    EXPECT_EQ(b.view(), "aab");
    b.shrink_to(10);
    EXPECT_EQ(b.size(), 3U);
    b.clear();
    b.put("");
    EXPECT_EQ(b.view(), "");
}

}  // namespace
}  // namespace trainyard::sigv4
