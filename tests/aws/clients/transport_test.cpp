// The transport over real sockets against a scripted server.
#include "aws/transport/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/sagemaker/client.hpp"
#include "engine/base/encoding.hpp"
#include "scripted.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

class transport_over_http : public testing::Test {
protected:
    static http::response json(int status, std::string body) {
        return {status,
                {{"content-type", "application/x-amz-json-1.1"}, {"x-amzn-RequestId", "r-9"}},
                std::move(body)};
    }
    static http::response coded(int status, const std::string& code, const std::string& message = "m") {
        return json(status, R"({"__type":"ns#)" + code + R"(","message":")" + message + "\"}");
    }
    // Is the request signed by these keys, at a time that the server's clock accepts?
    bool verifies(const http::request& r, const sigv4::credentials& keys, wall_time now) {
        std::vector<sigv4::header_view> headers;
        for (const auto& f : r.fields) headers.push_back({f.name, f.value});
        const sigv4::request_view view{r.method, r.path(), r.query(), headers, r.body};
        sigv4::expectation expected;
        expected.service = "sagemaker";
        expected.region = "us-east-1";
        expected.now = now;
        const sigv4::key_record record{keys.secret_access_key, keys.session_token, {}};
        sigv4::verifier verifier;
        const auto got = verifier.verify(view, expected, [&](std::string_view id) {
            return id == keys.access_key_id ? &record : nullptr;
        });
        if (!got) ADD_FAILURE() << got.error().message;
        return got.has_value();
    }
    test::scripted_world w;
};

TEST_F(transport_over_http, sends_a_request_that_verifies) {
    w.script = {json(200, "{}")};
    const auto got = w.send(w.make_call());
    ASSERT_TRUE(got) << got.error().to_string();
    ASSERT_EQ(w.seen.size(), 1U);
    const auto& r = w.seen[0];
    EXPECT_EQ(r.method + " " + r.target + " " + r.body, "POST /prefix {\"a\":1}");
    EXPECT_EQ(r.fields.get("host"), w.where.origin.authority());
    EXPECT_EQ(r.fields.get("x-amz-target"), "SageMaker.DescribeTrainingJob");
    EXPECT_EQ(r.fields.get("content-type"), "application/x-amz-json-1.1");
    EXPECT_THAT(std::string{r.fields.get("user-agent")}, testing::StartsWith("trainyard/"));
    EXPECT_TRUE(verifies(r, w.who->sets[0], w.time.wall()));
}

TEST_F(transport_over_http, retries_a_fault_and_counts_it) {
    w.script = {coded(500, "InternalFailure"), json(200, "{}")};
    EXPECT_TRUE(w.send(w.make_call()));
    EXPECT_EQ(w.seen.size(), 2U);
    const auto text = w.registry.text();
    EXPECT_THAT(text,
                HasSubstr("trainyard_aws_requests_total{operation=\"DescribeTrainingJob\",outcome=\"ok\","
                          "service=\"sagemaker\"} 1"));
    EXPECT_THAT(
        text,
        HasSubstr("trainyard_aws_retries_total{operation=\"DescribeTrainingJob\",service=\"sagemaker\"} 1"));
    EXPECT_THAT(text, HasSubstr("trainyard_aws_request_seconds_count"));
}

TEST_F(transport_over_http, gives_up_after_attempts_max) {
    w.script = {coded(400, "ThrottlingException", "Rate exceeded")};
    const auto got = w.send(w.make_call());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::throttled);
    EXPECT_EQ(got.error().request_id, "r-9");
    EXPECT_EQ(w.seen.size(), 3U);
}

// On a fresh connection; on a reused one http::client itself may write the request a second time.
TEST_F(transport_over_http, one_attempt_means_one_on_a_fresh_connection) {
    for (const auto& answer :
         {coded(400, "ThrottlingException"), coded(500, "InternalFailure"), http::response{0, {}, ""}}) {
        test::scripted_world fresh;
        fresh.script = {answer};
        sagemaker::client jobs{*fresh.transport, fresh.where, fresh.who};
        const auto got = test::run_on(fresh.io, jobs.create_training_job("{}", fresh.time.mono() + 20s));
        ASSERT_FALSE(got);
        EXPECT_EQ(fresh.seen.size(), 1U) << answer.status;
        EXPECT_EQ(got.error().may_have_executed(), answer.status != 400) << got.error().to_string();
    }
}

