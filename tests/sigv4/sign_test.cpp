#include <gtest/gtest.h>

#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::lower;
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

TEST(sign, refuses_a_path_without_its_slash) {
    for (const char* path : {"a", "*", ".", "%2F"}) {
        const auto s = testing::sign({"GET", path, "", "", {{"host", "h"}}}, {"A", secret{"s"}, {}, {}},
                                     {"r", "s"}, when);
        ASSERT_FALSE(s.has_value()) << path;
        EXPECT_EQ(s.error().code, errc::invalid_argument);
    }
}

TEST(sign, payload_may_be_hashed_left_out_or_unsigned) {
    const message m{"POST", "/", "", "body", {{"host", "h"}}};
    const credentials who{"A", secret{"s"}, {}, {}};
    const auto lines = [&](const options& how) {
        const auto s = testing::sign(m, who, {"r", "s"}, when, how).value();
        return std::pair{s.canonical_request.substr(s.canonical_request.rfind('\n') + 1), s.signed_headers};
    };
    using p = std::pair<std::string, std::string>;
    EXPECT_EQ(lines({}),
              (p{"230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5", "host;x-amz-date"}));
    EXPECT_EQ(lines({.payload = payload::of_nothing}),
              (p{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "host;x-amz-date"}));
    EXPECT_EQ(lines({.payload = payload::not_signed}),
              (p{"UNSIGNED-PAYLOAD", "host;x-amz-content-sha256;x-amz-date"}));
    EXPECT_EQ(lines({.sign_body = true}),
              (p{"230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5",
                 "host;x-amz-content-sha256;x-amz-date"}));
}

// One time in all its places, whatever the fraction, and the same as the library's own text of it.
TEST(sign, one_time_for_the_whole_signature) {
    const message m{"GET", "/", "", "", {{"host", "h"}}};
    const credentials who{"A", secret{"s"}, {}, {}};
    for (const char* text : {"1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T00:00:00Z",
                             "2026-01-31T23:59:59Z", "2261-12-31T23:59:59Z"})
        for (const duration fraction : {duration{0}, duration{1}, duration{999'999'999}}) {
            const wall_time t = parse_iso8601(text).value() + fraction;
            const auto s = testing::sign(m, who, {"r", "s"}, t).value();
            const std::string date = to_iso8601_basic(t);
            EXPECT_EQ(s.headers.at(0).value, date);
            EXPECT_NE(s.canonical_request.find("x-amz-date:" + date + "\n"), std::string::npos);
            EXPECT_EQ(s.string_to_sign.find(date), std::string{"AWS4-HMAC-SHA256\n"}.size());
            EXPECT_NE(s.headers.back().value.find("A/" + date.substr(0, 8) + "/r/s/aws4_request"),
                      std::string::npos);
        }
}

TEST(sign, plus_in_a_query_is_a_plus_sign) {
    const auto s = testing::sign({"GET", "/", "a=b+c", "", {{"host", "h"}}}, {"A", secret{"s"}, {}, {}},
                                 {"r", "s"}, when);
    EXPECT_EQ(s.value().canonical_request.find("GET\n/\na=b%2Bc\n"), 0U);
}

TEST(presign, adds_its_parameters_and_signs_the_token) {
    const message m{"GET", "/q", "Action=ReceiveMessage", "", {{"host", "h"}, {"User-Agent", "u"}}};
    const credentials who{"AKIDEXAMPLE", secret{"s"}, secret{"to/ken=="}, {}};
    const auto p = testing::presign(m, who, {"us-east-1", "sqs"}, when, 15min);
    ASSERT_TRUE(p.has_value()) << p.error().message;
    EXPECT_EQ(
        p->query.substr(0, p->query.rfind('=')),
        "Action=ReceiveMessage&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2F"
        "us-east-1%2Fsqs%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires="
        "900&"
        "X-Amz-Security-Token=to%2Fken%3D%3D&X-Amz-Signature");
    const auto unsigned_token =
        testing::presign(m, who, {"us-east-1", "sqs"}, when, 15min, {.omit_session_token = true});
    // The same query, another signature.
    EXPECT_EQ(unsigned_token->query.substr(0, unsigned_token->query.rfind('=')),
              p->query.substr(0, p->query.rfind('=')));
    EXPECT_NE(unsigned_token->query, p->query);
}

