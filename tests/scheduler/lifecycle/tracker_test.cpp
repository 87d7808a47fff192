#include "scheduler/lifecycle/tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "scheduler/lifecycle/event.hpp"

namespace trainyard::lifecycle {
namespace {

class Tracker : public ::testing::Test {
protected:
    std::vector<page_request> due() {
        for (const stream& s : live)
            if (known.insert(s).second) t.begin_stream(s, mono);
        std::erase_if(known, [this](const stream& s) {
            const bool left = std::find(live.begin(), live.end(), s) == live.end();
            if (left) t.end_stream(s);
            return left;
        });
        return t.due([this](const stream&) { return oldest; }, wall, mono);
    }
    page_request only_due() {
        const auto pages = due();
        EXPECT_EQ(pages.size(), 1U);
        return pages.empty() ? page_request{} : pages.front();
    }
    void pass(duration d) {
        wall += d;
        mono += d;
    }
    std::optional<listing_done> answer(const std::string& token = "", std::optional<wall_time> newest = {}) {
        return t.handle_page(one, {true, token, newest}, mono);
    }
    void fail() { EXPECT_FALSE(t.handle_page(one, {}, mono)); }

    stream one{"a/r", kind::training, ""};
    std::vector<stream> live{one};
    std::set<stream> known;
    tracking_rules rules;
    tracker t{rules};
    wall_time wall = from_unix_seconds(1'800'000'000), oldest = wall;
    mono_time mono{};
};

TEST_F(Tracker, TheFirstListingIsWholeAndComesAfterAnInterval) {
    EXPECT_TRUE(due().empty());
    pass(rules.interval);
    const auto p = only_due();
    EXPECT_TRUE(p.whole);
    EXPECT_FALSE(p.changed_after);
    EXPECT_EQ(*p.created_after, oldest - rules.start_margin);
    EXPECT_TRUE(due().empty()) << "one page at a time";
    const auto done = answer();
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->whole);
    EXPECT_EQ(done->began, wall);
}

TEST_F(Tracker, EmptyPagesAreNotTheEnd) {
    due();
    pass(rules.interval);
    only_due();
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_FALSE(answer("t" + std::to_string(i)));
        EXPECT_EQ(only_due().next_token, "t" + std::to_string(i));
    }
    EXPECT_TRUE(answer());
}

TEST_F(Tracker, LaterListingsAskForWhatHasChangedBySageMakersOwnClock) {
    due();
    pass(rules.interval);
    only_due();
    const wall_time theirs = wall + 1h;  // SageMaker's clock is ahead
    answer("", theirs);
    pass(rules.interval);
    const auto p = only_due();
    EXPECT_FALSE(p.whole);
    EXPECT_EQ(*p.changed_after, theirs - rules.overlap);
    EXPECT_FALSE(answer()->whole);
    pass(rules.whole_every);
    EXPECT_TRUE(only_due().whole) << "now and then everything is looked at";
}

TEST_F(Tracker, WithNothingSeenEveryListingIsWhole) {
    due();
    pass(rules.interval);
    only_due();
    answer();
    pass(rules.interval);
    EXPECT_TRUE(only_due().whole);
}

TEST_F(Tracker, AFailedPageIsAskedForAgainWhereItStood) {
    due();
    pass(rules.interval);
    only_due();
    answer("t1");
    only_due();
    fail();
    EXPECT_TRUE(due().empty());
    pass(rules.retry_base);
    EXPECT_EQ(only_due().next_token, "t1");
    fail();
    pass(2 * rules.retry_base);
    only_due();
    fail();
    pass(4 * rules.retry_base);
    EXPECT_EQ(only_due().next_token, "") << "a token may have expired: the listing begins anew";
    fail();
    EXPECT_LE(*t.next_time() - mono, rules.retry_cap);
}

TEST_F(Tracker, ATokenThatLeadsToItselfEndsNothing) {
    due();
    pass(rules.interval);
    only_due();
    answer("t");
    only_due();
    EXPECT_FALSE(answer("t"));
    pass(rules.retry_base);
    EXPECT_EQ(only_due().next_token, "t");
}

TEST_F(Tracker, HintsBringAListingForwardAndKeepTheirDistance) {
    due();
    pass(rules.interval);
    only_due();
    answer();
    pass(rules.hint_spacing / 2);
    t.handle_hint(one, mono);
    EXPECT_TRUE(due().empty());
    pass(rules.hint_spacing / 2);
    only_due();
    t.handle_hint(one, mono);
    answer();
    t.handle_hint({"b/r"}, mono);
    EXPECT_TRUE(due().empty());
}

TEST_F(Tracker, StreamsWithoutLiveJobsAreForgotten) {
    due();
    live.clear();
    pass(rules.interval);
    EXPECT_TRUE(due().empty());
    EXPECT_FALSE(t.next_time());
    EXPECT_FALSE(answer());
}

TEST(Event, IsReadAsAHint) {
    const std::string head = R"({"source":"aws.sagemaker","account":"1","region":"r","detail-type":)";
    auto e = read_event(
        head +
        R"("SageMaker Training Job State Change","detail":{"TrainingJobName":"n","TrainingJobStatus":"Failed"}})");
    ASSERT_TRUE(e);
    EXPECT_EQ(e->account, "1");
    EXPECT_EQ(e->kind, kind::training);
    EXPECT_EQ(e->name, "n");
    EXPECT_EQ(e->status, "Failed");
    e = read_event(
        head +
        R"("SageMaker Endpoint State Change","detail":{"EndpointName":"n","EndpointStatus":"IN_SERVICE"}})");
    EXPECT_EQ(e->status, "InService");
    e = read_event(
        head +
        R"("SageMaker Model Building Pipeline Execution Status Change","detail":{"pipelineExecutionArn":"arn","currentPipelineExecutionStatus":"Succeeded"}})");
    EXPECT_EQ(e->kind, kind::pipeline);
    EXPECT_EQ(e->name, "arn");
    for (
        const std::string& other :
        {std::string{"{"}, std::string{"[]"}, std::string{"\"x\""},
         head + R"("SageMaker Model State Change","detail":{}})",
         head + R"("SageMaker Training Job State Change","detail":{"TrainingJobName":7}})",
         std::string{
             R"({"source":"my.app","account":"1","region":"r","detail-type":"SageMaker Training Job State Change","detail":{"TrainingJobName":"n"}})"}})
        EXPECT_FALSE(read_event(other)) << other;
}

}  // namespace
}  // namespace trainyard::lifecycle
