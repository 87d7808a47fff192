// EventBridge of the local AWS over real sockets: rules and targets by signed calls, events read by the
// project's own SQS client.
#include <set>

#include "aws/transport/call.hpp"
#include "engine/base/json.hpp"
#include "tests/aws/end_to_end/end_to_end.hpp"

namespace trainyard::aws {
namespace {

local::world_options fast() {
    local::world_options out;
    out.time_scale = 1000;
    return out;
}

class event_bridge : public end_to_end {
protected:
    event_bridge() : end_to_end(fast()) {}

    // The answer's body, or the error.
    std::string ask(const std::string& service, const std::string& target, const std::string& body) {
        auto what = make_json_call(service, target, "1.1", where_, body, soon());
        const auto answer = run(transport_->send(std::move(what), who_));
        return answer ? answer->body : answer.error().to_string();
    }
    std::string events(const std::string& operation, const std::string& body) {
        return ask("events", "AWSEvents." + operation, body);
    }

    // A queue that lets the rule `rule` of this account in.
    std::string make_queue(const std::string& name, const std::string& rule,
                           std::map<std::string, std::string> attributes = {}) {
        attributes["Policy"] =
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},)"
            R"("Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:123456789012:)" +
            name +
            R"(","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:123456789012:rule/)" +
            rule + R"("}}}]})";
        auto q = queues();
        const auto url = run(q.create_queue(name, attributes, soon()));
        EXPECT_TRUE(url) << why(url);
        return url ? *url : "";
    }

    std::vector<sqs::message> receive(const std::string& url, std::size_t wanted, int wait_seconds = 5) {
        auto q = queues();
        std::vector<sqs::message> out;
        while (out.size() < wanted) {
            sqs::receive_options options{10, wait_seconds, 60, ""};
            const auto got = run(q.receive(url, options, soon()));
            EXPECT_TRUE(got) << why(got);
            if (!got || got->empty()) break;
            out.insert(out.end(), got->begin(), got->end());
        }
        return out;
    }
};

constexpr const char* nothing_failed = R"({"FailedEntryCount":0,"FailedEntries":[]})";

TEST_F(event_bridge, delivers_what_a_rule_wants_to_its_queues) {
    const std::string plain = make_queue("plain", "nightly");
    const std::string fifo =
        make_queue("order.fifo", "nightly", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
    events(
        "PutRule",
        R"({"Name":"nightly","EventPattern":"{\"source\":[\"app\"],\"detail\":{\"n\":[{\"numeric\":[\">\",1]}]}}"})");
    EXPECT_EQ(events("PutTargets", R"({"Rule":"nightly","Targets":[
        {"Id":"1","Arn":"arn:aws:sqs:us-east-1:123456789012:plain"},
        {"Id":"2","Arn":"arn:aws:sqs:us-east-1:123456789012:order.fifo",
         "SqsParameters":{"MessageGroupId":"g"},"InputPath":"$.detail"}]})"),
              nothing_failed);
    const std::string put = events("PutEvents", R"({"Entries":[
        {"Source":"app","DetailType":"t","Detail":"{\"n\":1}"},
        {"Source":"app","DetailType":"t","Detail":"{\"n\":2}"},
        {"Source":"app","DetailType":"t","Detail":"{\"n\":3}"}]})");
    EXPECT_THAT(put, testing::HasSubstr(R"("FailedEntryCount":0)"));
    const auto whole = receive(plain, 2);
    ASSERT_EQ(whole.size(), 2U);
    const auto event = json::document::parse(whole[0].body);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->root().find("detail-type").string(), "t");
    EXPECT_EQ(event->root().find("account").string(), "123456789012");
    EXPECT_EQ(event->root().find("detail").find("n").integer(), 2);
    const auto ordered = receive(fifo, 2);
    ASSERT_EQ(ordered.size(), 2U);
    EXPECT_EQ(ordered[0].body, R"({"n":2})");
    EXPECT_EQ(ordered[1].body, R"({"n":3})");
    EXPECT_EQ(ordered[1].system_attributes.at("MessageGroupId"), "g");
}

TEST_F(event_bridge, a_refused_delivery_is_a_dead_letter) {
    const std::string closed = make_queue("closed", "another");
    const std::string dead = make_queue("dead", "nightly");
    events("PutRule", R"({"Name":"nightly","EventPattern":"{\"source\":[\"app\"]}"})");
    EXPECT_EQ(events("PutTargets", R"({"Rule":"nightly","Targets":[
        {"Id":"1","Arn":"arn:aws:sqs:us-east-1:123456789012:closed",
         "DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:123456789012:dead"}},
        {"Id":"2","Arn":"arn:aws:sqs:us-east-1:123456789012:none",
         "DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:123456789012:dead"}}]})"),
              nothing_failed);
    events("PutEvents", R"({"Entries":[{"Source":"app","DetailType":"t","Detail":"{}"}]})");
    const auto letters = receive(dead, 2);
    ASSERT_EQ(letters.size(), 2U);
    std::set<std::string> codes;
    for (const auto& m : letters) {
        codes.insert(m.attributes.at("ERROR_CODE").value);
        EXPECT_EQ(m.attributes.at("RULE_ARN").value, "arn:aws:events:us-east-1:123456789012:rule/nightly");
        EXPECT_EQ(m.attributes.at("RETRY_ATTEMPTS").value, "0");
    }
    EXPECT_THAT(codes, testing::ElementsAre("NO_PERMISSIONS", "NO_RESOURCE"));
    EXPECT_TRUE(receive(closed, 1, 0).empty());
}

TEST_F(event_bridge, an_increase_of_a_quota_lets_more_jobs_run) {
    const std::string body = R"({"ServiceCode":"sagemaker","QuotaCode":"L-611FA074"})";
    const std::string before = ask("servicequotas", "ServiceQuotasV20190624.GetServiceQuota", body);
    EXPECT_THAT(before,
                testing::HasSubstr(R"("QuotaName":"ml.m5.large for training job usage","Value":1000000.0)"));
    const std::string made =
        ask("servicequotas", "ServiceQuotasV20190624.RequestServiceQuotaIncrease",
            R"({"ServiceCode":"sagemaker","QuotaCode":"L-611FA074","DesiredValue":2000000})");
    EXPECT_THAT(made, testing::HasSubstr(R"("Status":"APPROVED")"));
    EXPECT_THAT(ask("servicequotas", "ServiceQuotasV20190624.GetServiceQuota", body),
                testing::HasSubstr(R"("Value":2000000.0)"));
}

}  // namespace
}  // namespace trainyard::aws