TEST(presign, lifetime_is_1_to_604800_whole_seconds) {
    const message m{"GET", "/", "", "", {{"host", "h"}}};
    const credentials who{"A", secret{"s"}, {}, {}};
    for (const duration good : {duration{1s}, duration{604'800s}})
        EXPECT_TRUE(testing::presign(m, who, {"r", "s"}, when, good).has_value());
    for (const duration bad : {duration{0}, duration{-1s}, duration{604'801s}, duration{1500ms},
                               duration{1ns}, duration::max(), duration::min()}) {
        const auto p = testing::presign(m, who, {"r", "s"}, when, bad);
        ASSERT_FALSE(p.has_value()) << bad.count();
        EXPECT_EQ(p.error().code, errc::invalid_argument);
    }
}

TEST(presign, refuses_a_query_that_has_what_it_adds) {
    const credentials who{"A", secret{"s"}, {}, {}};
    for (const char* name :
         {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature",
          "X-Amz-Security-Token", "X-Amz-SignedHeaders", "X-Amz-Region-Set", "X-Amz-%44ate"}) {
        const message m{"GET", "/", std::string{"a=b&"} + name + "=1", "", {{"host", "h"}}};
        const auto p = testing::presign(m, who, {"r", "s"}, when, 1min);
        ASSERT_FALSE(p.has_value()) << name;
        EXPECT_EQ(p.error().code, errc::invalid_argument);
    }
    EXPECT_TRUE(
        testing::presign({"GET", "/", "x-amz-date=1", "", {{"host", "h"}}}, who, {"r", "s"}, when, 1min)
            .has_value());
    EXPECT_FALSE(testing::presign({"GET", "/", "", "", {}}, who, {"r", "s"}, when, 1min).has_value());
}

// A URL of S3's kind leaves the payload open.
TEST(presign, payload_may_be_unsigned) {
    const message m{"PUT", "/k", "", "body", {{"host", "h"}}};
    const credentials who{"AKIDEXAMPLE", secret{"s"}, {}, {}};
    const options s3{.path = {false, false}, .payload = payload::not_signed};
    auto p = testing::presign(m, who, {"r", "s3"}, when, 1min, s3).value();
    EXPECT_EQ(p.headers.size(), 1U);
    p.body = "another";
    expectation e{.service = "s3", .region = "r", .now = when};
    e.allow_presigned = e.allow_unsigned_payload = true;
    e.path = s3.path;
    const key_record record{who.secret_access_key, {}, {}};
    EXPECT_TRUE(testing::verify(p, e, record).has_value());
    e.allow_unsigned_payload = false;
    EXPECT_FALSE(testing::verify(p, e, record).has_value());
}

TEST(ecdsa, signs_for_a_set_of_regions) {
    const message m{"POST", "/", "", "{}", {{"host", "h"}}};
    const credentials who{"AKIDEXAMPLE", secret{"s"}, secret{"token"}, {}};
    const public_key key = ecdsa_key{"AKIDEXAMPLE", "s"}.point();
    for (const char* regions : {"*", "us-east-1,us-west-2"}) {
        const auto s = testing::sign(m, who, {"unused", "events"}, when, {.region_set = regions});
        ASSERT_TRUE(s.has_value()) << s.error().message;
        EXPECT_EQ(s->signed_headers, "host;x-amz-date;x-amz-region-set;x-amz-security-token");
        EXPECT_NE(s->canonical_request.find("x-amz-region-set:" + std::string{regions} + "\n"),
                  std::string::npos);
        EXPECT_EQ(s->string_to_sign.find(
                      "AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830/events/aws4_request\n"),
                  0U);
        EXPECT_EQ(
            s->headers.back().value.find(
                "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/events/aws4_request, SignedHeaders=" +
                s->signed_headers + ", Signature=" + s->hex),
            0U);
        EXPECT_TRUE(ecdsa_verifies(key, s->string_to_sign, s->hex));
        // Of another text, key or signature it is none.
        EXPECT_FALSE(ecdsa_verifies(key, s->string_to_sign + " ", s->hex));
        EXPECT_FALSE(ecdsa_verifies(ecdsa_key{"AKIDEXAMPLE", "t"}.point(), s->string_to_sign, s->hex));
        EXPECT_FALSE(ecdsa_verifies(ecdsa_key{"AKIDEXAMPLF", "s"}.point(), s->string_to_sign, s->hex));
        for (const std::string& bad :
             {std::string{}, std::string{"zz"}, s->hex + "00", s->hex.substr(2), std::string(144, '0')})
            EXPECT_FALSE(ecdsa_verifies(key, s->string_to_sign, bad)) << bad;
        for (std::size_t i = 0; i < s->hex.size(); ++i) {
            std::string changed = s->hex;
            changed[i] = changed[i] == '0' ? '1' : '0';
            EXPECT_FALSE(ecdsa_verifies(key, s->string_to_sign, changed)) << i;
        }
    }
    public_key off_curve = key;
    off_curve.y[31] ^= 1;
    EXPECT_FALSE(ecdsa_verifies(off_curve, "x", ecdsa_key("AKIDEXAMPLE", "s").sign("x")));
}

TEST(ecdsa_key_cache, derives_once_is_bounded_and_mixes_none) {
    ecdsa_key_cache cache;
    const ecdsa_key* const first = &cache.get("A", "one");
    EXPECT_EQ(&cache.get("A", "one"), first);
    EXPECT_NE(cache.get("A", "two").point().x, cache.get("A", "one").point().x);
    EXPECT_EQ(cache.size(), 2U);
    for (std::size_t i = 0; i < ecdsa_key_cache::capacity + 10; ++i) cache.get("K" + std::to_string(i), "s");
    EXPECT_EQ(cache.size(), ecdsa_key_cache::capacity);
    EXPECT_EQ(cache.get("A", "one").point().x, ecdsa_key("A", "one").point().x);
}

}  // namespace
}  // namespace trainyard::sigv4
