// The control API, and what the world does when it is used.
#include "aws/local/control/control_router.hpp"

#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

TEST(control_router, knows_the_names_of_this_machine) {
    for (const char* host : {"localhost", "LOCALHOST:4566", "127.0.0.1", "127.1.2.3:80", "[::1]",
                             "[::1]:4566", "sqs.localhost:1"})
        EXPECT_TRUE(is_loopback_host(host)) << host;
    for (const char* host : {"", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0", "127.a.0.1",
                             "10.0.0.1", "[::2]", "[::1", "localhost:", "localhost:8x", "evillocalhost"})
        EXPECT_FALSE(is_loopback_host(host)) << host;
}

class local_control : public local_world {
protected:
    void open_control(world_options options = {}) {
        options.control = true;
        open(options);
    }
    http::response control(std::string method, const std::string& path, std::string body = {},
                           http::fields fields = {}) {
        http::request r;
        r.method = std::move(method);
        r.target = "/_trainyard/" + path;
        r.fields = std::move(fields);
        if (!r.fields.has("host")) r.fields.add("Host", to.authority());
        r.body = std::move(body);
        return send(r);
    }
    std::string said(const http::response& r) { return std::to_string(r.status) + " " + r.body; }
};

TEST_F(local_control, is_off_unless_asked_for) {
    open();
    EXPECT_THAT(said(control("GET", "clock")),
                HasSubstr("404 {\"error\":{\"pointer\":\"\",\"reason\":\"the control API is off"));
    EXPECT_EQ(control("GET", "health").status, 200);
}

TEST_F(local_control, refuses_what_it_does_not_know_and_web_pages) {
    open_control();
    EXPECT_THAT(said(control("GET", "nothing")), HasSubstr("404 "));
    const auto wrong_method = control("PATCH", "faults");
    EXPECT_EQ(wrong_method.status, 405);
    EXPECT_EQ(wrong_method.fields.get("allow"), "GET, PUT, DELETE");
    EXPECT_THAT(said(control("PUT", "faults", "{")), HasSubstr("400 "));
    EXPECT_THAT(said(control("PUT", "faults", "7")), HasSubstr("must be a JSON object or list"));
    EXPECT_EQ(control("GET", "clock", "", {{"Origin", "http://localhost"}}).status, 403);
    EXPECT_EQ(control("GET", "clock", "", {{"Host", "evil.example"}}).status, 403);
    EXPECT_EQ(control("GET", "clock", "", {{"Host", "localhost:" + std::to_string(to.port)}}).status, 200);
}

TEST_F(local_control, fault_rules_come_and_go) {
    open_control();
    EXPECT_EQ(said(control("GET", "faults")), R"(200 {"faults":[]})");
    EXPECT_EQ(control("PUT", "faults/slow", R"({"operation":"List*","latency_ms":1})").status, 200);
    call(json_request("SageMaker.ListTrainingJobs", "{}"), key("test"), "sagemaker");
    EXPECT_THAT(said(control("GET", "faults")), HasSubstr(R"("name":"slow","operation":"List*")"));
    EXPECT_THAT(said(control("GET", "faults")), HasSubstr(R"("matched":1,"fired":1)"));
    EXPECT_EQ(said(control("PUT", "faults/a", R"({"effect":"closed","every":0})")),
              R"(400 {"error":{"pointer":"/every","reason":"must be an integer above 0"}})");
    EXPECT_THAT(said(control("PUT", "faults/a", R"({"effect":"closed","name":"b"})")), HasSubstr("/name"));
    EXPECT_EQ(control("PUT", "faults/a%20b", R"({"effect":"closed"})").status, 400);
    EXPECT_EQ(control("DELETE", "faults/other").status, 404);
    EXPECT_EQ(said(control("DELETE", "faults/slow")), R"(200 {"faults":[]})");
    EXPECT_THAT(said(control("PUT", "faults", R"([{"effect":"closed"},{"effect":"throttle"}])")),
                HasSubstr("fault-2"));
    // A list that is wrong somewhere changes nothing.
    EXPECT_THAT(said(control("PUT", "faults", R"([{"effect":"none","latency_ms":1},{}])")),
                HasSubstr(R"("pointer":"/1/effect")"));
    EXPECT_THAT(said(control("GET", "faults")), HasSubstr("fault-2"));
    EXPECT_EQ(said(control("DELETE", "faults")), R"(200 {"faults":[]})");
}

