// The pure half of the transport: classification, errors, retries, skew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/transport/answer.hpp"
#include "aws/transport/call.hpp"
#include "aws/transport/repeat.hpp"
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

TEST(classify, a_server_that_failed_may_have_acted_whatever_its_code) {
    for (const char* code :
         {"ExpiredToken", "AccessDenied", "ResourceInUse", "ResourceLimitExceeded", "Unheard"})
        EXPECT_EQ(classify("sagemaker", 500, code, ""), failure::service_fault) << code;
    EXPECT_EQ(classify("sagemaker", 503, "ThrottlingException", ""), failure::throttled);
}

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

TEST(skew, that_is_known_is_followed_by_its_change) {
    const auto sent = *parse_iso8601("2026-01-01T12:00:00Z");
    api_error e;
    e.code = "RequestTimeTooSkewed";
    const auto at = [&](duration ahead, duration current) {
        return skew_from(e, answer(403, {{"Date", to_http_date(sent + ahead)}}, ""), sent, current);
    };
    EXPECT_EQ(at(2h, 1h), duration{2h});
    EXPECT_FALSE(at(1h + 299s, 1h));
    EXPECT_EQ(at(-1h, 1h), duration{-1h});
}

TEST(request_id, every_place) {
    const auto id = [](http::fields f) { return request_id_of(answer(400, std::move(f), "")); };
    EXPECT_EQ(id({}), "");
    EXPECT_EQ(id({{"x-amzn-RequestId", "a"}}), "a");
    EXPECT_EQ(id({{"x-amz-request-id", "b"}}), "b");
    EXPECT_EQ(id({{"x-amz-request-id", "b"}, {"x-amz-id-2", "c"}}), "b/c");
    EXPECT_EQ(id({{"x-amz-id-2", "c"}}), "c");
    EXPECT_EQ(id({{"x-amz-request-id", "b"}, {"x-amzn-RequestId", "a"}}), "a");
    EXPECT_EQ(malformed_answer("sqs", "x", answer(200, {{"x-amz-request-id", "b"}}, ""), "w").request_id,
              "b");
    EXPECT_EQ(read_error("iam", "x",
                         answer(404, {},
                                "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error>"
                                "<RequestID>r-3</RequestID></ErrorResponse>"))
                  .request_id,
              "r-3");
}

TEST(retry_after, forms) {
    const auto wish = [](http::fields f) { return retry_after(answer(503, std::move(f), "")); };
    EXPECT_EQ(wish({{"x-amz-retry-after", "1500"}}), duration{1500ms});
    EXPECT_EQ(wish({{"x-amz-retry-after", "0"}}), duration{0});
    EXPECT_EQ(wish({{"Retry-After", "3"}}), duration{3s});
    EXPECT_EQ(wish({{"Retry-After", "3"}, {"x-amz-retry-after", "20"}}), duration{20ms});
    for (const char* bad : {"", "-1", "1.5", "3s", " 3", "1234567890", "Wed, 21 Oct 2026 07:28:00 GMT"})
        EXPECT_FALSE(wish({{"x-amz-retry-after", bad}, {"Retry-After", bad}})) << bad;
}

TEST(may_send_twice, by_operation) {
    for (const auto& [service, operation] :
         std::vector<std::pair<const char*, const char*>>{{"sqs", "ReceiveMessage"},
                                                          {"sqs", "SendMessage"},
                                                          {"sqs", "DeleteMessageBatch"},
                                                          {"sqs", "GetQueueAttributes"},
                                                          {"sagemaker", "CreateTrainingJob"},
                                                          {"sagemaker", "ListTags"},
                                                          {"sagemaker", "StopTrainingJob"},
                                                          {"sts", "AssumeRole"},
                                                          {"sts", "GetCallerIdentity"},
                                                          {"iam", "CreateRole"},
                                                          {"dynamodb", "GetItem"},
                                                          {"dynamodb", "Query"}})
        EXPECT_TRUE(may_send_twice(service, operation)) << operation;
    for (const auto& [service, operation] :
         std::vector<std::pair<const char*, const char*>>{{"events", "PutEvents"},
                                                          {"dynamodb", "UpdateItem"},
                                                          {"dynamodb", "PutItem"},
                                                          {"dynamodb", "DeleteItem"},
                                                          {"sqs", "PurgeQueue"},
                                                          {"sqs", "StartMessageMoveTask"},
                                                          {"iam", "CreateAccessKey"},
                                                          {"iam", "SendMessage"},
                                                          {"sagemaker", "Unheard"},
                                                          {"servicequotas", "RequestServiceQuotaIncrease"}})
        EXPECT_FALSE(may_send_twice(service, operation)) << operation;
    EXPECT_TRUE(only_reads("DescribeTrainingJob"));
    EXPECT_FALSE(only_reads("ReceiveMessage"));
    EXPECT_FALSE(only_reads("CreateTrainingJob"));
}

TEST(may_resend, the_call_can_only_forbid) {
    auto what = make_json_call("sagemaker", "SageMaker.CreateTrainingJob", "1.1", {}, "{}", {});
    EXPECT_TRUE(may_resend(what));
    what.resend_when_stale = false;
    EXPECT_FALSE(may_resend(what));
    EXPECT_FALSE(may_resend(make_json_call("events", "AWSEvents.PutEvents", "1.1", {}, "{}", {})));
}

}  // namespace
}  // namespace trainyard::aws
