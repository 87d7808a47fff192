// Verifying presigned URLs.
#include <gtest/gtest.h>

#include "sigv4/authorization.hpp"
#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::message;

const wall_time signed_at = parse_iso8601("2026-01-31T12:00:00Z").value();
const key_record long_term{secret{"a secret key"}, {}, {}};
const key_record session{secret{"a secret key"}, secret{"a/session token=="}, {}};

message signed_url(const key_record& key = long_term, duration lifetime = 1h, const options& how = {},
                   const scope& where = {"eu-west-1", "sqs"}) {
    const message m{"GET", "/q", "Action=ReceiveMessage", "", {{"Host", "sqs.eu-west-1.amazonaws.com"}}};
    const credentials who{"AKIDEXAMPLE", key.secret_access_key, key.session_token, {}};
    return testing::presign(m, who, where, signed_at, lifetime, how).value();
}

expectation allowing(wall_time now = signed_at) {
    expectation e{.service = "sqs", .region = "eu-west-1", .now = now};
    e.allow_presigned = true;
    return e;
}

std::optional<refusal> why(const message& m, const expectation& e = allowing(),
                           const std::optional<key_record>& record = long_term) {
    const auto r = testing::verify(m, e, record);
    return r ? std::nullopt : std::optional{r.error().why};
}

message with(message m, std::string_view from, std::string_view to) {
    const auto at = m.query.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    m.query.replace(at, from.size(), to);
    return m;
}

TEST(presigned, gives_the_claims_of_a_right_signature) {
    const auto r = testing::verify(signed_url(), allowing(), long_term);
    ASSERT_TRUE(r.has_value()) << r.error().message;
    EXPECT_TRUE(r->presigned);
    EXPECT_EQ(r->access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(r->date, "20260131");
    EXPECT_EQ(r->region, "eu-west-1");
    EXPECT_EQ(r->service, "sqs");
    EXPECT_EQ(r->signed_headers, "host");
    EXPECT_EQ(r->signature.size(), 64U);
}

TEST(presigned, is_no_authentication_unless_it_is_allowed) {
    auto e = allowing();
    e.allow_presigned = false;
    EXPECT_EQ(why(signed_url(), e), refusal::missing_token);
    message none = signed_url();
    none.query = "Action=ReceiveMessage";
    EXPECT_EQ(why(none), refusal::missing_token);
}

TEST(presigned, and_an_authorization_header_are_refused_together) {
    message m = signed_url();
    m.headers.emplace_back("authorization", "AWS4-HMAC-SHA256 x");
    EXPECT_EQ(why(m), refusal::incomplete_signature);
    m.headers.back().second =
        "AWS4-HMAC-SHA256 Credential=A/20260131/eu-west-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=" +
        std::string(64, '0');
    EXPECT_EQ(why(m), refusal::incomplete_signature);
}

TEST(presigned, lives_as_long_as_it_says_and_not_before_its_time) {
    EXPECT_EQ(why(signed_url(), allowing(signed_at + 1h)), std::nullopt);
    EXPECT_EQ(why(signed_url(), allowing(signed_at + 1h + 1s)), refusal::signature_expired);
    EXPECT_EQ(why(signed_url(), allowing(signed_at - 15min)), std::nullopt);
    EXPECT_EQ(why(signed_url(), allowing(signed_at - 15min - 1s)), refusal::signature_not_yet_current);
    EXPECT_EQ(why(signed_url(long_term, 604'800s), allowing(signed_at + 604'800s)), std::nullopt);
    EXPECT_EQ(why(signed_url(long_term, 1s), allowing(signed_at + 2s)), refusal::signature_expired);
}

TEST(presigned, lifetime_is_within_bounds_and_signed) {
    for (const char* bad :
         {"0", "604801", "-1", "+1", "", "1.5", "3600x", "%203600", "9999999", "99999999999999999999"})
        EXPECT_EQ(why(with(signed_url(), "X-Amz-Expires=3600", "X-Amz-Expires=" + std::string{bad})),
                  refusal::incomplete_signature)
            << bad;
    EXPECT_EQ(why(with(signed_url(), "X-Amz-Expires=3600", "X-Amz-Expires=3601")), refusal::does_not_match);
}

TEST(presigned, each_parameter_stands_exactly_once) {
    const message good = signed_url(session);
    EXPECT_EQ(why(good, allowing(), session), std::nullopt);
    for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                             "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token"}) {
        const std::string parameter = std::string{name} + "=";
        message twice = good;
        twice.query += "&" + parameter + "1";
        EXPECT_EQ(why(twice, allowing(), session), refusal::incomplete_signature) << name;
        twice = good;
        twice.query += "&%58" + parameter.substr(1) + "1";  // the same name, escaped
        EXPECT_EQ(why(twice, allowing(), session), refusal::incomplete_signature) << name;
        const message renamed = with(good, parameter, "Y-Amz=");
        EXPECT_NE(why(renamed, allowing(), session), std::nullopt) << name;
    }
}

