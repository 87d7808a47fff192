// What a client sees of each fault and of a rate, by the project's own HTTP client.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class local_faults : public local_world {
protected:
    void open_with(const std::string& rules, world_options options = {}) {
        const auto file =
            std::filesystem::temp_directory_path() / ("faults-" + std::to_string(::getpid()) + ".json");
        std::ofstream{file} << rules;
        options.faults_file = file.string();
        open(options);
        std::filesystem::remove(file);
    }
    // Status and body, or "no answer: " and what the client says of it.
    std::string ask(const std::string& target, const std::string& body) {
        return outcome(json_request(target, body), target.starts_with("AmazonSQS") ? "sqs" : "sagemaker");
    }
    std::string outcome(http::request r, const char* service) {
        const auto signed_one = sign(std::move(r), key("111122223333"), service);
        result<http::response> out = error{};
        group.spawn([&] { return exchange(client, to, signed_one, out); });
        run();
        if (!out) return "no answer: " + out.error().message;
        last = *out;
        return std::to_string(out->status) + " " + out->body;
    }
    std::string metrics_text() { return registry.text(); }

    http::response last;
};

const std::string list = "SageMaker.ListTrainingJobs", create = "SageMaker.CreateTrainingJob";

struct preset_case {
    const char* effect;
    const char* service;
    const char* want;
    const char* query_error;  // of x-amzn-query-error
};

class presets : public local_faults, public testing::WithParamInterface<preset_case> {};

TEST_P(presets, speak_as_the_service_does) {
    const auto& c = GetParam();
    open_with(std::string{R"([{"name":"it","effect":")"} + c.effect + R"("}])");
    const std::string service = c.service;
    http::request r;
    if (service == "iam" || service == "sts" || service == "sqs-query")
        r = form_request(service == "sts"   ? identity_form
                         : service == "iam" ? "Action=ListRoles&Version=2010-05-08"
                                            : "Action=ListQueues&Version=2012-11-05");
    else if (service == "sqs")
        r = json_request("AmazonSQS.ListQueues", "{}");
    else if (service == "events")
        r = json_request("AWSEvents.ListRules", "{}");
    else if (service == "servicequotas")
        r = json_request("ServiceQuotasV20190624.ListServices", "{}");
    else
        r = json_request(list, "{}");
    if (service == "sqs") r.fields.add("x-amzn-query-mode", "true");
    EXPECT_THAT(outcome(r, service == "sqs-query" ? "sqs" : c.service), HasSubstr(c.want));
    EXPECT_EQ(last.fields.get("x-amzn-query-error"), c.query_error);
    EXPECT_THAT(metrics_text(), HasSubstr("trainyard_local_faults_total{rule=\"it\"} 1"));
}

INSTANTIATE_TEST_SUITE_P(
    table, presets,
    testing::Values(
        preset_case{"throttle", "sagemaker", R"({"__type":"ThrottlingException","message":"Rate exceeded"})",
                    ""},
        preset_case{"throttle", "events", R"({"__type":"ThrottlingException","message":"Rate exceeded"})",
                    ""},
        preset_case{"throttle", "servicequotas",
                    R"({"__type":"TooManyRequestsException","Message":"Rate exceeded"})", ""},
        preset_case{"throttle", "sqs", R"({"__type":"com.amazonaws.sqs#RequestThrottled","message":)",
                    "RequestThrottled;Sender"},
        preset_case{"throttle", "sqs-query", "<Code>RequestThrottled</Code>", ""},
        preset_case{"throttle", "sts", "<Code>Throttling</Code><Message>Rate exceeded</Message>", ""},
        preset_case{"throttle", "iam", "<Code>Throttling</Code>", ""},
        preset_case{"internal_failure", "sagemaker", R"(500 {"__type":"InternalFailure")", ""},
        preset_case{"internal_failure", "sqs", R"(500 {"__type":"com.amazon.coral.service#InternalFailure")",
                    "InternalFailure;Receiver"},
        preset_case{"internal_failure", "sts", "<Type>Receiver</Type><Code>InternalFailure</Code>", ""},
        preset_case{"service_unavailable", "sagemaker", R"(503 {"__type":"ServiceUnavailable")", ""},
        preset_case{"service_unavailable", "sqs-query", "<Code>ServiceUnavailable</Code>", ""},
        preset_case{"expired_token", "sagemaker", R"(400 {"__type":"ExpiredTokenException")", ""},
        preset_case{"expired_token", "sts", "<Code>ExpiredToken</Code>", ""},
        preset_case{"expired_token", "sqs",
                    R"(403 {"__type":"com.amazon.coral.service#ExpiredTokenException")",
                    "ExpiredToken;Sender"},
        preset_case{
            "access_denied", "sagemaker",
            R"(400 {"__type":"AccessDeniedException","message":"User: arn:aws:iam::111122223333:user/)", ""},
        preset_case{"access_denied", "servicequotas", R"(403 {"__type":"AccessDeniedException","Message":)",
                    ""},
        preset_case{"access_denied", "sqs",
                    R"(403 {"__type":"com.amazon.coral.service#AccessDeniedException")",
                    "AccessDenied;Sender"},
        preset_case{"access_denied", "iam", "403 <ErrorResponse", ""}),
    [](const auto& row) {
        std::string name = std::string{row.param.effect} + "_" + row.param.service;
        for (char& c : name)
            if (c == '-') c = '_';
        return name;
    });

TEST_F(local_faults, an_error_of_one_s_own) {
    open_with(R"([{"operation":"List*","effect":"error",
                   "error":{"code":"ConflictException","status":418,"message":"tea"}}])");
    EXPECT_EQ(ask(list, "{}"), R"(418 {"__type":"ConflictException","Message":"tea"})");
}

