#include <gtest/gtest.h>

#include "engine/base/encoding.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/signing_key.hpp"
#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::message;

const wall_time when = parse_iso8601("2015-08-30T12:36:00Z").value();

TEST(sign, needs_one_host_and_none_of_the_headers_it_adds) {
    const credentials who{"AKIDEXAMPLE", secret{"s"}, {}, {}};
    const auto try_headers = [&](std::vector<std::pair<std::string, std::string>> h) {
        return testing::sign({"GET", "/", "", "", std::move(h)}, who, {"r", "s"}, when);
    };
    EXPECT_TRUE(try_headers({{"HOST", "h"}}).has_value());
    EXPECT_EQ(try_headers({}).error().code, errc::invalid_argument);
    EXPECT_EQ(try_headers({{"host", "a"}, {"Host", "b"}}).error().code, errc::invalid_argument);
    for (const char* name : {"X-Amz-Date", "Authorization", "X-Amz-Security-Token", "x-amz-content-sha256"}) {
        const auto r = try_headers({{"host", "h"}, {name, "x"}});
        ASSERT_FALSE(r.has_value()) << name;
        EXPECT_EQ(r.error().code, errc::invalid_argument);
        EXPECT_NE(r.error().message.find(lower(name)), std::string::npos);
    }
}

TEST(sign, leaves_out_what_proxies_change) {
    const credentials who{"AKIDEXAMPLE", secret{"s"}, {}, {}};
    const auto s = testing::sign(
        {"GET",
         "/",
         "",
         "",
         {{"host", "h"}, {"User-Agent", "u"}, {"Connection", "close"}, {"Amz-Sdk-Request", "attempt=1"}}},
        who, {"r", "s"}, when);
    ASSERT_TRUE(s.has_value());
    EXPECT_EQ(s->signed_headers, "amz-sdk-request;host;x-amz-date");
}

TEST(sign, refuses_a_broken_escape) {
    const auto s = testing::sign({"GET", "/", "a=%4", "", {{"host", "h"}}}, {"A", secret{"s"}, {}, {}},
                                 {"r", "s"}, when);
    ASSERT_FALSE(s.has_value());
    EXPECT_EQ(s.error().code, errc::invalid_argument);
}

// A rotated secret, another account and another day never meet a key cached for the first.
TEST(sign, cached_keys_do_not_mix) {
    const message m{"GET", "/", "", "", {{"host", "h"}}};
    const auto hex = [&](const char* id, const char* key, wall_time t) {
        return testing::sign(m, {id, secret{key}, {}, {}}, {"r", "s"}, t).value().hex;
    };
    const auto first = hex("A", "one", when);
    EXPECT_NE(hex("A", "two", when), first);
    EXPECT_NE(hex("A", "one", when + 24h), first);
    EXPECT_EQ(hex("B", "one", when), first);  // the id is not part of what is signed
    EXPECT_EQ(hex("A", "one", when), first);
}

TEST(canonical_path, follows_the_two_rules) {
    const std::vector<std::array<const char*, 3>> cases{
        {"", "/", "/"},
        {"/", "/", "/"},
        {"/a/./b//c/", "/a/b/c/", "/a/./b//c/"},
        {"/..", "/", "/.."},
        {"/../../a", "/a", "/../../a"},
        {"/a/b/..", "/a", "/a/b/.."},
        {"/a/b/../", "/a/", "/a/b/../"},
        {"/a%20b", "/a%2520b", "/a%20b"},
        {"/a b", "/a%20b", "/a%20b"},
        {"/...", "/...", "/..."},
        {"/123456789012/q.fifo", "/123456789012/q.fifo", "/123456789012/q.fifo"},
    };
    for (const auto& [in, normalized, kept] : cases) {
        EXPECT_EQ(canonical_path(in, true), normalized) << in;
        EXPECT_EQ(canonical_path(in, false), kept) << in;
    }
}

TEST(canonical_query, decodes_encodes_and_sorts) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"", ""},
        {"a", "a="},
        {"a=", "a="},
        {"b=1&a=2", "a=2&b=1"},
        {"a=2&a=1", "a=1&a=2"},
        {"&a&&b&", "a=&b="},
        {"a=b=c", "a=b%3Dc"},
        {"a=%2f", "a=%2F"},
        {"%61=%7E", "a=~"},
        {"a=+", "a=%2B"},
        {"ab=1&a%62=0", "ab=0&ab=1"},
        {"a!=1&a=2", "a=2&a%21=1"},
    };
    for (const auto& [in, out] : cases) EXPECT_EQ(canonical_query(in), out) << in;
    for (const char* bad : {"%", "a=%1", "%gg=1"}) EXPECT_EQ(canonical_query(bad), std::nullopt) << bad;
}

TEST(canonical_value, trims_and_collapses) {
    EXPECT_EQ(canonical_value("  a \t b\r\n  c  "), "a b c");
    EXPECT_EQ(canonical_value("\"a   b\""), "\"a b\"");
    EXPECT_EQ(canonical_value(" \t "), "");
}

// The example of AWS's documentation ("Deriving the signing key").
TEST(signing_key, is_the_documented_one) {
    const scope where{"us-east-1", "iam"};
    const std::string secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    std::string start = "AWS4" + secret_key;
    mac key = hmac_sha256(start, "20150830");
    for (const char* part : {"us-east-1", "iam", "aws4_request"})
        key = hmac_sha256({reinterpret_cast<const char*>(key.data()), key.size()}, part);
    EXPECT_EQ(to_hex(key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    const std::string_view key_text{reinterpret_cast<const char*>(key.data()), key.size()};
    EXPECT_EQ((signing_key{secret_key, "20150830", where}.sign("x")), hmac_sha256(key_text, "x"));
}

// RFC 4231, cases 1, 2, 6.
TEST(hmac_sha256, known_answers) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(key_cache, derives_once_per_key_and_stays_right_when_full) {
    key_cache cache;
    const scope where{"us-east-1", "sqs"};
    const secret key{"s"};
    const mac expected = signing_key{"s", "20260131", where}.sign("x");
    EXPECT_EQ(cache.get("A", key, "20260131", where).sign("x"), expected);
    EXPECT_EQ(cache.get("A", key, "20260131", where).sign("x"), expected);
    EXPECT_EQ(cache.derivations(), 1U);
    EXPECT_NE(cache.get("A", secret{"t"}, "20260131", where).sign("x"), expected);
    EXPECT_NE(cache.get("A", key, "20260201", where).sign("x"), expected);
    EXPECT_NE(cache.get("A", key, "20260131", {"us-east-2", "sqs"}).sign("x"), expected);
    EXPECT_NE(cache.get("A", key, "20260131", {"us-east-1", "sts"}).sign("x"), expected);
    EXPECT_EQ(cache.derivations(), 5U);
    // More keys than slots: the same answer, derived again where a slot was taken over.
    for (std::size_t i = 0; i < 4 * key_cache::slots; ++i) {
        const std::string id = "K" + std::to_string(i), own = "s" + std::to_string(i % 7);
        ASSERT_EQ(cache.get(id, secret{own}, "20260131", where).sign("x"),
                  (signing_key{own, "20260131", where}.sign("x")));
    }
    EXPECT_EQ(cache.derivations(), 5U + 4 * key_cache::slots);
    EXPECT_EQ(cache.get("A", key, "20260131", where).sign("x"), expected);
}

}  // namespace
}  // namespace trainyard::sigv4
