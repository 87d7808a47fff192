// Hashing, signing keys and their cache.
#include <gtest/gtest.h>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/rng.hpp"
#include "sigv4/key_cache.hpp"

namespace trainyard::sigv4 {
namespace {

const scope iam{"us-east-1", "iam"};
const scope sqs{"us-east-1", "sqs"};

// By the definition, one HMAC after the other.
mac definition(const key_identity& who, std::string_view text) {
    mac key = hmac_sha256{"AWS4" + std::string{who.secret_access_key}}(who.date);
    for (const std::string_view part :
         {who.where.region, who.where.service, std::string_view{"aws4_request"}})
        key = hmac_sha256{as_text(key)}(part);
    return hmac_sha256{as_text(key)}(text);
}

// The example of AWS's documentation ("Deriving the signing key").
TEST(signing_key, is_the_documented_one) {
    const std::string secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    mac key = hmac_sha256{"AWS4" + secret_key}("20150830");
    for (const char* part : {"us-east-1", "iam", "aws4_request"}) key = hmac_sha256{as_text(key)}(part);
    EXPECT_EQ(to_hex(key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    const signing_key made{{"A", secret_key, "20150830", iam}};
    EXPECT_EQ(made.sign("x"), hmac_sha256{as_text(key)}("x"));
    EXPECT_EQ(made.credential(), "A/20150830/us-east-1/iam/aws4_request");
    EXPECT_EQ(made.scope_text(), "20150830/us-east-1/iam/aws4_request");
}

TEST(signing_key, knows_whose_it_is) {
    const key_identity who{"ABC", "secret", "20150830", {"reg", "svc"}};
    const signing_key made{who};
    EXPECT_TRUE(made.is_for(who));
    // The same letters, divided otherwise, and each part changed alone.
    const std::vector<key_identity> others{
        {"AB", "secret", "20150830", {"reg", "svc"}},   {"ABCD", "secret", "20150830", {"reg", "svc"}},
        {"ABD", "secret", "20150830", {"reg", "svc"}},  {"ABC", "secre7", "20150830", {"reg", "svc"}},
        {"ABC", "secre", "20150830", {"reg", "svc"}},   {"ABC", "", "20150830", {"reg", "svc"}},
        {"ABC", "secret", "20150831", {"reg", "svc"}},  {"ABC", "secret", "20150830", {"reh", "svc"}},
        {"ABC", "secret", "20150830", {"re", "gsvc"}},  {"ABC", "secret", "20150830", {"reg/s", "c"}},
        {"ABC", "secret", "20150830", {"reg", "svd"}},  {"ABC", "secret", "20150830", {"reg", "svcc"}},
        {"ABC", "tsecret", "20150830", {"reg", "svc"}},
    };
    for (const auto& other : others) EXPECT_FALSE(made.is_for(other)) << other.access_key_id;
}

TEST(signing_key, holds_identities_of_any_length) {
    const std::string long_id(300, 'I'), long_secret(5000, 's');
    const key_identity who{long_id, long_secret, "20150830", sqs};
    signing_key made{who};
    EXPECT_TRUE(made.is_for(who));
    EXPECT_EQ(made.sign("x"), definition(who, "x"));
    EXPECT_EQ(made.credential(), long_id + "/20150830/us-east-1/sqs/aws4_request");
    const key_identity brief{"A", "s", "20150830", sqs};
    made.set(brief);
    EXPECT_TRUE(made.is_for(brief));
    EXPECT_FALSE(made.is_for(who));
    made.wipe();
    EXPECT_FALSE(made.is_for(brief));
}

// RFC 4231, cases 1 to 4, 6 and 7.
TEST(hmac_sha256, known_answers) {
    const auto hex = [](std::string_view key, std::string_view text) {
        return to_hex(hmac_sha256{key}(text));
    };
    EXPECT_EQ(hex(std::string(20, '\x0b'), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(std::string(20, '\xaa'), std::string(50, '\xdd')),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    std::string counting;
    for (char c = 1; c <= 25; ++c) counting += c;
    EXPECT_EQ(hex(counting, std::string(50, '\xcd')),
              "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    EXPECT_EQ(hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(
        hex(std::string(131, '\xaa'),
            "This is a test using a larger than block-size key and a larger than block-size data. The key "
            "needs to be hashed before being used by the HMAC algorithm."),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// At every length around the block's edges, the same as by the other way through libcrypto, and HMAC as by
// its definition (RFC 2104) with that.
TEST(hmac_sha256, agrees_with_another_sha256_at_every_length) {
    const auto other = [](const std::string& text) { return sha256(text); };
    const auto text_of = [](const sha256_digest& d) {
        return std::string{reinterpret_cast<const char*>(d.data()), d.size()};
    };
    for (std::size_t size = 0; size <= 260; ++size) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + size);
        ASSERT_EQ(sha256_of(bytes), other(bytes)) << size;
        std::string key = size > 64 ? text_of(other(bytes)) : bytes;
        key.resize(64, '\0');
        std::string inner = key, outer = key;
        for (char& c : inner) c = static_cast<char>(c ^ 0x36);
        for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
        for (const std::size_t length : {std::size_t{0}, size, 300 - size}) {
            const std::string text(length, 't');
            const mac expected = other(outer + text_of(other(inner + text)));
            ASSERT_EQ(hmac_sha256{bytes}(text), expected) << size;
            text_buffer padded;
            padded.put(text);
            ASSERT_EQ(hmac_sha256{bytes}.of_padded(padded.padded(64)), expected) << size;
            ASSERT_EQ(sha256_of_padded(padded.padded()), other(text)) << size;
            ASSERT_EQ(padded.view(), text);
        }
    }
}

TEST(key_cache, derives_once_per_key) {
    key_cache cache;
    const key_identity first{"A", "s", "20260131", sqs};
    const mac expected = definition(first, "x");
    EXPECT_EQ(cache.find(first), nullptr);
    EXPECT_EQ(cache.get(first).sign("x"), expected);
    EXPECT_EQ(cache.get(first).sign("x"), expected);
    EXPECT_EQ(cache.derivations(), 1U);
    const std::vector<key_identity> others{{"A", "t", "20260131", sqs},
                                           {"B", "s", "20260131", sqs},
                                           {"A", "s", "20260201", sqs},
                                           {"A", "s", "20260131", {"us-east-2", "sqs"}},
                                           {"A", "s", "20260131", {"us-east-1", "sts"}}};
    for (const auto& other : others) {
        EXPECT_EQ(cache.find(other), nullptr);
        EXPECT_EQ(cache.get(other).sign("x"), definition(other, "x"));
    }
    EXPECT_EQ(cache.size(), 6U);
    EXPECT_EQ(cache.derivations(), 6U);
    for (const auto& other : others) EXPECT_EQ(cache.get(other).sign("x"), definition(other, "x"));
    EXPECT_EQ(cache.get(first).sign("x"), expected);
    EXPECT_EQ(cache.derivations(), 6U);
}

// Thousands of accounts, among them some with the same id: each its own key, none derived twice.
TEST(key_cache, holds_thousands_and_mixes_none) {
    key_cache cache;
    const auto id = [](std::size_t i) { return "AKIA" + std::to_string(i / 2); };
    const auto own = [](std::size_t i) { return "secret " + std::to_string(i); };
    for (int round = 0; round < 2; ++round)
        for (std::size_t i = 0; i < key_cache::capacity_default; ++i) {
            const std::string name = id(i), secret_key = own(i);
            const key_identity who{name, secret_key, "20260131", sqs};
            ASSERT_EQ(cache.get(who).sign("x"), definition(who, "x")) << i;
        }
    EXPECT_EQ(cache.size(), key_cache::capacity_default);
    EXPECT_EQ(cache.derivations(), key_cache::capacity_default);
    EXPECT_GE(key_cache::capacity_default, 16'384U);
}

TEST(key_cache, never_holds_more_than_its_capacity_and_stays_right) {
    key_cache cache{100};
    for (std::size_t i = 0; i < 1000; ++i) {
        const std::string name = "K" + std::to_string(i), secret_key = "s" + std::to_string(i % 7);
        const key_identity who{name, secret_key, "20260131", sqs};
        ASSERT_EQ(cache.get(who).sign("x"), definition(who, "x"));
        ASSERT_LE(cache.size(), 100U);
    }
    EXPECT_EQ(cache.derivations(), 1000U);
}

TEST(key_cache, keeps_what_is_asked_for) {
    key_cache cache{10};
    const key_identity busy{"busy", "s", "20260131", sqs};
    cache.get(busy);
    for (std::size_t i = 0; i < 200; ++i) {
        const std::string name = "K" + std::to_string(i);
        cache.get({name, "s", "20260131", sqs});
        ASSERT_NE(cache.find(busy), nullptr) << i;
    }
    EXPECT_EQ(cache.derivations(), 201U);
}

TEST(key_cache, the_older_date_goes_first) {
    key_cache cache{10};
    const std::vector<std::string> ids{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    for (std::size_t i = 0; i < 5; ++i) cache.get({ids[i], "s", "20260131", sqs});
    // Asked for, and still they go before any of the newer date.
    for (std::size_t i = 0; i < 5; ++i) cache.find({ids[i], "s", "20260131", sqs});
    for (const auto& id : ids) cache.get({id, "s", "20260201", sqs});
    EXPECT_EQ(cache.size(), 10U);
    for (const auto& id : ids) {
        EXPECT_EQ(cache.find({id, "s", "20260131", sqs}), nullptr);
        EXPECT_NE(cache.find({id, "s", "20260201", sqs}), nullptr);
    }
}

TEST(key_cache, a_third_date_drops_the_oldest_whole) {
    key_cache cache{100};
    for (const char* date : {"20260130", "20260131"})
        for (const char* id : {"A", "B", "C"}) cache.get({id, "s", date, sqs});
    EXPECT_EQ(cache.size(), 6U);
    cache.get({"A", "s", "20260201", sqs});
    EXPECT_EQ(cache.size(), 4U);
    for (const char* id : {"A", "B", "C"}) {
        EXPECT_EQ(cache.find({id, "s", "20260130", sqs}), nullptr);
        EXPECT_NE(cache.find({id, "s", "20260131", sqs}), nullptr);
    }
    // What was freed is used again.
    for (const char* id : {"A", "B", "C"}) cache.get({id, "s", "20260201", sqs});
    EXPECT_EQ(cache.size(), 6U);
}

// Against a plain list, with few identities, dates and places, so that everything happens often.
TEST(key_cache, agrees_with_the_definition_under_any_sequence) {
    rng random{20260131};
    for (const std::size_t capacity : {1U, 2U, 3U, 7U, 64U}) {
        key_cache cache{capacity};
        for (int i = 0; i < 3000; ++i) {
            const std::string id = "id" + std::to_string(random.below(12));
            const std::string secret_key = "s" + std::to_string(random.below(2));
            const std::string date = "2026013" + std::to_string(random.below(4));
            const key_identity who{id, secret_key, date, random.below(2) == 0 ? sqs : iam};
            ASSERT_EQ(cache.get(who).sign("x"), definition(who, "x"));
            ASSERT_NE(cache.find(who), nullptr);
            ASSERT_LE(cache.size(), capacity);
            ASSERT_GE(cache.size(), 1U);
        }
    }
}

}  // namespace
}  // namespace trainyard::sigv4
