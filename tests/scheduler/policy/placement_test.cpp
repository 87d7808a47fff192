#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using namespace std::chrono_literals;

TEST(placement, preference_then_budget_then_use_then_order) {
    scheduler s(fleet({tenant("a")}, {pool("low", {{"g", amount{8}}}), pool("p", {{"g", amount{4}}}, 1),
                                      pool("q", {{"g", amount{8}}}, 1)}));
    for (std::uint64_t id = 1; id <= 4; ++id) s.add(job(id, "a"));
    // p and q are equally empty; then p is 1/4 full, q 1/8, 2/8.
    EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("1@p", "2@q", "3@q", "4@p"));
    s.set_start_budget("p", 2);
    s.set_start_budget("q", 1);
    for (std::uint64_t id = 5; id <= 9; ++id) s.add(job(id, "a"));
    // The larger budget first; when both are spent, the lower preference.
    EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("5@p", "6@q", "7@p", "8@low", "9@low"));
    s.check_invariants();
}

TEST(placement, without_limits_the_pool_with_fewer_jobs) {
    const auto u = amount::unlimited();
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", u}}), pool("q", {{"g", u}})}));
    for (std::uint64_t id = 1; id <= 3; ++id) s.add(job(id, "a"));
    EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("1@p", "2@q", "3@p"));
}

TEST(budget, counts_down_and_new_budget_wakes) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{9}}})}));
    for (std::uint64_t id = 1; id <= 5; ++id) s.add(job(id, "a"));
    s.set_start_budget("p", 2);
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1, 2));
    EXPECT_THAT(refusal(s, 3, t0), HasSubstr("start budget is spent"));
    EXPECT_TRUE(s.decide(t0 + 1h, 9).starts.empty());
    s.set_start_budget("p", 1);
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(3));
    s.set_start_budget("p", -4);
    EXPECT_TRUE(s.decide(t0, 9).starts.empty());
}

TEST(budget, of_one_kind_stops_no_other) {
    settings c = fleet({tenant("a")}, {pool("p", {{"g", amount{9}}}), pool("q", {{"g", amount{9}}})});
    for (const backfill how : {backfill::greedy, backfill::easy, backfill::conservative}) {
        c.backfill = how;
        scheduler s(c);
        for (std::uint64_t id = 1; id <= 8; ++id) {
            pending_job j = job(id, "a");
            j.kind = id <= 4 ? "first" : "second";
            s.add(j);
        }
        s.set_start_budget("p", "first", 1);
        s.set_start_budget("q", "first", 0);
        s.set_start_budget("q", "second", 2);
        s.set_start_budget("p", "second", 0);
        EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("1@p", "5@q", "6@q"));
        s.check_invariants();
        EXPECT_THAT(refusal(s, 2, t0), HasSubstr("start budget is spent"));
        EXPECT_TRUE(s.decide(t0 + 1h, 9).starts.empty());
        s.set_start_budget("q", "first", 1);
        EXPECT_THAT(placed(s.decide(t0 + 1h, 9)), ElementsAre("2@q"));
        s.set_start_budget("p", 1);
        s.set_start_budget("p", "first", 5);
        EXPECT_THAT(placed(s.decide(t0 + 1h, 9)), ElementsAre("3@p")) << "the pool's own budget counts too";
        s.check_invariants();
    }
}

struct blocked : testing::Test {
    scheduler s{fleet({tenant("a")}, {pool("p", {{"g", amount{9}}, {"x", amount{9}}})})};
    blocked() {
        for (std::uint64_t id = 1; id <= 6; ++id) s.add(job(id, "a"));
        EXPECT_THAT(ids(s.decide(t0, 1)), ElementsAre(1));
        s.requeue(1);
        s.block("p", "g", t0 + 10min);
    }
    ~blocked() override { s.check_invariants(); }
};

TEST_F(blocked, nothing_starts_before_the_time_and_one_probe_after) {
    EXPECT_TRUE(s.decide(t0 + 10min - 1ns, 9).starts.empty());
    EXPECT_THAT(refusal(s, 1, t0), HasSubstr("blocked until"));
    EXPECT_THAT(s.next_wakeup(), Optional(t0 + 10min));
    EXPECT_THAT(s.explain(1, t0 + 10min).pool_reasons, IsEmpty());
    EXPECT_THAT(ids(s.decide(t0 + 10min, 9)), ElementsAre(1));
    EXPECT_TRUE(s.decide(t0 + 2h, 9).starts.empty()) << "one probe only";
    EXPECT_EQ(s.next_wakeup(), std::nullopt);
    EXPECT_THAT(refusal(s, 2, t0 + 2h), HasSubstr("probes it"));
}

TEST_F(blocked, another_resource_of_the_pool_is_free) {
    s.add(job(7, "a", 1, 0, t0, "x"));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(7));
}

TEST_F(blocked, an_accepted_probe_opens_it) {
    EXPECT_EQ(s.decide(t0 + 10min, 9).starts.size(), 1U);
    s.unblock("p", "g");
    EXPECT_EQ(s.decide(t0 + 10min, 9).starts.size(), 5U);
}

TEST_F(blocked, a_refused_probe_closes_it_again) {
    EXPECT_THAT(ids(s.decide(t0 + 10min, 9)), ElementsAre(1));
    s.block("p", "g", t0 + 20min);
    s.requeue(1);
    EXPECT_TRUE(s.decide(t0 + 19min, 9).starts.empty());
    EXPECT_THAT(ids(s.decide(t0 + 20min, 9)), ElementsAre(1));
}

