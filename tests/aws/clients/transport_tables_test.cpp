// The pure half of the transport: classification, errors, retries, skew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/transport/answer.hpp"
#include "aws/transport/call.hpp"
#include "aws/transport/repeat.hpp"
#include "aws/transport/retry.hpp"
#include "golden.hpp"

namespace trainyard::aws {
namespace {

struct classified {
    const char* service;
    int status;
    const char* code;
    const char* message;
    failure expected;
};

TEST(classify, table) {
    const classified rows[] = {
        {"sagemaker", 400, "ThrottlingException", "Rate exceeded", failure::throttled},
        {"sts", 400, "Throttling", "Rate exceeded", failure::throttled},
        {"sqs", 403, "RequestThrottled", "", failure::throttled},
        {"sqs", 400, "KMS.ThrottlingException", "", failure::throttled},
        {"sqs", 429, "", "", failure::throttled},
        {"sqs", 503, "SlowDown", "", failure::throttled},
        {"sagemaker", 400, "ResourceLimitExceeded", "The account-level service limit",
         failure::quota_exceeded},
        {"sqs", 403, "OverLimit", "", failure::quota_exceeded},
        {"sagemaker", 400, "ResourceInUse", "", failure::already_exists},
        {"sagemaker", 400, "ValidationException", "Cannot create already existing model \"m\".",
         failure::already_exists},
        {"sqs", 400, "QueueAlreadyExists", "", failure::already_exists},
        {"sagemaker", 400, "ValidationException", "Requested resource not found.", failure::not_found},
        {"sagemaker", 400, "ValidationException", "Could not find model \"m\".", failure::not_found},
        {"sagemaker", 400, "ResourceNotFound", "", failure::not_found},
        {"sqs", 400, "AWS.SimpleQueueService.NonExistentQueue", "", failure::not_found},
        {"sqs", 400, "QueueDoesNotExist", "", failure::not_found},
        {"sagemaker", 400, "ValidationException", "1 validation error detected", failure::invalid_request},
        {"sqs", 400, "ValidationException", "Requested resource not found.", failure::invalid_request},
        {"sqs", 404, "ReceiptHandleIsInvalid", "", failure::invalid_request},
        {"sqs", 400, "InvalidParameterValue", "", failure::invalid_request},
        {"sagemaker", 400, "SerializationException", "", failure::invalid_request},
        {"sts", 400, "InvalidAction", "", failure::invalid_request},
        {"sagemaker", 400, "AccessDeniedException", "", failure::access_denied},
        {"sts", 403, "AccessDenied", "", failure::access_denied},
        {"sqs", 403, "", "", failure::access_denied},
        {"sagemaker", 400, "UnrecognizedClientException", "", failure::bad_credentials},
        {"sts", 403, "InvalidClientTokenId", "", failure::bad_credentials},
        {"sts", 403, "SignatureDoesNotMatch", "", failure::bad_credentials},
        {"sagemaker", 400, "InvalidSignatureException", "", failure::bad_credentials},
        {"sts", 403, "ExpiredToken", "", failure::bad_credentials},
        {"sagemaker", 400, "ExpiredTokenException", "", failure::bad_credentials},
        {"sqs", 403, "MissingAuthenticationToken", "", failure::bad_credentials},
        {"sqs", 401, "", "", failure::bad_credentials},
        {"sqs", 500, "InternalFailure", "", failure::service_fault},
        {"sqs", 503, "ServiceUnavailable", "", failure::service_fault},
        {"sqs", 502, "", "<html>", failure::service_fault},
        {"sts", 400, "IDPCommunicationError", "", failure::service_fault},
        {"sqs", 408, "", "", failure::effect_unknown},
        {"sqs", 301, "", "", failure::effect_unknown},
        {"sqs", 404, "", "", failure::invalid_request},
        {"sagemaker", 400, "", "Rate exceeded", failure::throttled},
        {"sts", 400, "", "Rate exceeded", failure::throttled},
        {"sqs", 400, "", "", failure::invalid_request},
        {"sagemaker", 400, "", "<html>Bad Request", failure::invalid_request},
        {"sqs", 418, "Teapot", "", failure::invalid_request},
    };
    for (const auto& r : rows)
        EXPECT_EQ(classify(r.service, r.status, r.code, r.message), r.expected)
            << r.service << ' ' << r.status << ' ' << r.code << ": got "
            << to_string(classify(r.service, r.status, r.code, r.message));
}

TEST(classify, every_code_of_the_models) {
    const auto rows = test::golden_rows("aws_errors.tsv", 4);
    EXPECT_GT(rows.size(), 400U);
    for (const auto& r : rows) {
        const auto kind = classify(r[0], std::stoi(r[2]), r[1] == "-" ? "" : r[1], "");
        EXPECT_EQ(to_string(kind), r[3]) << r[0] << ' ' << r[1] << ' ' << r[2];
    }
}

http::response answer(int status, http::fields fields, std::string body) {
    return {status, std::move(fields), std::move(body)};
}

TEST(read_error, json) {
    const auto e =
        read_error("sagemaker", "CreateTrainingJob",
                   answer(400, {{"x-amzn-RequestId", "r-1"}},
                          R"({"__type":"com.amazon.sagemaker#ResourceLimitExceeded","Message":"no more"})"));
    EXPECT_EQ(e.kind, failure::quota_exceeded);
    EXPECT_EQ(e.to_string(),
              "sagemaker CreateTrainingJob: ResourceLimitExceeded: no more (HTTP 400, request id r-1)");
    EXPECT_FALSE(e.may_have_executed());
}

TEST(read_error, code_places) {
    EXPECT_EQ(
        read_error("sqs", "x",
                   answer(400, {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}},
                          R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"})"))
            .code,
        "AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(read_error("sagemaker", "x",
                         answer(400, {{"x-amzn-errortype", "ThrottlingException:http://internal/coral/"}},
                                R"({"message":null})"))
                  .kind,
              failure::throttled);
    EXPECT_EQ(read_error("sagemaker", "x", answer(400, {}, R"({"code":"Other"})")).code, "Other");
    EXPECT_EQ(plain_code("a.b#C:http://x#y"), "C");
}

TEST(read_error, xml) {
    const auto e =
        read_error("sts", "AssumeRole",
                   answer(403, {},
                          "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>"
                          "Sender</Type><Code>AccessDenied</Code><Message>User: a is not &lt;x&gt;</Message>"
                          "</Error><RequestId>r-2</RequestId></ErrorResponse>"));
    EXPECT_EQ(e.kind, failure::access_denied);
    EXPECT_EQ(e.message, "User: a is not <x>");
    EXPECT_EQ(e.request_id, "r-2");
}

TEST(read_error, bodies_of_proxies) {
    for (const std::string body : {"", "Internal Server Error", "<html><body>503</body>", "[1]", "{\"x\":"}) {
        const auto e = read_error("sqs", "SendMessage", answer(503, {}, body));
        EXPECT_EQ(e.kind, failure::service_fault) << body;
        EXPECT_TRUE(e.may_have_executed());
        EXPECT_EQ(e.code, "");
    }
    const auto e = read_error("sqs", "x", answer(500, {}, std::string(5000, 'a') + "\n"));
    EXPECT_EQ(e.message.size(), 200U);
}

TEST(expired_token, needs_a_token_where_the_code_is_ambiguous) {
    EXPECT_TRUE(is_expired_token("ExpiredToken", false));
    EXPECT_TRUE(is_expired_token("ExpiredTokenException", true));
    EXPECT_TRUE(is_expired_token("InvalidClientTokenId", true));
    EXPECT_FALSE(is_expired_token("InvalidClientTokenId", false));
    EXPECT_FALSE(is_expired_token("SignatureDoesNotMatch", true));
}

TEST(skew, only_from_signature_errors_and_within_a_day) {
    const auto sent = *parse_iso8601("2026-01-01T12:00:00Z");
    const auto at = [&](duration ahead, std::string code, duration current = {}) {
        api_error e;
        e.code = std::move(code);
        return skew_from(e, answer(403, {{"Date", to_http_date(sent + ahead)}}, ""), sent, current);
    };
    EXPECT_EQ(at(1h, "SignatureDoesNotMatch"), duration{1h});
    EXPECT_EQ(at(-30min, "InvalidSignatureException"), duration{-30min});
    EXPECT_EQ(at(5min, "SignatureDoesNotMatch"), duration{5min});
    EXPECT_FALSE(at(299s, "SignatureDoesNotMatch"));
    EXPECT_FALSE(at(1h, "AccessDenied"));
    EXPECT_FALSE(at(1h, "SignatureDoesNotMatch", 1h));  // already corrected: the signature itself is wrong
    EXPECT_EQ(at(0s, "SignatureDoesNotMatch", 1h), duration{0});  // our clock was put right meanwhile
    EXPECT_EQ(at(24h, "SignatureDoesNotMatch"), duration{24h});
    EXPECT_FALSE(at(24h + 1s, "SignatureDoesNotMatch"));
    api_error e;
    e.code = "SignatureDoesNotMatch";
    EXPECT_FALSE(skew_from(e, answer(403, {}, ""), sent, {}));
}

class retries : public testing::Test {
protected:
    retry_machine make(int attempts = 3, bool unknown = true, duration within = 1h) {
        return retry_machine{{attempts, unknown, mono_time{} + within}, quota};
    }
    retry_quota quota;
    rng random{3};
};

TEST_F(retries, kinds) {
    const auto repeats = [this](failure kind, bool unknown) {
        auto m = make(3, unknown);
        return m.failed(kind, false, {}, random).again;
    };
    for (const auto kind : {failure::throttled, failure::unreachable}) {
        EXPECT_TRUE(repeats(kind, true)) << to_string(kind);
        EXPECT_TRUE(repeats(kind, false)) << to_string(kind);
    }
    for (const auto kind : {failure::service_fault, failure::effect_unknown}) {
        EXPECT_TRUE(repeats(kind, true)) << to_string(kind);
        EXPECT_FALSE(repeats(kind, false)) << to_string(kind);
    }
    for (const auto kind :
         {failure::quota_exceeded, failure::already_exists, failure::not_found, failure::invalid_request,
          failure::access_denied, failure::bad_credentials, failure::cancelled})
        EXPECT_FALSE(repeats(kind, true)) << to_string(kind);
}

TEST_F(retries, stops_at_attempts_max) {
    auto m = make(3);
    EXPECT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_FALSE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_EQ(m.attempts(), 3);
    auto once = make(1);
    EXPECT_FALSE(once.failed(failure::throttled, false, {}, random).again);
}

TEST_F(retries, back_off_doubles_up_to_its_cap) {
    constexpr int rounds = 200;
    for (const auto& [attempt, ceiling] :
         std::map<int, duration>{{1, 1s}, {2, 2s}, {4, 8s}, {5, 16s}, {6, 20s}, {40, 20s}}) {
        duration longest{};
        for (int i = 0; i < rounds; ++i) {
            retry_quota own;
            retry_machine m{{100, true, mono_time{} + 1h}, own};
            retry_machine::decision d;
            for (int a = 0; a < attempt; ++a) d = m.failed(failure::throttled, false, {}, random);
            ASSERT_TRUE(d.again);
            ASSERT_LE(d.pause, ceiling);
            longest = std::max(longest, d.pause);
        }
        EXPECT_GT(longest, ceiling * 9 / 10) << attempt;
    }
}

TEST_F(retries, never_past_the_deadline) {
    int given_up = 0;
    for (int i = 0; i < 200; ++i) {
        auto m = make(3, true, 500ms);
        const auto d = m.failed(failure::throttled, false, {}, random);
        if (d.again) {
            EXPECT_LT(d.pause, 500ms);
            m.succeeded();
        } else {
            ++given_up;
        }
    }
    EXPECT_GT(given_up, 50);
    EXPECT_LT(given_up, 150);
}

TEST_F(retries, quota_is_spent_refunded_and_capped) {
    auto m = make(1000);
    for (int i = 0; i < 99; ++i) ASSERT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_EQ(quota.tokens(), 5);
    EXPECT_FALSE(m.failed(failure::effect_unknown, true, {}, random).again);  // a timeout costs 10
    EXPECT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_EQ(quota.tokens(), 0);
    EXPECT_FALSE(m.failed(failure::throttled, false, {}, random).again);
    m.succeeded();
    EXPECT_EQ(quota.tokens(), 5);
    auto fresh = make();
    fresh.succeeded();
    EXPECT_EQ(quota.tokens(), 6);
    quota.give(10'000);
    EXPECT_EQ(quota.tokens(), retry_quota::capacity);
}

}  // namespace
}  // namespace trainyard::aws
