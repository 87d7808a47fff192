// EventBridge within the world: its clock, its queues and its control API.
#include "engine/base/json.hpp"
#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

class events_world : public local_world {
protected:
    void open_control(world_options options = {}) {
        options.control = true;
        open(std::move(options));
        EXPECT_EQ(
            queue(
                "CreateQueue",
                R"({"QueueName":"q","Attributes":{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"events.amazonaws.com\"},\"Action\":\"sqs:SendMessage\"}]}"}})")
                .status,
            200);
    }
    http::response queue(const std::string& operation, const std::string& body) {
        return call(json_request("AmazonSQS." + operation, body), key("111122223333"), "sqs");
    }
    http::response events(const std::string& operation, const std::string& body) {
        return call(json_request("AWSEvents." + operation, body), key("111122223333"), "events");
    }
    http::response control(const char* method, const std::string& path, std::string body = {}) {
        http::request r;
        r.method = method;
        r.target = "/_trainyard/" + path;
        r.fields.add("Host", to.authority());
        r.body = std::move(body);
        return send(r);
    }
    void target(const std::string& rule) {
        EXPECT_THAT(events("PutTargets",
                           R"({"Rule":")" + rule +
                               R"(","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"}]})")
                        .body,
                    HasSubstr(R"("FailedEntryCount":0)"));
    }
    std::size_t messages() { return served->stats().messages; }
    void put_events(int count) {
        for (int i = 0; i < count; ++i)
            events("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})");
    }
};

TEST_F(events_world, skipped_time_fires_schedules) {
    open_control();
    EXPECT_EQ(events("PutRule", R"_({"Name":"r","ScheduleExpression":"rate(2 hours)"})_").status, 200);
    target("r");
    control("POST", "clock/advance", R"({"seconds":7199})");
    EXPECT_EQ(messages(), 0U);
    control("POST", "clock/advance", R"({"seconds":1})");
    EXPECT_EQ(messages(), 1U);
    EXPECT_THAT(queue("ReceiveMessage", R"({"QueueUrl":"q"})").body, HasSubstr("Scheduled Event"));
}

TEST_F(events_world, delivery_is_as_good_as_the_control_api_says) {
    open_control();
    events("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"s\"]}"})");
    target("r");
    EXPECT_THAT(control("PUT", "events/delivery", R"({"loss":1})").body,
                HasSubstr(R"({"loss":1,"duplicate":0)"));
    put_events(3);
    EXPECT_EQ(messages(), 0U);
    control("PUT", "events/delivery", R"({"duplicate":1,"delay_ms":[60000,60000]})");
    put_events(2);
    EXPECT_THAT(control("GET", "events/delivery").body, HasSubstr(R"("pending":4)"));
    control("POST", "clock/advance", R"({"seconds":60})");
    EXPECT_EQ(messages(), 4U);
    EXPECT_THAT(control("GET", "events/delivery").body,
                HasSubstr(R"("counts":{"matched":5,"duplicated":2,"lost":3,"delivered":4,"retries":0,)"));
    for (const char* bad :
         {R"({"loss":2})", R"({"delay_ms":[2,1]})", R"({"delay_ms":5})", R"({"seed":-1})", R"({"x":1})"})
        EXPECT_EQ(control("PUT", "events/delivery", bad).status, 400) << bad;
    control("POST", "reset");
    EXPECT_THAT(control("GET", "events/delivery").body, HasSubstr(R"({"loss":0,"duplicate":0,)"));
    EXPECT_THAT(events("ListRules", "{}").body, HasSubstr(R"({"Rules":[]})"));
}

TEST_F(events_world, options_set_delivery_and_the_approval_of_quotas) {
    world_options options;
    options.event_delivery = "loss=1";
    options.quota_approval = 1h;
    open_control(options);
    events("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"s\"]}"})");
    target("r");
    put_events(1);
    EXPECT_THAT(control("GET", "events/delivery").body, HasSubstr(R"("lost":1)"));

    const auto quotas = [&](const std::string& operation, const std::string& body) {
        return call(json_request("ServiceQuotasV20190624." + operation, body), key("111122223333"),
                    "servicequotas")
            .body;
    };
    EXPECT_THAT(quotas("RequestServiceQuotaIncrease",
                       R"({"ServiceCode":"sagemaker","QuotaCode":"L-611FA074","DesiredValue":2000000})"),
                HasSubstr(R"("Status":"CASE_OPENED")"));
    const std::string quota = R"({"ServiceCode":"sagemaker","QuotaCode":"L-611FA074"})";
    EXPECT_THAT(quotas("GetServiceQuota", quota), HasSubstr(R"("Value":1000000.0)"));
    control("POST", "clock/advance", R"({"seconds":3600})");
    EXPECT_THAT(quotas("GetServiceQuota", quota), HasSubstr(R"("Value":2000000.0)"));
}

TEST_F(events_world, an_approved_increase_is_enforced) {
    world_options options;
    options.instance_limit = 0;
    open_control(options);
    const auto create = [&] {
        return call(json_request("SageMaker.CreateTrainingJob", create_body), key("111122223333"),
                    "sagemaker");
    };
    EXPECT_THAT(create().body, HasSubstr("ResourceLimitExceeded"));
    EXPECT_THAT(call(json_request("ServiceQuotasV20190624.RequestServiceQuotaIncrease",
                                  R"({"ServiceCode":"sagemaker","QuotaCode":"L-611FA074","DesiredValue":1})"),
                     key("111122223333"), "servicequotas")
                    .body,
                HasSubstr(R"("Status":"APPROVED")"));
    EXPECT_EQ(create().status, 200);
}

TEST(event_delivery_option, is_checked_before_the_world_listens) {
    boost::asio::io_context io;
    metrics::registry registry;
    world_options options;
    options.event_delivery = "loss=2";
    world w{io, io::real_clock(), options, registry};
    const auto port = w.listen("127.0.0.1", 0);
    ASSERT_FALSE(port);
    EXPECT_THAT(port.error().message, HasSubstr("loss=2"));
}

}  // namespace
}  // namespace trainyard::aws::local
