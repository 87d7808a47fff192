// What an operator's tools are told, and how a pause is decided, kept and taken up again.
#include "scheduler/dispatcher/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/json.hpp"

namespace trainyard::dispatcher {
namespace {

using lifecycle::pause;
using testing::HasSubstr;

class Pages : public testing::Test {
protected:
    static config::fleet one_pool_of_two() {
        const std::string yaml =
            "installation: test\nledger: ledger.db\nadmin: off\naccounts:\n"
            "  - {id: \"111111111111\", execution_role: arn:aws:iam::111111111111:role/exec, bucket: "
            "s3://b,\n"
            "     regions: [us-east-1], limits: {ml.m5.xlarge: 2}}\n"
            "tenants:\n  - {name: vision}\nqueues:\n  - {name: jobs, region: us-east-1, tenants: [vision]}\n";
        return config::parse_fleet(yaml, "fleet.yaml", "/", {}).value();
    }
    lifecycle::job_id accept_job(const std::string& name, const std::string& more = "") {
        lifecycle::incoming_message m;
        m.queue = "jobs";
        m.message_id = std::to_string(++messages);
        m.body =
            R"({"kind":"training","name":")" + name + R"(",)" + more +
            R"("request":{"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}",)"
            R"("OutputDataConfig":{},"StoppingCondition":{},"ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}})";
        return c.machine().handle_message(m, "h", c.rules("jobs"), at.wall).value();
    }
    std::size_t started_by_a_turn() {
        std::size_t out = 0;
        batch = c.turn(at, 100);
        for (const auto& e : batch.effects)
            if (const auto* create = std::get_if<lifecycle::effect::create>(&e))
                out += c.pay(create->pool, create->kind, &pool_budgets::create, at) ? 1 : 0;
        at.wall += std::chrono::minutes{1};
        at.mono += std::chrono::minutes{1};
        return out;
    }
    json::document explained(lifecycle::job_id id) {
        return json::document::parse(explanation_page(c, *c.machine().find(id), at.wall)).value();
    }
    static std::string text(const json::document& page, std::string_view key) {
        const json::value v = page.root().find(key);
        return v.string() ? std::string{*v.string()} : std::string{v.number_text()};
    }

    instant at{from_unix_seconds(1'800'000'000), mono_time{} + std::chrono::hours{1}};
    core c{one_pool_of_two(), {}, 1, at};
    lifecycle::batch batch;
    int messages = 0;
};

TEST_F(Pages, JobsAreFoundByIdAndByANameThatOneHas) {
    const auto one = accept_job("one");
    accept_job("twice");
    accept_job("twice");
    EXPECT_EQ(find_job(c, lifecycle::to_text(one)).job->facts.id, one);
    EXPECT_EQ(find_job(c, "one").job->facts.id, one);
    const found_job twice = find_job(c, "twice");
    EXPECT_EQ(twice.job, nullptr);
    EXPECT_EQ(twice.status, 409);
    EXPECT_THAT(twice.problem, HasSubstr("2 jobs have the name 'twice'; give the id of one: "));
    for (const std::string& hostile : {std::string{}, std::string(100'000, 'a'), std::string{"\n\x01\xff<b>"},
                                       std::string{"zzzzzzzzzzzzz"}, std::string{"../one"}}) {
        const found_job none = find_job(c, hostile);
        EXPECT_EQ(none.job, nullptr);
        EXPECT_EQ(none.status, 404);
        EXPECT_LT(none.problem.size(), 300U);
        EXPECT_EQ(none.problem.find('\n'), std::string::npos);
    }
}

TEST_F(Pages, ExplanationSaysWhatIsWaitedFor) {
    accept_job("first");
    accept_job("second");
    const auto third = accept_job("third"),
               fourth = accept_job("fourth", R"("depends_on":{"all":["third","later"]},)");
    while (started_by_a_turn() > 0) {
    }
    const auto full = explained(third);
    EXPECT_EQ(full.root().find("pools").find("111111111111/us-east-1").string(),
              "ml.m5.xlarge: 2 of 2 in use, 1 needed");
    EXPECT_EQ(full.root().find("open_pools").size(), 0U);
    EXPECT_FALSE(text(full, "estimated_start").empty());
    EXPECT_EQ(text(explained(fourth), "summary"),
              "Waiting for jobs that it depends on: third (pending), later (not here yet).");
    c.machine().handle_cancel(third, at.wall);
    EXPECT_EQ(text(explained(third), "summary"), "It is cancelled: cancelled.");
    started_by_a_turn();
    EXPECT_THAT(text(explained(fourth), "summary"), HasSubstr("depends on third, which cancelled"));
}

TEST_F(Pages, CancelSaysWhatHappened) {
    const auto first = accept_job("first"), second = accept_job("second");
    const auto cancelled = [&](lifecycle::job_id id) {
        const lifecycle::job before = *c.machine().find(id);
        c.machine().handle_cancel(id, at.wall);
        return json::document::parse(cancel_page(before, *c.machine().find(id))).value();
    };
    const auto pending = cancelled(second);
    EXPECT_EQ(text(pending, "outcome"), "cancelled before it had started");
    EXPECT_EQ(pending.root().find("changed").boolean(), true);
    EXPECT_EQ(text(cancelled(second), "outcome"), "it had ended before");
    EXPECT_EQ(cancelled(second).root().find("changed").boolean(), false);
    ASSERT_EQ(started_by_a_turn(), 1U);
    EXPECT_EQ(text(cancelled(first), "outcome"), "it is starting, and is stopped as soon as it runs");
    EXPECT_EQ(text(cancelled(first), "outcome"), "it was cancelled before, and is being stopped");
    c.machine().handle_create(first, 1, lifecycle::create_outcome::accepted, "arn", at.wall);
    EXPECT_EQ(text(cancelled(first), "state"), "stopping");
}

TEST_F(Pages, PausesAreReadFromAQueryThatNamesOneThing) {
    EXPECT_EQ(read_pause("").value(), pause{});
    EXPECT_EQ(read_pause("tenant=vision%2Fx").value(), (pause{pause::of::tenant, "vision/x"}));
    EXPECT_EQ(read_pause("queue=a%26b").value(), (pause{pause::of::queue, "a&b"}));
    for (const char* wrong : {"tenant", "tenant=", "tenant=a&pool=b", "fleet=", "fleet=x", "tenants=a", "=a",
                              "&", "pool=%zz", "tenant=a&"})
        EXPECT_FALSE(read_pause(wrong)) << wrong;
}

TEST_F(Pages, APauseIsRecordedOnceAndTakenUpAgain) {
    accept_job("first");
    EXPECT_TRUE(c.set_paused({pause::of::tenant, "vision"}, true, at).value());
    EXPECT_FALSE(c.set_paused({pause::of::tenant, "vision"}, true, at).value());
    EXPECT_EQ(c.set_paused({pause::of::tenant, "speech"}, true, at).error().code, errc::not_found);
    EXPECT_EQ(c.set_paused({pause::of::queue, "none"}, false, at).error().code, errc::not_found);
    EXPECT_EQ(started_by_a_turn(), 0U);
    std::size_t records = 0;
    for (const auto& r : batch.records)
        if (r.pausing) ++records;
    EXPECT_EQ(records, 1U);
    EXPECT_EQ(text(explained(c.machine().jobs().begin()->first), "tenant_reason"), "tenant vision is paused");

    core again{one_pool_of_two(), {}, 1, at};
    std::vector<lifecycle::job> jobs;
    for (const auto& [id, j] : c.machine().jobs()) jobs.push_back(j);
    again.restore(std::move(jobs), {}, at);
    lifecycle::pauses known = c.pauses();
    const pause gone{pause::of::pool, "no longer in the fleet file"};
    known[gone] = at.wall;
    again.restore_pauses(known);
    EXPECT_TRUE(again.turn(at, 100).effects.empty());
    EXPECT_TRUE(again.set_paused(gone, false, at).value()) << "it can be resumed";
    EXPECT_TRUE(again.set_paused({pause::of::tenant, "vision"}, false, at).value());
    const auto b = again.turn(at, 100);
    EXPECT_EQ(
        std::ranges::count_if(
            b.effects, [](const auto& e) { return std::holds_alternative<lifecycle::effect::create>(e); }),
        1);
    EXPECT_TRUE(again.pauses().empty());
}

TEST_F(Pages, DecisionsTellWhichJobWentWhere) {
    const auto first = accept_job("first");
    EXPECT_EQ(json::document::parse(decisions_page(c)).value().root().find("decisions").size(), 0U);
    while (started_by_a_turn() > 0) {
    }
    const std::string page = decisions_page(c);
    EXPECT_EQ(json::document::parse(page).value().root().find("decisions").size(), 1U);
    EXPECT_THAT(page, HasSubstr("\"job\":\"" + lifecycle::to_text(first) +
                                "\",\"why\":\"in_order\","
                                "\"tenant\":\"vision\",\"pool\":\"111111111111/us-east-1\""));
}

TEST_F(Pages, UsageTellsLimitsAndWhereTheyAreKnownFrom) {
    accept_job("first");
    while (started_by_a_turn() > 0) {
    }
    EXPECT_TRUE(c.set_paused({pause::of::pool, "111111111111/us-east-1"}, true, at).value());
    const auto page = json::document::parse(pools_page(c, at)).value();
    const json::value p = page.root().find("pools").at(0);
    EXPECT_EQ(p.find("running").integer(), 1);
    EXPECT_EQ(p.find("paused").boolean(), true);
    EXPECT_EQ(p.find("max_jobs").integer(), std::nullopt);
    const json::value r = p.find("resources").at(0);
    EXPECT_EQ(r.find("limit").integer(), 2);
    EXPECT_EQ(r.find("source").string(), "file");
    EXPECT_EQ(r.find("in_use").integer(), 1);
    EXPECT_GT(p.find("budgets").find("training").find("create").find("per_second").number(), 0);
    const auto tenants = json::document::parse(tenants_page(c)).value();
    EXPECT_EQ(tenants.root().find("tenants").at(0).find("tenant").string(), "vision");
    EXPECT_EQ(tenants.root().find("tenants").at(0).find("running").integer(), 1);
    const auto queues = json::document::parse(
        queues_page(c, {{"jobs", {at.mono - std::chrono::seconds{2}, 1, 5, 4, 3}}}, at));
    EXPECT_EQ(queues->root().find("queues").at(0).find("seconds_since_last_poll").number(), 2.0);
    EXPECT_EQ(queues->root().find("queues").at(0).find("recorded").integer(), 4);
}

}  // namespace
}  // namespace trainyard::dispatcher
