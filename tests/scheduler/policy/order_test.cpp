#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

TEST(order, fair_lets_equal_tenants_take_turns) {
    scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{6}}})}));
    for (std::uint64_t id = 1; id <= 4; ++id) s.add(job(id, "a"));
    for (std::uint64_t id = 5; id <= 8; ++id) s.add(job(id, "b"));
    EXPECT_THAT(ids(s.decide(t0, 100)), ElementsAre(1, 5, 2, 6, 3, 7));
    EXPECT_EQ(s.pending(), 2U);
    EXPECT_EQ(s.reserved(), 6U);
    s.check_invariants();
}

TEST(order, fair_gives_by_weight) {
    scheduler s(fleet({tenant("a", 1), tenant("b", 3)}, {pool("p", {{"g", amount{8}}})}));
    for (std::uint64_t id = 1; id <= 10; ++id) {
        s.add(job(id, "a"));
        s.add(job(100 + id, "b"));
    }
    s.decide(t0, 100);
    EXPECT_EQ(s.tenants()[0].used.at("g").count(), 2);
    EXPECT_EQ(s.tenants()[1].used.at("g").count(), 6);
    EXPECT_DOUBLE_EQ(s.tenants()[0].share, 0.25);
    EXPECT_DOUBLE_EQ(s.tenants()[1].share, 0.25);
}

TEST(order, fair_counts_what_already_runs) {
    scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{6}}})}));
    s.restore(job(1, "a", 3), "p");
    for (std::uint64_t id = 2; id <= 4; ++id) s.add(job(id, "a"));
    for (std::uint64_t id = 5; id <= 8; ++id) s.add(job(id, "b"));
    EXPECT_THAT(ids(s.decide(t0, 100)), ElementsAre(5, 6, 7));
}

// Ghodsi et al., DRF, NSDI 2011, section 4.1: A has 3 tasks of <1 CPU, 4 GB>, B 2 of <3 CPU, 1 GB> in <9,
// 18>.
TEST(order, dominant_share_decides_over_several_resources) {
    scheduler s(fleet({tenant("B"), tenant("A")}, {pool("p", {{"cpu", amount{9}}, {"mem", amount{18}}})}));
    for (std::uint64_t id = 1; id <= 9; ++id) {
        pending_job a = job(id, "A");
        a.demand = {{"cpu", 1}, {"mem", 4}};
        s.add(a);
        pending_job b = job(100 + id, "B");
        b.demand = {{"cpu", 3}, {"mem", 1}};
        s.add(b);
    }
    EXPECT_THAT(ids(s.decide(t0, 100)), ElementsAre(101, 1, 2, 102, 3));
}

TEST(order, unlimited_resources_are_shared_by_job_count) {
    scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount::unlimited()}})}));
    for (std::uint64_t id = 1; id <= 3; ++id) s.add(job(id, "a", 50));
    for (std::uint64_t id = 4; id <= 6; ++id) s.add(job(id, "b", 1));
    EXPECT_THAT(ids(s.decide(t0, 4)), ElementsAre(1, 4, 2, 5));
}

TEST(order, within_a_tenant_priority_then_age) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{9}}})}));
    s.add(job(1, "a", 1, 0));
    s.add(job(2, "a", 1, 5));
    s.add(job(3, "a", 1, 5));
    s.add(job(4, "a", 1, -1));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(2, 3, 1, 4));
}

TEST(order, priority_does_not_beat_another_tenants_share_unless_the_order_says_so) {
    for (const order o : {order::fair, order::priority}) {
        scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{4}}})}, o));
        s.add(job(1, "a", 1, 9));
        s.add(job(2, "a", 1, 9));
        s.add(job(3, "b", 1, 0));
        s.add(job(4, "b", 1, 0));
        if (o == order::fair)
            EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1, 3, 2, 4));
        else
            EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1, 2, 3, 4));
    }
}

TEST(order, priority_is_fair_within_a_class) {
    scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{9}}})}, order::priority));
    for (std::uint64_t id = 1; id <= 3; ++id) s.add(job(id, "a", 1, 2));
    for (std::uint64_t id = 4; id <= 5; ++id) s.add(job(id, "b", 1, 2));
    s.add(job(6, "b", 1, 3));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(6, 1, 2, 4, 3, 5));
}

TEST(order, fifo_forgets_tenants_and_priorities) {
    scheduler s(fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{9}}})}, order::fifo));
    s.add(job(1, "b"));
    s.add(job(2, "b"));
    s.add(job(3, "a"));
    s.add(job(4, "b"));
    s.add(job(5, "a", 1, 1));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1, 2, 3, 4, 5));
}

TEST(order, aging_raises_one_point_a_step) {
    for (const order o : {order::fair, order::priority}) {
        settings c = fleet({tenant("a")}, {pool("p", {{"g", amount{1}}})}, o);
        c.aging_step = 10min;
        scheduler s(c);
        s.add(job(1, "a", 1, 0, t0));
        s.add(job(2, "a", 1, 3, t0 + 29min));  // two points behind: 3 against 0 + 2
        EXPECT_THAT(ids(s.decide(t0 + 29min, 1)), ElementsAre(2));
        s.release(2);
        s.add(job(3, "a", 1, 3, t0 + 30min));  // equal: age decides
        EXPECT_THAT(ids(s.decide(t0 + 30min, 1)), ElementsAre(1));
    }
}

TEST(order, aging_can_be_switched_off) {
    settings c = fleet({tenant("a")}, {pool("p", {{"g", amount{1}}})});
    c.aging_step = 0s;
    scheduler s(c);
    s.add(job(1, "a", 1, 0, t0));
    s.add(job(2, "a", 1, 1, t0 + 1000h));
    EXPECT_THAT(ids(s.decide(t0 + 1000h, 1)), ElementsAre(2));
}

TEST(order, a_job_that_does_not_fit_is_passed) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{4}}})}));
    s.add(job(1, "a", 3));
    s.add(job(2, "a", 2));
    s.add(job(3, "a", 1));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1, 3));
    s.release(1);
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(2));
}

TEST(order, max_is_kept_and_the_next_call_goes_on) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{9}}})}));
    for (std::uint64_t id = 1; id <= 3; ++id) s.add(job(id, "a"));
    EXPECT_TRUE(s.decide(t0, 0).starts.empty());
    EXPECT_THAT(ids(s.decide(t0, 2)), ElementsAre(1, 2));
    EXPECT_THAT(ids(s.decide(t0, 2)), ElementsAre(3));
}

TEST(order, a_requeued_job_keeps_its_place) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{1}}})}));
    for (std::uint64_t id = 1; id <= 3; ++id) s.add(job(id, "a"));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1));
    s.requeue(1);
    EXPECT_EQ(s.pending(), 3U);
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1));
}

TEST(order, a_removed_job_never_starts) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{1}}})}));
    s.add(job(1, "a"));
    s.add(job(2, "a"));
    EXPECT_TRUE(s.remove(1));
    EXPECT_FALSE(s.remove(1));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(2));
    EXPECT_FALSE(s.remove(2)) << "a started job is released, not removed";
    s.release(2);
    EXPECT_EQ(s.reserved() + s.pending(), 0U);
    s.add(job(1, "a"));  // forgotten, so the id may come again
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1));
}

}  // namespace
}  // namespace trainyard::policy::test
