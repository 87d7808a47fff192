#include <gtest/gtest.h>

#include <array>

#include "sigv4/authorization.hpp"
#include "sigv4/signed_shape.hpp"
#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::message;

const wall_time signed_at = parse_iso8601("2026-01-31T12:00:00Z").value();

credentials long_term() {
    return {"AKIDEXAMPLE", secret{"a secret key"}, {}, {}};
}
credentials session() {
    return {"AKIDEXAMPLE", secret{"a secret key"}, secret{"a session token"}, {}};
}
key_record record_of(const credentials& who) {
    return {who.secret_access_key, who.session_token, who.expires_at};
}

constexpr std::array<std::string_view, 2> json_headers{"x-amz-target", "content-type"};

expectation at_sqs(wall_time now = signed_at) {
    return {.service = "sqs", .region = "eu-west-1", .now = now, .must_be_signed = json_headers};
}
// As AWS answers.
expectation telling() {
    auto e = at_sqs();
    e.tell_unknown_keys = true;
    return e;
}

message unsigned_request() {
    return {"POST",
            "/",
            "",
            R"({"QueueUrl":"q"})",
            {{"Host", "sqs.eu-west-1.amazonaws.com"},
             {"X-Amz-Target", "AmazonSQS.SendMessage"},
             {"Content-Type", "application/x-amz-json-1.0"},
             {"User-Agent", "test"}}};
}

message signed_request(const credentials& who = long_term(), const scope& where = {"eu-west-1", "sqs"},
                       const options& how = {}) {
    message m = unsigned_request();
    m.add(testing::sign(m, who, where, signed_at, how).value().headers);
    return m;
}

// What refuses the request, and in which words.
struct outcome {
    std::optional<refusal> why;
    std::string message;
};

outcome outcome_of(const message& m, const expectation& e = at_sqs(),
                   const std::optional<key_record>& record = record_of(long_term())) {
    const auto r = testing::verify(m, e, record);
    if (r) return {};
    return {r.error().why, r.error().message};
}

void replace(std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
}

