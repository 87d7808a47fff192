// The signer that is used again and again: the same as a fresh one and as a plain one, and without
// allocating.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>
#include <sstream>

#include "bench/naive_sign.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/rng.hpp"
#include "support.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

// Counted in this whole program.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::calloc(size == 0 ? 1 : size, 1)) return p;
    throw std::bad_alloc{};
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

namespace trainyard::sigv4 {
namespace {

const wall_time when = parse_iso8601("2026-01-31T12:00:00Z").value();

std::string pick(rng& random, std::string_view letters, std::size_t most) {
    std::string out;
    for (std::size_t n = random.below(most + 1); n > 0; --n) out += letters[random.below(letters.size())];
    return out;
}

std::string random_query(rng& random) {
    std::string out;
    for (std::size_t n = random.below(6); n > 0; --n) {
        for (std::size_t k = random.below(8); k > 0; --k) {
            if (random.below(5) == 0)
                out += percent_encode(std::string(1, static_cast<char>(random.below(256))));
            else
                out += pick(random, "abAB09-._~+/=!*'%", 1).substr(0, 1);
            // A bare '%' would be a broken escape.
            if (!out.empty() && out.back() == '%') out += "5a";
        }
        out += random.below(4) == 0 ? "&&" : "&";
    }
    return out;
}

// A request of any shape that can be signed.
testing::message random_message(rng& random) {
    testing::message m;
    m.method = std::array{"GET", "POST", "PUT", "DELETE"}[random.below(4)];
    m.path = "/" + pick(random, "ab/..//%~ \xe1", 12);
    m.query = random_query(random);
    m.body = pick(random, "xyz{}", 300);
    m.headers = {{"Host", "sqs.us-east-1.amazonaws.com"}};
    const std::array names{"X-Amz-Target", "content-type", "Amz-Sdk-Request", "user-agent", "TE",
                           "x-a",          "X-AMZ-META",   "X-Amzn-Trace-Id", "x",          "accept"};
    for (std::size_t n = random.below(9); n > 0; --n)
        m.headers.emplace_back(names[random.below(names.size())], pick(random, "ab \t\r\n\"=;", 30));
    return m;
}

struct parts {
    std::vector<header_view> headers;
    request_view request;
    explicit parts(const testing::message& m) {
        for (const auto& [name, v] : m.headers) headers.push_back({name, v});
        request = {m.method, m.path, m.query, headers, m.body};
    }
};

// 5,000 random requests of several accounts through one signer: every stage as a signer of its own gives it
// and as the plain implementation does, and the verifier takes what may be taken.
TEST(signer, agrees_with_a_fresh_one_and_a_plain_one) {
    constexpr std::uint64_t seed = 42;
    rng random{seed};
    signer one;
    verifier by;
    std::size_t verified = 0;
    for (int i = 0; i < 5000; ++i) {
        const testing::message m = random_message(random);
        const parts p{m};
        const std::string id = "AKID" + std::to_string(random.below(5));
        const credentials who{id,
                              secret{"secret " + std::to_string(random.below(2))},
                              secret{random.below(2) == 0 ? "" : "a token"},
                              {}};
        const scope where{random.below(2) == 0 ? "us-east-1" : "eu-west-1", "sqs"};
        const wall_time t = when + std::chrono::hours{random.below(72)};
        options how;
        how.path = {random.below(2) == 0, random.below(2) == 0};
        how.payload = std::array{payload::of_body, payload::of_nothing, payload::not_signed}[random.below(3)];
        how.sign_body = random.below(2) == 0;
        how.omit_session_token = random.below(4) == 0;
        const auto s = one.sign(p.request, who, where, t, how);
        ASSERT_TRUE(s.has_value()) << i << ' ' << s.error().message;
        const auto plain = bench::naive_sign(p.request, who, where, t, how);
        ASSERT_EQ(s->canonical_request, plain.canonical_request) << i;
        ASSERT_EQ(s->string_to_sign, plain.string_to_sign) << i;
        ASSERT_EQ(s->hex, plain.hex) << i;
        ASSERT_EQ(s->headers.back().value, plain.authorization) << i;
        const auto fresh = sigv4::sign(p.request, who, where, t, how);
        ASSERT_EQ(fresh->canonical_request, s->canonical_request) << i;
        ASSERT_EQ(fresh->hex, s->hex) << i;
        ASSERT_EQ(fresh->headers.size(), s->headers.size());
        for (std::size_t k = 0; k < s->headers.size(); ++k)
            ASSERT_EQ(fresh->headers[k].value, s->headers[k].value);

        testing::message sent = m;
        sent.add(fresh->headers);
        const parts q{sent};
        const key_record record{who.secret_access_key, who.session_token, {}};
        expectation e{.service = "sqs", .region = where.region, .now = t};
        e.path = how.path;
        e.allow_unsigned_payload = true;
        const auto r = by.verify(q.request, e, [&](std::string_view) { return &record; });
        // Not: repeated headers, an unsigned token, a body that is not what was signed.
        if (!r) {
            ASSERT_TRUE(r.error().why == refusal::incomplete_signature ||
                        (how.payload == payload::of_nothing && !m.body.empty()))
                << i << ' ' << r.error().message;
        }
        verified += r ? 1U : 0U;
    }
    EXPECT_GT(verified, 1500U);
}

// The same for presigned URLs, against a signer of its own and the verifier.
TEST(signer, presigns_as_a_fresh_one_does) {
    rng random{43};
    signer one;
    verifier by;
    std::size_t verified = 0;
    for (int i = 0; i < 2000; ++i) {
        testing::message m = random_message(random);
        const parts p{m};
        const credentials who{"AKID", secret{"s"}, secret{random.below(2) == 0 ? "" : "a/token="}, {}};
        const duration lifetime = std::chrono::seconds{1 + random.below(604'800)};
        const auto s = one.presign(p.request, who, {"us-east-1", "sqs"}, when, lifetime);
        ASSERT_TRUE(s.has_value()) << i << ' ' << s.error().message;
        const auto fresh = sigv4::presign(p.request, who, {"us-east-1", "sqs"}, when, lifetime);
        ASSERT_EQ(fresh->query, s->query) << i;
        const std::string query{s->query};
        one.sign(p.request, who, {"us-east-1", "sqs"}, when).value();  // header form between: nothing stays
        m.query = query;
        const parts q{m};
        const key_record record{who.secret_access_key, who.session_token, {}};
        expectation e{.service = "sqs", .region = "us-east-1", .now = when + lifetime};
        e.allow_presigned = true;
        const auto r = by.verify(q.request, e, [&](std::string_view) { return &record; });
        if (!r) {
            ASSERT_EQ(r.error().why, refusal::incomplete_signature) << r.error().message;
        } else {
            ASSERT_TRUE(r->presigned);
            ASSERT_EQ(r->access_key_id, "AKID");
            ++verified;
        }
    }
    EXPECT_GT(verified, 800U);
}

testing::message poll() {
    return {"POST",
            "/",
            "",
            std::string(150, '{'),
            {{"host", "sqs.us-east-1.amazonaws.com"},
             {"Content-Type", "application/x-amz-json-1.0"},
             {"x-amz-target", "AmazonSQS.ReceiveMessage"},
             {"user-agent", "test"}}};
}

TEST(signer, allocates_nothing_once_warm) {
    const testing::message m = poll();
    const parts p{m};
    std::vector<credentials> fleet;
    for (int i = 0; i < 100; ++i)
        fleet.push_back({"AKIAIOSFODNN7EXAM" + std::to_string(100 + i),
                         secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                         secret{std::string(400, 't')},
                         {}});
    signer one;
    const auto sign_all = [&](wall_time t) {
        std::size_t sum = 0;
        for (const auto& who : fleet)
            for (const scope& where : {scope{"us-east-1", "sqs"}, scope{"ap-southeast-2", "sagemaker"}})
                sum += one.sign(p.request, who, where, t)->hex.size();
        return sum;
    };
    sign_all(when);
    const std::size_t before = allocations;
    EXPECT_EQ(sign_all(when + 1s), fleet.size() * 2 * 64);
    EXPECT_EQ(allocations - before, 0U);
    const std::string counted(100, 'x');
    EXPECT_GT(allocations, before);
    EXPECT_EQ(counted.size(), 100U);
}

TEST(verifier, allocates_nothing_once_warm) {
    const testing::message m = poll();
    const credentials who{"AKIAIOSFODNN7EXAMPLE",
                          secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                          secret{std::string(400, 't')},
                          {}};
    testing::message sent = m;
    sent.add(testing::sign(m, who, {"us-east-1", "sqs"}, when).value().headers);
    const parts p{sent};
    const key_record record{who.secret_access_key, who.session_token, {}};
    const expectation e{.service = "sqs", .region = "us-east-1", .now = when};
    const verifier::key_finder find = [&](std::string_view) { return &record; };
    verifier by;
    ASSERT_TRUE(by.verify(p.request, e, find).has_value());
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(by.verify(p.request, e, find).has_value());
    EXPECT_EQ(allocations - before, 0U);
}

// Errors name what is wrong, never what is secret.
TEST(redaction, no_secret_in_any_message) {
    const std::string canary_secret = "canary-secret-key", canary_token = "canary-session-token";
    const credentials who{"AKIDEXAMPLE", secret{canary_secret}, secret{canary_token}, {}};
    std::vector<std::string> messages;
    const auto note = [&](const auto& r) {
        ASSERT_FALSE(r.has_value());
        messages.push_back(r.error().message);
    };
    const testing::message good = poll();
    auto bad = good;
    bad.headers.emplace_back("x-amz-security-token", canary_token);
    note(testing::sign(bad, who, {"us-east-1", "sqs"}, when));
    bad = good;
    bad.query = "X-Amz-Security-Token=" + canary_token;
    note(testing::presign(bad, who, {"us-east-1", "sqs"}, when, 1min));
    bad.query = "a=%z" + canary_token;
    note(testing::sign(bad, who, {"us-east-1", "sqs"}, when));
    auto sent = good;
    sent.add(testing::sign(good, who, {"us-east-1", "sqs"}, when).value().headers);
    expectation e{.service = "sqs", .region = "us-east-1", .now = when};
    for (const bool tells : {false, true}) {
        e.tell_unknown_keys = tells;
        note(testing::verify(sent, e, std::nullopt));
        note(testing::verify(sent, e, key_record{secret{canary_secret}, secret{"canary-other"}, {}}));
        note(testing::verify(sent, e, key_record{secret{"canary-other"}, secret{canary_token}, {}}));
        note(testing::verify(sent, e, key_record{secret{canary_secret}, secret{canary_token}, when}));
    }
    auto twice = sent;
    twice.headers.emplace_back("x-amz-security-token", canary_token);
    note(testing::verify(twice, e, std::nullopt));
    auto presigned = testing::presign(good, who, {"us-east-1", "sqs"}, when, 1min).value();
    e.allow_presigned = true;
    presigned.query += "&X-Amz-Security-Token=" + canary_token;
    note(testing::verify(presigned, e, std::nullopt));
    std::ostringstream printed;
    printed << who.secret_access_key << who.session_token;
    messages.push_back(printed.str());
    EXPECT_EQ(messages.size(), 14U);
    for (const auto& text : messages) {
        EXPECT_FALSE(text.empty());
        EXPECT_EQ(text.find("canary"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace trainyard::sigv4