TEST_F(blocked, a_refusal_may_come_after_the_requeue) {
    s.decide(t0 + 10min, 9);
    s.requeue(1);
    s.block("p", "g", t0 + 20min);
    EXPECT_TRUE(s.decide(t0 + 19min, 9).starts.empty());
    EXPECT_EQ(s.decide(t0 + 20min, 9).starts.size(), 1U);
}

TEST_F(blocked, a_probe_without_verdict_is_followed_by_another) {
    EXPECT_THAT(ids(s.decide(t0 + 10min, 9)), ElementsAre(1));
    s.release(1);
    EXPECT_THAT(ids(s.decide(t0 + 10min, 9)), ElementsAre(2));
    s.requeue(2);
    EXPECT_THAT(ids(s.decide(t0 + 10min, 9)), ElementsAre(2));
}

TEST_F(blocked, the_later_of_two_blocks_holds) {
    s.block("p", "g", t0 + 5min);
    EXPECT_TRUE(s.decide(t0 + 9min, 9).starts.empty());
    s.block("p", "g", t0 + 30min);
    EXPECT_TRUE(s.decide(t0 + 10min, 9).starts.empty());
    EXPECT_EQ(s.decide(t0 + 30min, 9).starts.size(), 1U);
}

TEST_F(blocked, unblocking_early_opens_it) {
    s.unblock("p", "g");
    EXPECT_EQ(s.next_wakeup(), std::nullopt);
    EXPECT_EQ(s.decide(t0, 9).starts.size(), 6U);
}

TEST_F(blocked, wakeup_only_where_a_pending_job_waits_for_it) {
    s.block("p", "x", t0 + 1min);
    EXPECT_THAT(s.next_wakeup(), Optional(t0 + 10min)) << "nobody waits for x";
    for (std::uint64_t id = 1; id <= 6; ++id) s.remove(id);
    EXPECT_EQ(s.next_wakeup(), std::nullopt);
}

TEST_F(blocked, other_pools_go_on) {
    scheduler two(fleet({tenant("a")}, {pool("p", {{"g", amount{9}}}), pool("q", {{"g", amount{9}}})}));
    two.block("p", "g", t0 + 1h);
    two.add(job(1, "a"));
    two.add(job(2, "a"));
    EXPECT_THAT(placed(two.decide(t0, 9)), ElementsAre("1@q", "2@q"));
}

TEST(explain, tells_state_position_and_obstacles) {
    settings c = fleet({tenant("a")}, {pool("p", {{"g", amount{2}}}), pool("q", {{"x", amount{2}}}),
                                       pool("r", {{"g", amount{2}}})});
    c.tenants[0].pools = {"p", "q"};
    scheduler s(c);
    s.add(job(1, "a", 2));
    EXPECT_THAT(s.explain(1, t0).summary, HasSubstr("Fits in p"));
    s.decide(t0, 9);
    s.add(job(2, "a", 2));
    s.add(job(3, "a", 1, 5));
    s.add(job(4, "a", 1));
    s.decide(t0, 9);
    const explanation e = s.explain(4, t0);
    EXPECT_TRUE(e.known && e.pending);
    EXPECT_EQ(e.ahead, 2U);
    EXPECT_EQ(e.tenant_reason, "");
    EXPECT_THAT(e.pool_reasons,
                ElementsAre(std::pair("p", "g: 2 of 2 in use, 1 needed"), std::pair("q", "g is not offered"),
                            std::pair("r", "not among the pools this job may use")));
    EXPECT_THAT(e.summary, HasSubstr("Waiting for room"));
    EXPECT_FALSE(s.explain(1, t0).pending);
    EXPECT_THAT(s.explain(1, t0).summary, HasSubstr("started in p"));
    EXPECT_FALSE(s.explain(99, t0).known);
}

TEST(cost, a_blocked_backlog_is_looked_at_once) {
    scheduler s(fleet({tenant("a"), tenant("b")},
                      {pool("p", {{"g", amount{4}}, {"x", amount{4}}}), pool("q", {{"x", amount{4}}})}));
    s.block("p", "g", t0 + 1h);
    for (std::uint64_t id = 1; id <= 10'000; ++id)
        s.add(job(id, id % 2 ? "a" : "b", 1, static_cast<int>(id % 3)));
    EXPECT_TRUE(s.decide(t0, 100).starts.empty());
    EXPECT_EQ(s.shapes_examined(), 0U) << "no class has room";
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(s.decide(t0 + 1min, 100).starts.empty());
    EXPECT_EQ(s.shapes_examined(), 0U) << "nothing has changed";
    s.add(job(20'000, "a"));
    EXPECT_TRUE(s.decide(t0, 100).starts.empty());
    EXPECT_EQ(s.shapes_examined(), 0U) << "one more of a shape that does not fit";
    pending_job elsewhere = job(20'001, "a", 1, 0, t0, "x");
    elsewhere.pools = {"q"};
    s.add(elsewhere);
    EXPECT_EQ(s.decide(t0, 100).starts.size(), 1U);
    s.release(20'001);
    EXPECT_TRUE(s.decide(t0, 100).starts.empty());
    EXPECT_EQ(s.shapes_examined(), 1U) << "room in q helps no job that waits for p";
    s.unblock("p", "g");
    EXPECT_EQ(s.decide(t0, 100).starts.size(), 4U);
    EXPECT_EQ(s.shapes_examined(), 1U + 4U);
}

TEST(cost, each_start_of_a_backlog_is_one_look) {
    scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount::unlimited()}})}));
    for (std::uint64_t id = 1; id <= 10'000; ++id) s.add(job(id, id % 2 ? "a" : "b"));
    EXPECT_EQ(s.decide(t0, 5'000).starts.size(), 5'000U);
    EXPECT_EQ(s.shapes_examined(), 5'000U);
}

}  // namespace
}  // namespace trainyard::policy::test