TEST_F(local_control, rates_come_and_go_back_to_the_first) {
    world_options options;
    options.rates = {"sts.GetCallerIdentity=2"};
    open_control(options);
    const std::string first =
        R"(200 {"defaults":false,"rates":{"sts.GetCallerIdentity":{"per_second":2,"burst":2}}})";
    EXPECT_EQ(said(control("GET", "rates")), first);
    EXPECT_EQ(control("PUT", "rates/sagemaker.List*", R"({"per_second":1})").status, 200);
    const auto list = [&] {
        return call(json_request("SageMaker.ListTrainingJobs", "{}"), key("test"), "sagemaker");
    };
    EXPECT_EQ(list().status, 200);
    EXPECT_EQ(said(list()), R"(400 {"__type":"ThrottlingException","message":"Rate exceeded"})");
    EXPECT_THAT(said(control("PUT", "rates/sagemaker.List*", R"({"per_second":"1"})")),
                HasSubstr(R"("pointer":"/per_second")"));
    EXPECT_THAT(said(control("PUT", "rates/s3.x", R"({"per_second":1})")), HasSubstr("names no service"));
    EXPECT_THAT(said(control("PUT", "rates", R"({"defaults":1})")), HasSubstr("/defaults"));
    EXPECT_THAT(said(control("PUT", "rates", R"({"rates":{"sqs.X":{"per_second":1,"bursts":1}}})")),
                HasSubstr(R"("pointer":"/rates/sqs.X/bursts")"));
    EXPECT_EQ(said(control("PUT", "rates", R"({"defaults":true,"rates":{}})")),
              R"(200 {"defaults":true,"rates":{}})");
    EXPECT_EQ(control("DELETE", "rates/sqs.X").status, 404);
    EXPECT_EQ(said(control("DELETE", "rates")), first);
}