TEST(verify, gives_the_claims_of_a_right_signature) {
    const auto r = testing::verify(signed_request(), at_sqs(), record_of(long_term()));
    ASSERT_TRUE(r.has_value()) << r.error().message;
    EXPECT_EQ(r->access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(r->date, "20260131");
    EXPECT_EQ(r->region, "eu-west-1");
    EXPECT_EQ(r->service, "sqs");
    EXPECT_EQ(r->signed_headers, "content-type;host;x-amz-date;x-amz-target");
}

TEST(verify, any_region_when_none_is_expected) {
    auto e = at_sqs();
    e.region = {};
    EXPECT_FALSE(outcome_of(signed_request(long_term(), {"ap-south-1", "sqs"}), e).why);
}

TEST(verify, wrong_secret_is_a_wrong_signature) {
    const auto o = outcome_of(signed_request(), at_sqs(), key_record{secret{"another"}, {}, {}});
    EXPECT_EQ(o.why, refusal::does_not_match);
    EXPECT_EQ(o.message,
              "The request signature we calculated does not match the signature you provided. Check your AWS "
              "Secret "
              "Access Key and signing method. Consult the service documentation for details.");
}

TEST(verify, unknown_key_reads_as_an_invalid_token_where_that_is_told) {
    const auto unknown = outcome_of(signed_request(), telling(), std::nullopt);
    EXPECT_EQ(unknown.why, refusal::unknown_key);
    EXPECT_EQ(unknown.message, "The security token included in the request is invalid.");
    // Nothing tells an unknown key from a known one with the wrong token.
    EXPECT_EQ(outcome_of(signed_request(), telling(), record_of(session())).message, unknown.message);
}

// Whoever cannot sign gets one answer: for an unknown key, a wrong secret, a wrong token, an expired session.
TEST(verify, strangers_get_one_answer) {
    const auto wrong = outcome_of(signed_request(), at_sqs(), key_record{secret{"another"}, {}, {}});
    EXPECT_EQ(wrong.why, refusal::does_not_match);
    const std::vector<std::optional<key_record>> records{
        std::nullopt, key_record{secret{"another"}, secret{"a session token"}, {}},
        key_record{secret{"another"}, {}, signed_at},
        key_record{secret{"another"}, secret{"a session token"}, signed_at}};
    for (const auto& record : records) {
        const auto o = outcome_of(signed_request(), at_sqs(), record);
        EXPECT_EQ(o.why, wrong.why);
        EXPECT_EQ(o.message, wrong.message);
    }
}

// Whoever guesses the secret that stands in for an unknown key still gets nothing.
TEST(verify, no_secret_opens_an_unknown_key) {
    const credentials guess{"AKIDEXAMPLE", secret{"stands in for a key that is not known..."}, {}, {}};
    EXPECT_EQ(outcome_of(signed_request(guess), at_sqs(), std::nullopt).why, refusal::does_not_match);
    EXPECT_EQ(outcome_of(signed_request(guess), telling(), std::nullopt).why, refusal::unknown_key);
}

// A refusal costs one derivation, whether the key is unknown, known, or known and cached; only what is right
// is cached, and only what is right is spared the derivation.
// One verifier for requests of many shapes, in turns and again: what it learnt of one never passes for
// another.
TEST(verify, shapes_are_not_mixed_up) {
    verifier v;
    const auto good = signed_request();
    const auto record = record_of(long_term());
    const auto with_token = signed_request(session());
    std::vector<message> bad;
    bad.push_back(good);
    bad.back().headers.emplace_back("Host", "again");
    bad.push_back(good);
    bad.back().headers.emplace_back("x-amz-security-token", "unsigned");
    bad.push_back(good);
    replace(*bad.back().header("authorization"), "x-amz-date;", "");
    bad.push_back(good);
    bad.back().remove("content-type");
    bad.push_back(good);
    std::swap(bad.back().headers[0].second, bad.back().headers[1].second);
    bad.push_back(good);
    std::swap(bad.back().headers[0].first, bad.back().headers[1].first);
    auto more = at_sqs();
    constexpr std::array<std::string_view, 3> needs_more{"x-amz-target", "content-type", "x-more"};
    more.must_be_signed = needs_more;
    for (int round = 0; round < 3; ++round) {
        EXPECT_TRUE(testing::verify(v, good, at_sqs(), record).has_value());
        EXPECT_TRUE(testing::verify(v, with_token, at_sqs(), record_of(session())).has_value());
        EXPECT_FALSE(testing::verify(v, good, more, record).has_value());
        for (std::size_t i = 0; i < bad.size(); ++i)
            EXPECT_FALSE(testing::verify(v, bad[i], at_sqs(), record).has_value()) << i;
        // Above what it remembers.
        for (std::size_t i = 0; i < signed_shapes::capacity + 5; ++i) {
            message m = good;
            m.headers.insert(m.headers.begin() + 1, {"x-" + std::to_string(i), "v"});
            EXPECT_TRUE(testing::verify(v, m, at_sqs(), record).has_value()) << i;
            m.headers.insert(m.headers.begin(), {"HOST", "v"});
            EXPECT_FALSE(testing::verify(v, m, at_sqs(), record).has_value()) << i;
        }
    }
}

TEST(signed_shapes, tell_presigned_from_signed) {
    signed_shapes shapes;
    const std::vector<header_view> headers{{"host", "h"}};
    EXPECT_TRUE(shapes.get({headers, "host", true, {}}).has_value());
    EXPECT_FALSE(shapes.get({headers, "host", false, {}}).has_value());
}

TEST(verify, refusals_all_cost_the_same) {
    verifier v;
    const auto good = signed_request();
    auto bad = good;
    bad.body += ' ';
    const auto derivations_of = [&](const message& m, const std::optional<key_record>& record) {
        const std::size_t before = v.derivations();
        const bool taken = testing::verify(v, m, at_sqs(), record).has_value();
        return std::pair{taken, v.derivations() - before};
    };
    const auto known = record_of(long_term());
    const std::pair refused_at_one{false, std::size_t{1}};
    EXPECT_EQ(derivations_of(bad, std::nullopt), refused_at_one);
    EXPECT_EQ(derivations_of(bad, known), refused_at_one);
    EXPECT_EQ(derivations_of(bad, known), refused_at_one);
    EXPECT_EQ(v.cached_keys(), 0U);
    EXPECT_EQ(derivations_of(good, known), (std::pair{true, std::size_t{2}}));
    EXPECT_EQ(v.cached_keys(), 1U);
    EXPECT_EQ(derivations_of(good, known), (std::pair{true, std::size_t{0}}));
    EXPECT_EQ(derivations_of(bad, known), refused_at_one);
    EXPECT_EQ(derivations_of(bad, std::nullopt), refused_at_one);
    // The right signature, refused for another reason.
    EXPECT_EQ(derivations_of(good, key_record{known.secret_access_key, secret{"token"}, {}}), refused_at_one);
    EXPECT_EQ(derivations_of(good, key_record{known.secret_access_key, {}, signed_at}), refused_at_one);
    EXPECT_EQ(derivations_of(good, std::nullopt), refused_at_one);
    // A cached key is of no use once its secret is another, and when its id is not known any more.
    EXPECT_EQ(derivations_of(good, key_record{secret{"rotated"}, {}, {}}), refused_at_one);
    EXPECT_EQ(v.cached_keys(), 1U);
}

TEST(verify, scope_must_be_the_endpoints) {
    const auto region = outcome_of(signed_request(long_term(), {"us-east-1", "sqs"}));
    EXPECT_EQ(region.why, refusal::wrong_scope);
    EXPECT_EQ(region.message, "Credential should be scoped to a valid region.");
    const auto service = outcome_of(signed_request(long_term(), {"eu-west-1", "sagemaker"}));
    EXPECT_EQ(service.why, refusal::wrong_scope);
    EXPECT_EQ(service.message, "Credential should be scoped to correct service: 'sqs'.");
}

TEST(verify, scope_date_must_be_the_requests) {
    message m = signed_request();
    replace(*m.header("authorization"), "/20260131/", "/20260130/");
    const auto o = outcome_of(m);
    EXPECT_EQ(o.why, refusal::wrong_scope);
    EXPECT_EQ(o.message,
              "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
              "'20260130' != "
              "'20260131', from '20260131T120000Z'.");
}

TEST(verify, skew_is_bounded_both_ways) {
    const auto s = std::chrono::seconds{1};
    const auto m = signed_request();
    EXPECT_FALSE(outcome_of(m, at_sqs(signed_at + 15min)).why);
    EXPECT_FALSE(outcome_of(m, at_sqs(signed_at - 15min)).why);
    const auto old = outcome_of(m, at_sqs(signed_at + 15min + s));
    EXPECT_EQ(old.why, refusal::signature_expired);
    EXPECT_EQ(old.message,
              "Signature expired: 20260131T120000Z is now earlier than 20260131T120001Z (20260131T121501Z - "
              "15 min.)");
    const auto early = outcome_of(m, at_sqs(signed_at - 15min - s));
    EXPECT_EQ(early.why, refusal::signature_not_yet_current);
    EXPECT_EQ(early.message,
              "Signature not yet current: 20260131T120000Z is still later than 20260131T115959Z "
              "(20260131T114459Z + 15 "
              "min.)");
    auto strict = at_sqs(signed_at + 5min + s);
    strict.skew_max = 5min;
    EXPECT_EQ(outcome_of(m, strict).why, refusal::signature_expired);
}

TEST(verify, date_must_be_basic_iso8601) {
    for (const char* bad :
         {"2026-01-31T12:00:00Z", "20260131T120000", "20260231T120000Z", "20260131T120060Z", ""}) {
        message m = signed_request();
        *m.header("x-amz-date") = bad;
        EXPECT_EQ(outcome_of(m).why, refusal::incomplete_signature) << bad;
    }
}

TEST(verify, a_signed_header_stands_exactly_once) {
    for (const char* name : {"host", "X-AMZ-Date", "x-amz-target", "authorization"}) {
        message m = signed_request();
        m.headers.emplace_back(name, "other");
        EXPECT_EQ(outcome_of(m).why, refusal::incomplete_signature) << name;
    }
    message m = signed_request();
    m.remove("x-amz-target");
    EXPECT_EQ(outcome_of(m).why, refusal::incomplete_signature);
}

TEST(verify, required_headers_must_be_signed) {
    for (const char* name : {"x-amz-target", "content-type"}) {
        message m = unsigned_request();
        const auto added = std::make_pair(std::string{name}, *m.header(name));
        m.remove(name);
        m.add(testing::sign(m, long_term(), {"eu-west-1", "sqs"}, signed_at).value().headers);
        m.headers.push_back(added);  // there, but not signed
        const auto o = outcome_of(m);
        EXPECT_EQ(o.why, refusal::incomplete_signature);
        EXPECT_EQ(o.message, "'" + added.first + "' must be a 'SignedHeader' in the AWS Authorization.");
    }
    for (const char* name : {"host;", "x-amz-date;"}) {
        message m = signed_request();
        replace(*m.header("authorization"), name, "");
        EXPECT_EQ(outcome_of(m).why, refusal::incomplete_signature) << name;
    }
}

TEST(verify, unsigned_headers_may_change) {
    message m = signed_request();
    *m.header("user-agent") = "a proxy's";
    m.headers.emplace_back("amz-sdk-request", "attempt=1");
    m.headers.emplace_back("amz-sdk-request", "attempt=2");
    EXPECT_FALSE(outcome_of(m).why);
}

TEST(verify, session_token_must_be_the_keys) {
    EXPECT_FALSE(outcome_of(signed_request(session()), at_sqs(), record_of(session())).why);
    // Missing, wrong, and one for a key that has none.
    EXPECT_EQ(outcome_of(signed_request(), at_sqs(), record_of(session())).why, refusal::invalid_token);
    auto other = session();
    other.session_token = secret{"another token"};
    EXPECT_EQ(outcome_of(signed_request(other), at_sqs(), record_of(session())).why, refusal::invalid_token);
    EXPECT_EQ(outcome_of(signed_request(session())).why, refusal::invalid_token);
    // Added after signing.
    EXPECT_EQ(outcome_of(signed_request(session(), {"eu-west-1", "sqs"}, {.omit_session_token = true}),
                         at_sqs(), record_of(session()))
                  .why,
              refusal::incomplete_signature);
}

TEST(verify, expired_session_is_refused) {
    auto record = record_of(session());
    record.expires_at = signed_at;
    const auto o = outcome_of(signed_request(session()), at_sqs(), record);
    EXPECT_EQ(o.why, refusal::expired_token);
    EXPECT_EQ(o.message, "The security token included in the request is expired");
    record.expires_at = signed_at + 1s;
    EXPECT_FALSE(outcome_of(signed_request(session()), at_sqs(), record).why);
}

TEST(verify, content_hash_must_be_the_bodys) {
    const options hashed{.sign_body = true};
    EXPECT_FALSE(outcome_of(signed_request(long_term(), {"eu-west-1", "sqs"}, hashed)).why);
    message changed = signed_request(long_term(), {"eu-west-1", "sqs"}, hashed);
    changed.body.push_back(' ');
    EXPECT_EQ(outcome_of(changed).why, refusal::does_not_match);
    for (const char* claim : {"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""}) {
        message m = signed_request();
        m.headers.emplace_back("x-amz-content-sha256", claim);  // unsigned, so the signature itself is right
        EXPECT_EQ(outcome_of(m).why, refusal::does_not_match) << claim;
        m.headers.emplace_back("x-amz-content-sha256", claim);
        EXPECT_EQ(outcome_of(m).why, refusal::incomplete_signature) << claim;
    }
}

TEST(verify, broken_escape_in_the_query_is_refused) {
    message m = signed_request();
    for (const char* query : {"a=%", "a=%2", "a=%zz"}) {
        m.query = query;
        EXPECT_EQ(outcome_of(m).why, refusal::does_not_match) << query;
    }
}

TEST(verify, path_must_start_with_a_slash) {
    message m = signed_request();
    for (const char* path : {".", "./", "*"}) {
        m.path = path;  // the first two normalise to "/"
        EXPECT_EQ(outcome_of(m).why, refusal::does_not_match) << path;
    }
}

TEST(verify, unsigned_payload_only_where_it_is_allowed_signed_and_said) {
    const options open{.payload = payload::not_signed};
    message m = signed_request(long_term(), {"eu-west-1", "sqs"}, open);
    EXPECT_EQ(*m.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    EXPECT_EQ(outcome_of(m).why, refusal::does_not_match);
    auto e = at_sqs();
    e.allow_unsigned_payload = true;
    EXPECT_FALSE(outcome_of(m, e).why);
    m.body = "anything";
    EXPECT_FALSE(outcome_of(m, e).why);
    // A body that is signed stays so.
    message closed = signed_request();
    EXPECT_FALSE(outcome_of(closed, e).why);
    closed.body += ' ';
    EXPECT_EQ(outcome_of(closed, e).why, refusal::does_not_match);
    // Said, but not signed.
    message said = signed_request();
    said.headers.emplace_back("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    EXPECT_EQ(outcome_of(said, e).why, refusal::does_not_match);
}

TEST(verify, path_rules_are_the_expectations) {
    for (const bool normalize : {true, false})
        for (const bool twice : {true, false}) {
            message m = unsigned_request();
            m.path = "/a//b/../c%20d";
            const options how{.path = {normalize, twice}};
            m.add(testing::sign(m, long_term(), {"eu-west-1", "sqs"}, signed_at, how).value().headers);
            for (const bool n : {true, false})
                for (const bool t : {true, false}) {
                    auto e = at_sqs();
                    e.path = {n, t};
                    EXPECT_EQ(!outcome_of(m, e).why, n == normalize && t == twice);
                }
        }
}

TEST(parse_authorization, no_header_is_a_missing_token) {
    EXPECT_EQ(outcome_of(unsigned_request()).why, refusal::missing_token);
}

TEST(parse_authorization, order_and_spaces_are_free) {
    const std::string hex(64, 'a');
    for (const std::string& text :
         {"AWS4-HMAC-SHA256 Signature=" + hex + ",SignedHeaders=host,Credential=A/20260131/r/s/aws4_request",
          "AWS4-HMAC-SHA256  Credential=A/20260131/r/s/aws4_request,  SignedHeaders=host, Signature=" +
              hex}) {
        const auto r = testing::parse_authorization({"GET", "/", "", "", {{"AUTHORIZATION", text}}});
        ASSERT_TRUE(r.has_value()) << r.error().message;
        EXPECT_EQ(r->signature, hex);
        EXPECT_EQ(r->signed_headers, "host");
    }
}

std::string many_names(std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += (i > 0 ? ";h" : "h") + std::to_string(1000 + i);
    return out;
}

TEST(parse_authorization, malformed_is_incomplete) {
    const std::string credential = "Credential=A/20260131/r/s/aws4_request";
    const std::string names = "SignedHeaders=host;x-amz-date";
    const std::string hex = "Signature=" + std::string(64, '0');
    const std::string good = "AWS4-HMAC-SHA256 " + credential + ", " + names + ", " + hex;
    const auto parse = [](const std::string& text) {
        return testing::parse_authorization({"GET", "/", "", "", {{"Authorization", text}}});
    };
    ASSERT_TRUE(parse(good).has_value());
    const std::vector<std::string> bad{
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "aws4-hmac-sha256 " + credential + ", " + names + ", " + hex,
        "AWS4-HMAC-SHA512 " + credential + ", " + names + ", " + hex,
        "AWS4-HMAC-SHA256\t" + credential + ", " + names + ", " + hex,
        "Basic dXNlcjpwYXNz",
        "AWS4-HMAC-SHA256 " + names + ", " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", " + names,
        good + ",",
        good + ", Extra=1",
        good + ", " + hex,
        good + " ",
        "AWS4-HMAC-SHA256 ," + credential + ", " + names + ", " + hex,
        "AWS4-HMAC-SHA256 credential=A/20260131/r/s/aws4_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A/20260131/r/s, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A/20260131/r/s/aws4_request/x, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=/20260131/r/s/aws4_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A/20260131//s/aws4_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A/2026013/r/s/aws4_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A/2026013x/r/s/aws4_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A/20260131/r/s/aws5_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 Credential=A B/20260131/r/s/aws4_request, " + names + ", " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host;, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=;host, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=Host, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host;host, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=x-amz-date;host, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=ho st, " + hex,
        "AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=" + many_names(signed_headers_max + 1) + ", " +
            hex,
        "AWS4-HMAC-SHA256 " + credential + ", " + names + ", Signature=",
        "AWS4-HMAC-SHA256 " + credential + ", " + names + ", " + hex + "0",
        "AWS4-HMAC-SHA256 " + credential + ", " + names + ", " + hex.substr(0, hex.size() - 1),
        "AWS4-HMAC-SHA256 " + credential + ", " + names + ", Signature=" + std::string(64, 'A'),
        "AWS4-HMAC-SHA256 " + credential + ", " + names + ", Signature=" + std::string(64, 'g'),
        good + std::string(authorization_bytes_max, ' '),
    };
    for (const auto& text : bad) {
        const auto r = parse(text);
        ASSERT_FALSE(r.has_value()) << text;
        EXPECT_EQ(r.error().why, refusal::incomplete_signature) << text;
        EXPECT_FALSE(r.error().message.empty());
    }
    EXPECT_TRUE(parse("AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=" + many_names(signed_headers_max) +
                      ", " + hex)
                    .has_value());
}

}  // namespace
}  // namespace trainyard::sigv4