// The request was written, its connection closed, and reconnecting was refused: that must never read as
// "nothing sent".
TEST_F(transport_over_http, a_server_that_vanishes_after_the_request_leaves_the_effect_unknown) {
    w.script = {json(200, "{}")};
    ASSERT_TRUE(w.send(w.make_call()));  // leaves a connection to reuse
    w.vanish = true;
    auto what = w.make_call();
    what.attempts_max = 1;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    ASSERT_EQ(w.seen.size(), 2U);
    EXPECT_EQ(w.client->stats().stale_retries, 1U);
    EXPECT_EQ(got.error().kind, failure::effect_unknown) << got.error().to_string();
    EXPECT_TRUE(got.error().may_have_executed());
}

TEST_F(transport_over_http, expired_token_is_refreshed_once) {
    w.script = {coded(400, "ExpiredTokenException"), json(200, "{}")};
    auto what = w.make_call();
    what.attempts_max = 1;
    EXPECT_TRUE(w.send(std::move(what)));
    EXPECT_EQ(w.who->invalidated, 1);
    ASSERT_EQ(w.seen.size(), 2U);
    EXPECT_TRUE(verifies(w.seen[1], w.who->sets[1], w.time.wall()));
    w.seen.clear();
    w.script = {coded(400, "ExpiredTokenException")};
    const auto got = w.send(w.make_call());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::bad_credentials);
    EXPECT_EQ(w.seen.size(), 2U);
}

TEST_F(transport_over_http, skew_is_corrected_and_kept) {
    w.time.off = -1h;
    auto late = coded(403, "SignatureDoesNotMatch", "Signature expired");
    late.fields.set("date", to_http_date(io::real_clock().wall()));
    w.script = {late, json(200, "{}")};
    EXPECT_TRUE(w.send(w.make_call()));
    ASSERT_EQ(w.seen.size(), 2U);
    EXPECT_TRUE(verifies(w.seen[1], w.who->sets[0], io::real_clock().wall()));
    EXPECT_TRUE(w.send(w.make_call()));
    ASSERT_EQ(w.seen.size(), 3U);
    EXPECT_TRUE(verifies(w.seen[2], w.who->sets[0], io::real_clock().wall()));
    EXPECT_THAT(w.registry.text(), testing::ContainsRegex("trainyard_aws_clock_skew_seconds.endpoint=\"" +
                                                          w.where.origin.authority() + "\". 3(600|599)"));
}

TEST_F(transport_over_http, attempts_as_the_settings_say) {
    retry_settings settings;
    settings.attempts_max = 2;
    aws::transport patient{*w.client, w.time, w.registry, 5, settings};
    w.script = {coded(500, "InternalFailure")};
    EXPECT_FALSE(test::run_on(w.io, patient.send(w.make_call(), w.who)));
    EXPECT_EQ(w.seen.size(), 2U);
    auto what = w.make_call();
    what.attempts_max = 1;  // the caller's word goes first
    EXPECT_FALSE(test::run_on(w.io, patient.send(std::move(what), w.who)));
    EXPECT_EQ(w.seen.size(), 3U);
}

TEST_F(transport_over_http, an_endpoint_that_fails_is_left_alone_but_for_probes) {
    const auto once = [&](const char* target) {
        auto what = make_json_call("sagemaker", target, "1.1", w.where, "{}", w.time.mono() + 20s);
        what.attempts_max = 1;
        return w.send(std::move(what));
    };
    const char* const create = "SageMaker.CreateTrainingJob";
    w.script = {coded(500, "InternalFailure")};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(once(create).error().kind, failure::service_fault);
    const auto refused = once(create);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure::unreachable);
    EXPECT_FALSE(refused.error().may_have_executed());
    EXPECT_THAT(refused.error().to_string(),
                HasSubstr("CreateTrainingJob: unreachable: not sent: the endpoint"));
    EXPECT_EQ(w.seen.size(), 10U);
    EXPECT_THAT(w.registry.text(), HasSubstr("trainyard_aws_circuit_opened_total{operation="
                                             "\"CreateTrainingJob\",service=\"sagemaker\"} 1"));
    // Other operations and other identities go on.
    EXPECT_EQ(once("SageMaker.DescribeTrainingJob").error().kind, failure::service_fault);
    auto other = std::make_shared<test::scripted_provider>();
    other->sets = w.who->sets;
    std::swap(other, w.who);
    EXPECT_EQ(once(create).error().kind, failure::service_fault);
    std::swap(other, w.who);
    EXPECT_EQ(w.seen.size(), 12U);

    w.time.ahead = 1s;
    EXPECT_EQ(once(create).error().kind, failure::service_fault);  // the probe
    EXPECT_EQ(once(create).error().kind, failure::unreachable);
    w.time.ahead = 4s;
    w.script = {json(200, "{}")};
    EXPECT_TRUE(once(create));
    EXPECT_TRUE(once(create));
    EXPECT_EQ(w.seen.size(), 15U);
}

