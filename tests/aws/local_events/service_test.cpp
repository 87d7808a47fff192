// The driver: what the operations say is due happens on the clock, and SageMaker's state changes become
// events.
#include "aws/local/events/events_service.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "aws/local/events/sagemaker_events.hpp"
#include "engine/base/json.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::aws::local::events {
namespace {

class events_service_test : public testing::Test {
protected:
    void ask(const std::string& operation, const std::string& input) {
        const auto parsed = json::document::parse(input);
        ASSERT_TRUE(parsed) << input;
        const principal who{account_id{"111122223333"}, "arn:aws:iam::111122223333:user/local", "AIDA"};
        const auto reply = service.handle(
            {operation, parsed->root(), who, region_name{"us-east-1"}, "http://x", io::real_clock().wall()});
        ASSERT_TRUE(reply) << reply.error().message;
    }
    void listen_to(const std::string& pattern) {
        json::writer rule;
        rule.begin_object().member("Name", "r").member("EventPattern", pattern).end_object();
        ask("PutRule", rule.take());
        ask("PutTargets",
            R"({"Rule":"r","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"}]})");
    }
    // Runs until `wanted` messages were sent.
    void run(std::size_t wanted) {
        const mono_time end = io::real_clock().mono() + 20s;
        while (sent.size() < wanted && io::real_clock().mono() < end) io.run_one_for(std::chrono::seconds{1});
    }

    boost::asio::io_context io{1};
    std::vector<delivery_command> sent;
    delivery_outcome answer{};
    events_service service{
        io, io::real_clock(), {}, open_authorizer::instance(), [this](const delivery_command& c, wall_time) {
            sent.push_back(c);
            return answer;
        }};
};

// Gives its changes when their time has come, as SageMaker does.
struct made_up_feed {
    std::deque<state_change> changes;
    change_feed feed() {
        return {[this] { return changes.empty() ? std::nullopt : std::optional{changes.front().when}; },
                [this](wall_time now) {
                    std::vector<state_change> out;
                    for (; !changes.empty() && changes.front().when <= now; changes.pop_front())
                        out.push_back(changes.front());
                    return out;
                }};
    }
    void add(duration in, std::string type, std::string arn, std::string detail) {
        changes.push_back({account_id{"111122223333"}, region_name{"us-east-1"}, io::real_clock().wall() + in,
                           std::move(type), std::move(arn), std::move(detail)});
    }
};

TEST_F(events_service_test, state_changes_of_sagemaker_become_events_when_their_time_comes) {
    made_up_feed changes;
    changes.add(0ms, "SageMaker Training Job State Change",
                "arn:aws:sagemaker:us-east-1:111122223333:training-job/a",
                R"({"TrainingJobName":"a","TrainingJobStatus":"InProgress","CreationTime":1583831889050})");
    changes.add(20ms, "SageMaker Endpoint State Change",
                "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e", R"({"EndpointStatus":"IN_SERVICE"})");
    changes.add(40ms, "SageMaker Model Building Pipeline Execution Status Change",
                "arn:aws:sagemaker:us-east-1:111122223333:pipeline/p/execution/abcdefghijkl",
                R"({"currentPipelineExecutionStatus":"Succeeded"})");
    const wall_time first = changes.changes.front().when;
    listen_to(R"({"source":["aws.sagemaker"],"detail-type":[{"prefix":"SageMaker"}]})");
    service.set_feed(changes.feed());
    service.look(io::real_clock().wall());
    run(3);
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(
        sent[0].what.body,
        R"({"version":"0","id":")" + sent[0].what.what->id +
            R"(","detail-type":"SageMaker Training Job State Change","source":"aws.sagemaker","account":"111122223333","time":")" +
            to_iso8601(first) +
            R"(","region":"us-east-1","resources":["arn:aws:sagemaker:us-east-1:111122223333:training-job/a"],"detail":{"TrainingJobName":"a","TrainingJobStatus":"InProgress","CreationTime":1583831889050}})");
    EXPECT_EQ(sent[1].what.what->detail, R"({"EndpointStatus":"IN_SERVICE"})");
    EXPECT_EQ(sent[2].what.what->detail_type, "SageMaker Model Building Pipeline Execution Status Change");
    EXPECT_NE(sent[0].what.what->id, sent[1].what.what->id);
}

TEST_F(events_service_test, a_failed_delivery_is_tried_again_on_the_clock) {
    listen_to(R"({"source":["s"]})");
    answer = {delivery_outcome::kind::failed, "THROTTLING", "slow down"};
    const mono_time began = io::real_clock().mono();
    ask("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})");
    ASSERT_EQ(sent.size(), 1U);
    answer = {};
    run(2);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].what.what->id, sent[1].what.what->id);
    EXPECT_GE(io::real_clock().mono() - began, 500ms);
    EXPECT_EQ(service.deliveries().counted().delivered, 1U);
    EXPECT_EQ(service.deliveries().counted().retries, 1U);
}

TEST_F(events_service_test, delays_pass_and_a_stopped_service_is_silent) {
    delivery_faults faults;
    faults.delay_low = faults.delay_high = 30ms;
    service.deliveries().set_faults(faults);
    listen_to(R"({"source":["s"]})");
    ask("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})");
    EXPECT_TRUE(sent.empty());
    run(1);
    EXPECT_EQ(sent.size(), 1U);
    ask("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})");
    service.stop();
    io.restart();
    io.run();  // no timer is left
    EXPECT_EQ(sent.size(), 1U);
}

}  // namespace
}  // namespace trainyard::aws::local::events