TEST_F(local_faults, only_for_the_resource_that_the_rule_names) {
    open_with(R"([{"resource":"bad-*","effect":"throttle"},
                  {"service":"sqs","resource":"slow.fifo","effect":"internal_failure"}])");
    std::string body = create_body;
    EXPECT_THAT(ask(create, body), StartsWith("200"));
    body.replace(body.find("\"a\""), 3, "\"bad-1\"");
    EXPECT_THAT(ask(create, body), HasSubstr("ThrottlingException"));
    EXPECT_EQ(served->stats().creates_accepted, 1U) << "what is refused is not performed";
    const auto send_to = [&](const std::string& url) {
        return ask("AmazonSQS.SendMessage", R"({"QueueUrl":")" + url + R"(","MessageBody":"x"})");
    };
    EXPECT_THAT(send_to("http://localhost/111122223333/slow.fifo"), StartsWith("500"));
    EXPECT_THAT(send_to("slow.fifo"), StartsWith("500"));
    EXPECT_THAT(send_to("quick.fifo"), HasSubstr("QueueDoesNotExist"));
}

TEST_F(local_faults, a_lost_answer_is_performed) {
    open_with(R"([{"operation":"Create*","effect":"answer_lost","first":1}])");
    EXPECT_THAT(ask(create, create_body), StartsWith("no answer"));
    EXPECT_EQ(served->stats().creates_accepted, 1U);
    EXPECT_THAT(ask(create, create_body), HasSubstr("ResourceInUse"));
}

TEST_F(local_faults, a_closed_connection_is_not_performed) {
    open_with(R"([{"operation":"Create*","effect":"closed","first":1}])");
    EXPECT_THAT(ask(create, create_body), StartsWith("no answer"));
    EXPECT_EQ(served->stats().creates_accepted, 0U);
    EXPECT_THAT(ask(create, create_body), StartsWith("200"));
}

TEST_F(local_faults, a_truncated_answer_breaks_off) {
    open_with(R"([{"operation":"Create*","effect":"answer_truncated","first":1},
                  {"operation":"Stop*","effect":"answer_truncated"}])");
    EXPECT_THAT(ask(create, create_body), StartsWith("no answer"));
    EXPECT_EQ(served->stats().creates_accepted, 1U);
    EXPECT_THAT(ask("SageMaker.StopTrainingJob", R"({"TrainingJobName":"a"})"), StartsWith("no answer"))
        << "an answer without a body breaks off too";
    EXPECT_THAT(metrics_text(),
                HasSubstr("operation=\"CreateTrainingJob\",outcome=\"closed\",service=\"sagemaker\"} 1"));
}

TEST_F(local_faults, latency_delays_the_answer) {
    open_with(R"([{"latency_ms":[30,40]}])");
    const mono_time before = io::real_clock().mono();
    EXPECT_THAT(ask(list, "{}"), StartsWith("200"));
    EXPECT_GE(io::real_clock().mono() - before, 30ms);
}

TEST_F(local_faults, a_file_that_cannot_be_used_stops_it) {
    world_options options;
    options.faults_file = "/nowhere/faults.json";
    served.emplace(io, time, options, registry);
    EXPECT_THAT(served->listen("127.0.0.1", 0).error().message,
                HasSubstr("'/nowhere/faults.json': No such file"));
}

TEST_F(local_faults, aws_s_rates_are_per_account_and_region) {
    world_options options;
    options.throttle = true;
    open(options);
    const auto creating = [&](const char* account) {
        return call(json_request(create, create_body), key(account), "sagemaker").body;
    };
    EXPECT_THAT(creating("111122223333"), HasSubstr("TrainingJobArn"));
    EXPECT_EQ(creating("111122223333"), R"({"__type":"ThrottlingException","message":"Rate exceeded"})");
    EXPECT_THAT(creating("999988887777"), HasSubstr("TrainingJobArn"));
    time.advance(1s);
    EXPECT_THAT(creating("111122223333"), HasSubstr("ResourceInUse"));
    EXPECT_THAT(metrics_text(), HasSubstr("trainyard_local_throttled_total{service=\"sagemaker\"} 1"));
    EXPECT_THAT(metrics_text(),
                HasSubstr("operation=\"CreateTrainingJob\",outcome=\"throttled\",service=\"sagemaker\"} 1"));
}

TEST_F(local_faults, a_fifo_queue_has_its_rate_and_a_fast_one_more) {
    world_options options;
    options.throttle = true;
    open(options);
    ask("AmazonSQS.CreateQueue", R"({"QueueName":"a.fifo","Attributes":{"FifoQueue":"true"}})");
    ask("AmazonSQS.CreateQueue", R"({"QueueName":"b.fifo","Attributes":{"FifoQueue":"true",)"
                                 R"("DeduplicationScope":"messageGroup","FifoThroughputLimit":)"
                                 R"("perMessageGroupId"}})");
    const auto refused = [&](const std::string& queue) {
        int n = 0;
        for (int i = 0; i < 310; ++i)
            n += ask("AmazonSQS.ReceiveMessage", R"({"QueueUrl":")" + queue + R"("})").starts_with("400");
        return n;
    };
    EXPECT_EQ(refused("a.fifo"), 10);
    EXPECT_EQ(refused("b.fifo"), 0);
    EXPECT_THAT(ask("AmazonSQS.SendMessage", R"({"QueueUrl":"a.fifo","MessageBody":"x","MessageGroupId":"g",)"
                                             R"("MessageDeduplicationId":"d"})"),
                StartsWith("200"))
        << "each operation has its own";
}

}  // namespace
}  // namespace trainyard::aws::local