TEST_F(transport_over_http, adaptive_mode_waits_for_its_own_rate) {
    retry_settings settings;
    settings.mode = retry_mode::adaptive;
    settings.attempts_max = 1;
    aws::transport adaptive{*w.client, w.time, w.registry, 5, settings};
    w.script = {coded(400, "ThrottlingException"), json(200, "{}")};
    EXPECT_EQ(test::run_on(w.io, adaptive.send(w.make_call(), w.who)).error().kind, failure::throttled);
    auto hasty = w.make_call();
    hasty.deadline = w.time.mono() + 100ms;
    const auto refused = test::run_on(w.io, adaptive.send(std::move(hasty), w.who));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, failure::throttled);
    EXPECT_THAT(refused.error().message, HasSubstr("not sent: after throttling"));
    EXPECT_EQ(w.seen.size(), 1U);
    const auto started = w.time.mono();
    EXPECT_TRUE(test::run_on(w.io, adaptive.send(w.make_call(), w.who)));
    EXPECT_GE(w.time.mono() - started, 500ms);  // of the two seconds between requests at the least rate
    EXPECT_EQ(w.seen.size(), 2U);
}

TEST_F(transport_over_http, a_call_that_may_have_been_executed_never_ends_as_nothing_sent) {
    w.vanish = true;  // the second attempt finds the port closed
    auto what = make_json_call("sqs", "AmazonSQS.SendMessage", "1.0", w.where, "{}", w.time.mono() + 20s);
    what.attempts_max = 2;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(w.seen.size(), 1U);
    EXPECT_EQ(got.error().kind, failure::effect_unknown) << got.error().to_string();
}

TEST_F(transport_over_http, redirects_are_not_followed) {
    w.script = {{307, {{"location", "/elsewhere"}}, ""}, json(200, "{}")};
    auto what = w.make_call();
    what.attempts_max = 1;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().http_status, 307);
    EXPECT_EQ(w.seen.size(), 1U);
}

TEST_F(transport_over_http, a_wrong_signature_without_skew_is_final) {
    w.script = {coded(403, "SignatureDoesNotMatch")};  // the server adds its true Date
    const auto got = w.send(w.make_call());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::bad_credentials);
    EXPECT_EQ(w.seen.size(), 1U);
}

TEST_F(transport_over_http, black_hole_ends_at_the_deadline) {
    w.black_hole = true;
    auto what = w.make_call();
    const auto started = w.time.mono();
    what.deadline = started + 300ms;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::effect_unknown);
    EXPECT_GE(w.time.mono() - started, 300ms);
    EXPECT_LT(w.time.mono() - started, 10s);
}

TEST_F(transport_over_http, a_closed_port_is_unreachable) {
    auto what = w.make_call();
    what.endpoint.origin.port = 1;
    what.attempts_max = 1;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::unreachable);
    EXPECT_TRUE(w.seen.empty());
}

TEST_F(transport_over_http, a_proxy_page_is_a_fault) {
    w.script = {{503, {{"content-type", "text/html"}}, "<html>Service Unavailable"}};
    auto what = w.make_call();
    what.retry_unknown_effect = false;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::service_fault);
    EXPECT_EQ(w.seen.size(), 1U);
}

TEST_F(transport_over_http, without_credentials_nothing_is_sent) {
    w.who->down = error{errc::permission, "no AWS credentials"};
    const auto got = w.send(w.make_call());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::bad_credentials);
    EXPECT_THAT(got.error().to_string(), HasSubstr("scripted: no AWS credentials"));
    EXPECT_TRUE(w.seen.empty());
}

TEST_F(transport_over_http, no_secret_in_errors_or_metrics) {
    for (const auto& answer : {coded(403, "SignatureDoesNotMatch"), coded(400, "UnrecognizedClientException"),
                               coded(500, "InternalFailure"), http::response{0, {}, ""}}) {
        w.script = {answer};
        auto what = w.make_call();
        what.attempts_max = 1;
        const auto got = w.send(std::move(what));
        ASSERT_FALSE(got);
        EXPECT_THAT(got.error().to_string() + to_error(got.error()).message, Not(HasSubstr("canary")));
    }
    EXPECT_THAT(w.registry.text(), Not(HasSubstr("canary")));
}

TEST_F(transport_over_http, stopping_an_ended_job_succeeds) {
    w.script = {coded(400, "ValidationException",
                      "The request was rejected because the training job is in status Completed.")};
    sagemaker::client jobs{*w.transport, w.where, w.who};
    EXPECT_TRUE(test::run_on(w.io, jobs.stop_training_job("j", w.time.mono() + 20s)));
    w.script = {coded(400, "ValidationException", "Requested resource not found.")};
    const auto got = test::run_on(w.io, jobs.stop_training_job("j", w.time.mono() + 20s));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::not_found);
}

}  // namespace
}  // namespace trainyard::aws