TEST(presigned, is_bound_to_its_scope) {
    EXPECT_EQ(why(signed_url(long_term, 1h, {}, {"us-east-1", "sqs"})), refusal::wrong_scope);
    EXPECT_EQ(why(signed_url(long_term, 1h, {}, {"eu-west-1", "sns"})), refusal::wrong_scope);
    EXPECT_EQ(why(with(signed_url(), "%2F20260131%2F", "%2F20260130%2F")), refusal::wrong_scope);
    EXPECT_EQ(why(with(signed_url(), "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
              refusal::incomplete_signature);
    EXPECT_EQ(why(with(signed_url(), "%2Faws4_request", "%2Faws5_request")), refusal::incomplete_signature);
    EXPECT_EQ(why(with(signed_url(), "20260131T120000Z", "2026-01-31T12:00:00Z")),
              refusal::incomplete_signature);
}

TEST(presigned, token_is_the_keys_signed_and_in_the_query_alone) {
    EXPECT_EQ(why(signed_url(session), allowing(), session), std::nullopt);
    EXPECT_EQ(why(signed_url(), allowing(), session), refusal::invalid_token);
    EXPECT_EQ(why(signed_url(session)), refusal::invalid_token);
    EXPECT_EQ(why(signed_url(session, 1h, {.omit_session_token = true}), allowing(), session),
              refusal::does_not_match);
    message m = signed_url(session);
    m.headers.emplace_back("x-amz-security-token", "a/session token==");
    EXPECT_EQ(why(m, allowing(), session), refusal::incomplete_signature);
    // It dies with its session, whatever it says.
    key_record over = session;
    over.expires_at = signed_at;
    EXPECT_EQ(why(signed_url(session), allowing(), over), refusal::expired_token);
}

TEST(presigned, headers_that_must_be_signed_are) {
    EXPECT_EQ(why(with(signed_url(), "SignedHeaders=host", "SignedHeaders=")), refusal::incomplete_signature);
    EXPECT_EQ(why(with(signed_url(), "SignedHeaders=host", "SignedHeaders=x")),
              refusal::incomplete_signature);
    auto e = allowing();
    constexpr std::array<std::string_view, 1> needed{"x-amz-target"};
    e.must_be_signed = needed;
    EXPECT_EQ(why(signed_url(), e), refusal::incomplete_signature);
    message m = signed_url();
    m.headers.emplace_back("HOST", "another");
    EXPECT_EQ(why(m), refusal::incomplete_signature);
}

TEST(presigned, body_is_signed) {
    message m = signed_url();
    m.body = "x";
    EXPECT_EQ(why(m), refusal::does_not_match);
}

TEST(presigned, broken_escape_is_refused) {
    message m = signed_url();
    m.query += "&a=%4";
    EXPECT_EQ(why(m), refusal::missing_token);  // no reader knows what it says
}

TEST(presigned, unknown_key_is_a_wrong_signature) {
    EXPECT_EQ(why(signed_url(), allowing(), std::nullopt), refusal::does_not_match);
    EXPECT_EQ(why(signed_url(), allowing(), key_record{secret{"another"}, {}, {}}), refusal::does_not_match);
}

}  // namespace
}  // namespace trainyard::sigv4
