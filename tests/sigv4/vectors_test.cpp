// The published AWS test suite, stage by stage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sigv4/canonical.hpp"
#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::ecdsa_vectors;
using testing::lower;
using testing::message;
using testing::vector_case;
using testing::vectors;

using name_value = std::pair<std::string, std::string>;

std::vector<name_value> sorted_lower(const std::vector<name_value>& headers) {
    std::vector<name_value> out;
    for (const auto& [name, value] : headers) out.emplace_back(lower(name), value);
    std::sort(out.begin(), out.end());
    return out;
}

std::string test_name(const vector_case& c) {
    std::string name = c.name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

class published_vector : public ::testing::TestWithParam<std::size_t> {};

TEST_P(published_vector, matches_at_every_stage) {
    const vector_case& c = vectors().at(GetParam());
    const auto s = testing::sign(c.request, c.who, {c.region, c.service}, c.when, c.how);
    ASSERT_TRUE(s.has_value()) << s.error().message;
    EXPECT_EQ(s->canonical_request, c.header.canonical_request);
    EXPECT_EQ(s->string_to_sign, c.header.string_to_sign);
    EXPECT_EQ(s->hex, c.header.signature);
    auto sent = c.request;
    sent.add(s->headers);
    EXPECT_EQ(sorted_lower(sent.headers), sorted_lower(c.header.signed_request.headers));
    EXPECT_EQ(sent.body, c.header.signed_request.body);
}

TEST_P(published_vector, matches_at_every_stage_presigned) {
    const vector_case& c = vectors().at(GetParam());
    const auto s = testing::presign_stages(c);
    ASSERT_TRUE(s.has_value()) << s.error().message;
    EXPECT_EQ(s->canonical_request, c.query.canonical_request);
    EXPECT_EQ(s->string_to_sign, c.query.string_to_sign);
    EXPECT_EQ(s->hex, c.query.signature);
    EXPECT_EQ(s->query, c.query.signed_request.query);
    EXPECT_TRUE(s->headers.empty());
}

INSTANTIATE_TEST_SUITE_P(all, published_vector, ::testing::Range<std::size_t>(0, 38),
                         [](const auto& i) { return test_name(vectors().at(i.param)); });

class published_ecdsa_vector : public ::testing::TestWithParam<std::size_t> {};

TEST_P(published_ecdsa_vector, matches_at_every_stage_and_verifies) {
    const vector_case& c = ecdsa_vectors().at(GetParam());
    const ecdsa_key key{c.who.access_key_id, c.who.secret_access_key.reveal()};
    ASSERT_EQ(key.point().x, c.key->x);
    ASSERT_EQ(key.point().y, c.key->y);
    const auto s = testing::sign(c.request, c.who, {"", c.service}, c.when, c.how);
    ASSERT_TRUE(s.has_value()) << s.error().message;
    EXPECT_EQ(s->canonical_request, c.header.canonical_request);
    EXPECT_EQ(s->string_to_sign, c.header.string_to_sign);
    EXPECT_TRUE(ecdsa_verifies(*c.key, s->string_to_sign, s->hex));
    EXPECT_TRUE(ecdsa_verifies(*c.key, s->string_to_sign, c.header.signature));

    const auto p = testing::presign_stages(c);
    ASSERT_TRUE(p.has_value()) << p.error().message;
    EXPECT_EQ(p->canonical_request, c.query.canonical_request);
    EXPECT_EQ(p->string_to_sign, c.query.string_to_sign);
    EXPECT_TRUE(ecdsa_verifies(*c.key, p->string_to_sign, p->hex));
    EXPECT_TRUE(ecdsa_verifies(*c.key, p->string_to_sign, c.query.signature));
    // All but the signature, which is another one each time.
    const auto without = [](std::string_view query) { return query.substr(0, query.rfind('=')); };
    EXPECT_EQ(without(p->query), without(c.query.signed_request.query));
}

INSTANTIATE_TEST_SUITE_P(all, published_ecdsa_vector, ::testing::Range<std::size_t>(0, 38),
                         [](const auto& i) { return test_name(ecdsa_vectors().at(i.param)); });

TEST(published_vectors, are_38_of_each) {
    EXPECT_EQ(vectors().size(), 38U);
    EXPECT_EQ(ecdsa_vectors().size(), 38U);
}

// Of the signed requests of the suite, those of SigV4a carry another signature than the one beside them.
TEST(published_vectors, ecdsa_signed_requests_verify_too) {
    std::size_t verified = 0;
    for (const vector_case& c : ecdsa_vectors()) {
        message m = c.header.signed_request;
        const std::string& authorization = *m.header("authorization");
        const auto at = authorization.find("Signature=");
        ASSERT_NE(at, std::string::npos) << c.name;
        EXPECT_TRUE(ecdsa_verifies(*c.key, c.header.string_to_sign, authorization.substr(at + 10))) << c.name;
        const std::string& query = c.query.signed_request.query;
        EXPECT_TRUE(ecdsa_verifies(*c.key, c.query.string_to_sign, query.substr(query.rfind('=') + 1)))
            << c.name;
        ++verified;
    }
    EXPECT_EQ(verified, 38U);
}

// The verifier takes what the suite signed, but for what a server of these services must refuse.
TEST(published_vectors, are_verified_or_refused_for_a_known_reason) {
    std::vector<std::string> headers, queries;
    for (const vector_case& c : vectors()) {
        expectation expected{.service = c.service, .region = c.region, .now = c.when};
        expected.path = c.how.path;
        const key_record record{c.who.secret_access_key, c.who.session_token, {}};
        const auto header = testing::verify(c.header.signed_request, expected, record);
        if (!header) {
            EXPECT_EQ(header.error().why, refusal::incomplete_signature) << c.name;
            headers.push_back(c.name);
        }
        expected.allow_presigned = true;
        const auto query = testing::verify(c.query.signed_request, expected, record);
        if (!query) {
            // An unsigned token in the query is there all the same when the signature is made again.
            EXPECT_EQ(query.error().why,
                      c.how.omit_session_token ? refusal::does_not_match : refusal::incomplete_signature)
                << c.name;
            queries.push_back(c.name);
        }
    }
    // Repeated headers, and a token that is not signed.
    const auto known =
        ::testing::ElementsAre("get-header-key-duplicate", "get-header-value-order", "post-sts-header-after");
    EXPECT_THAT(headers, known);
    EXPECT_THAT(queries, known);
}

// The other path rule than the signer's finds another path wherever the rules differ.
TEST(published_vectors, need_their_own_path_rule) {
    std::size_t refused_ones = 0;
    for (const vector_case& c : vectors()) {
        if (c.how.path.normalize) continue;
        const auto r = testing::verify(c.header.signed_request,
                                       {.service = c.service, .region = c.region, .now = c.when},
                                       key_record{c.who.secret_access_key, c.who.session_token, {}});
        if (!r) {
            EXPECT_EQ(r.error().why, refusal::does_not_match) << c.name;
            ++refused_ones;
        }
    }
    EXPECT_EQ(refused_ones, 6U);
}

}  // namespace
}  // namespace trainyard::sigv4
