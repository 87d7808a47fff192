// The published AWS test suite, stage by stage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sigv4/canonical.hpp"
#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::vector_case;
using testing::vectors;

using name_value = std::pair<std::string, std::string>;

std::vector<name_value> sorted_lower(const std::vector<name_value>& headers) {
    std::vector<name_value> out;
    for (const auto& [name, value] : headers) out.emplace_back(lower(name), value);
    std::sort(out.begin(), out.end());
    return out;
}

class published_vector : public ::testing::TestWithParam<std::size_t> {};

TEST_P(published_vector, matches_at_every_stage) {
    const vector_case& c = vectors().at(GetParam());
    const auto s = testing::sign(c.request, c.who, {c.region, c.service}, c.when, c.how);
    ASSERT_TRUE(s.has_value()) << s.error().message;
    EXPECT_EQ(s->canonical_request, c.canonical_request);
    EXPECT_EQ(s->string_to_sign, c.string_to_sign);
    EXPECT_EQ(s->hex, c.signature);
    auto sent = c.request;
    sent.add(s->headers);
    EXPECT_EQ(sorted_lower(sent.headers), sorted_lower(c.signed_request.headers));
    EXPECT_EQ(sent.body, c.signed_request.body);
}

INSTANTIATE_TEST_SUITE_P(all, published_vector, ::testing::Range<std::size_t>(0, 38), [](const auto& i) {
    std::string name = vectors().at(i.param).name;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(published_vectors, are_38) {
    EXPECT_EQ(vectors().size(), 38U);
}

// The verifier takes what the suite signed, but for what a server of these services must refuse.
TEST(published_vectors, are_verified_or_refused_for_a_known_reason) {
    std::size_t taken = 0, repeated = 0, unsigned_token = 0, other_path_rule = 0;
    for (const vector_case& c : vectors()) {
        const auto r =
            testing::verify(c.signed_request, {.service = c.service, .region = c.region, .now = c.when},
                            key_record{c.who.secret_access_key, c.who.session_token, {}});
        if (r) {
            ++taken;
            EXPECT_EQ(r->signature, c.signature) << c.name;
        } else if (r.error().why == refusal::incomplete_signature) {
            ++(c.how.omit_session_token ? unsigned_token : repeated);
        } else {
            EXPECT_EQ(r.error().why, refusal::does_not_match) << c.name << ": " << r.error().message;
            EXPECT_FALSE(c.how.normalize_path) << c.name;
            ++other_path_rule;
        }
    }
    EXPECT_EQ(repeated, 2U);         // get-header-key-duplicate, get-header-value-order
    EXPECT_EQ(unsigned_token, 1U);   // post-sts-header-after
    EXPECT_EQ(other_path_rule, 6U);  // the S3 rule on paths that normalisation changes
    EXPECT_EQ(taken, 29U);
}

}  // namespace
}  // namespace trainyard::sigv4