TEST_F(local_control, the_clock_skips_days_and_the_stores_see_it) {
    open_control();
    const auto who = key("111122223333");
    call(json_request("AmazonSQS.CreateQueue", R"({"QueueName":"q"})"), who, "sqs");
    call(json_request("AmazonSQS.SendMessage", R"({"QueueUrl":"q","MessageBody":"hello"})"), who, "sqs");
    const auto receive = [&] {
        return call(json_request("AmazonSQS.ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":43200})"),
                    who, "sqs")
            .body;
    };
    EXPECT_THAT(receive(), HasSubstr("hello"));
    EXPECT_EQ(receive(), "{}");
    EXPECT_THAT(said(control("POST", "clock/advance", R"({"seconds":43200})")),
                HasSubstr(R"("skipped_seconds":43200)"));
    EXPECT_THAT(receive(), HasSubstr("hello")) << "the visibility timeout is over, the signature good";
    EXPECT_EQ(control("POST", "clock/advance", R"({"seconds":345600})").status, 200);
    EXPECT_EQ(receive(), "{}") << "retention is over";
    EXPECT_THAT(control("GET", "clock").body, HasSubstr(to_iso8601(start + 388'800s)));
    for (const char* wrong : {R"({"seconds":-1})", R"({"seconds":"1"})", R"({})", R"({"seconds":1e10})"})
        EXPECT_THAT(said(control("POST", "clock/advance", wrong)), HasSubstr("\"pointer\":\"/seconds\""));
    EXPECT_THAT(said(control("POST", "clock/advance", R"({"second":1})")), HasSubstr("/second\""));
    EXPECT_THAT(said(control("POST", "clock/advance", "[]")), HasSubstr("/seconds"));
}

TEST_F(local_control, a_session_expires_by_the_world_s_clock) {
    open_control();
    const auto answer = call(form_request("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
                                          "111122223333%3Arole%2Fr&RoleSessionName=ab"),
                             key("test"), "sts");
    auto session = key(between(answer.body, "AccessKeyId"), between(answer.body, "SecretAccessKey"));
    session.session_token = secret{between(answer.body, "SessionToken")};
    control("POST", "clock/advance", R"({"seconds":3599})");
    EXPECT_EQ(call(form_request(identity_form), session, "sts").status, 200);
    control("POST", "clock/advance", R"({"seconds":1})");
    EXPECT_EQ(between(call(form_request(identity_form), session, "sts").body, "Code"), "ExpiredToken");
}

TEST_F(local_control, reset_begins_anew) {
    open_control();
    const auto who = key("111122223333");
    call(json_request("AmazonSQS.CreateQueue", R"({"QueueName":"q"})"), who, "sqs");
    call(json_request("AmazonSQS.SendMessage", R"({"QueueUrl":"q","MessageBody":"hello"})"), who, "sqs");
    call(json_request("SageMaker.CreateTrainingJob", create_body), who, "sagemaker");
    control("POST", "clock/advance", R"({"seconds":60})");
    control("PUT", "faults/x", R"({"effect":"throttle","operation":"Tag*"})");
    control("PUT", "rates", R"({"defaults":true})");
    EXPECT_THAT(control("GET", "counts").body,
                HasSubstr(R"("messages":{"delayed":0,"in_flight":0,"visible":1})"));
    EXPECT_EQ(said(control("POST", "reset")), "200 {}");
    EXPECT_THAT(control("GET", "counts").body,
                HasSubstr(R"("messages":{"delayed":0,"in_flight":0,"visible":0},"jobs":{})"));
    EXPECT_THAT(control("GET", "clock").body, HasSubstr(R"("skipped_seconds":0)"));
    EXPECT_EQ(control("GET", "faults").body, R"({"faults":[]})");
    EXPECT_EQ(control("GET", "rates").body, R"({"defaults":false,"rates":{}})");
    EXPECT_EQ(call(json_request("AmazonSQS.ListQueues", "{}"), who, "sqs").body, "{}");
}

task<void> poll(http::client& client, http::origin to, http::request what, result<http::response>& out,
                bool& done) {
    co_await exchange(client, std::move(to), std::move(what), out);
    done = true;
}

// On the machine's clock: a poll waits as long as real time, unless the world's is moved.
class local_polls : public local_control {
protected:
    // The answer of a long poll of 20 s during which `meanwhile` happened once the poll stood in line.
    std::string poll_while(const std::function<void()>& meanwhile, const char* delay = "0") {
        world_options options;
        options.control = true;
        served.emplace(io, io::real_clock(), options, registry);
        to = {false, "127.0.0.1", *served->listen("127.0.0.1", 0)};
        const auto who = key("111122223333");
        const duration offset = io::real_clock().wall() - start;
        const auto ask = [&](const char* operation, const std::string& body) {
            return sign(json_request(std::string{"AmazonSQS."} + operation, body), who, "sqs", offset);
        };
        send(ask("CreateQueue", R"({"QueueName":"q"})"));
        if (delay != std::string{"0"})
            send(ask("SendMessage",
                     std::string{R"({"QueueUrl":"q","MessageBody":"later","DelaySeconds":)"} + delay + "}"));
        result<http::response> out = error{};
        bool done = false;
        const auto polling = ask("ReceiveMessage", R"({"QueueUrl":"q","WaitTimeSeconds":20})");
        group.spawn([&] { return poll(client, to, polling, out, done); });
        while (served->stats().polls == 0) io.run_one();
        began = io::real_clock().mono();
        other.emplace(io);
        meanwhile();
        while (!done) io.run_one();
        EXPECT_LT(io::real_clock().mono() - began, 10s) << "it did not wait for its time";
        return out ? std::to_string(out->status) + " " + out->body : out.error().message;
    }
    // A request beside the poll.
    void beside(const std::string& path, const std::string& body) {
        http::request r;
        r.method = "POST";
        r.target = "/_trainyard/" + path;
        r.fields = {{"Host", to.authority()}};
        r.body = body;
        other->spawn([this, r] { return exchange(client, to, r, beside_answer); });
        while (other->size() > 0) io.run_one();
    }
    mono_time began{};
    std::optional<io::task_group> other;
    result<http::response> beside_answer = error{};
};

TEST_F(local_polls, a_skip_ends_their_wait) {
    EXPECT_EQ(poll_while([&] { beside("clock/advance", R"({"seconds":20})"); }), "200 {}");
}

TEST_F(local_polls, a_skip_brings_what_was_delayed) {
    EXPECT_THAT(poll_while([&] { beside("clock/advance", R"({"seconds":15})"); }, "15"),
                HasSubstr(R"("Body":"later")"));
}

TEST_F(local_polls, a_reset_ends_them) {
    EXPECT_EQ(poll_while([&] { beside("reset", ""); }), "200 {}");
}

}  // namespace
}  // namespace trainyard::aws::local
