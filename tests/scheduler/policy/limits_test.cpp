#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

TEST(limits, a_quota_holds_over_all_pools_together) {
    scheduler s(fleet({tenant("a", 1, {{"g", amount{3}}})},
                      {pool("p", {{"g", amount{9}}}), pool("q", {{"g", amount{9}}})}));
    for (std::uint64_t id = 1; id <= 5; ++id) s.add(job(id, "a"));
    EXPECT_EQ(s.decide(t0, 9).starts.size(), 3U);
    EXPECT_THAT(s.explain(5, t0).tenant_reason, HasSubstr("g: 3 of 3 in use, 1 needed"));
    s.release(1);
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(4));
}

TEST(limits, a_resource_without_quota_is_unlimited) {
    scheduler s(
        fleet({tenant("a", 1, {{"x", amount{0}}})}, {pool("p", {{"g", amount{9}}, {"x", amount{9}}})}));
    s.add(job(1, "a", 9));
    s.add(job(2, "a", 1, 0, t0, "x"));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1));
}

TEST(limits, jobs_max_of_tenant_and_pool) {
    settings c = fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{9}}})});
    c.tenants[0].jobs_max = amount{1};
    c.pools[0].jobs_max = amount{3};
    scheduler s(c);
    for (std::uint64_t id = 1; id <= 3; ++id) s.add(job(id, "a"));
    for (std::uint64_t id = 4; id <= 7; ++id) s.add(job(id, "b"));
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(1, 4, 5));
    EXPECT_THAT(s.explain(2, t0).tenant_reason, HasSubstr("jobs of tenant a: 1 of 1"));
    EXPECT_THAT(refusal(s, 6, t0), HasSubstr("jobs of the pool: 3 of 3"));
}

TEST(limits, a_demand_needs_one_pool_for_all_of_it) {
    scheduler s(fleet({tenant("a")},
                      {pool("p", {{"g", amount{2}}}), pool("q", {{"g", amount{2}}, {"x", amount{1}}})}));
    pending_job both = job(1, "a", 1);
    both.demand.push_back({"x", 1});
    s.add(both);
    s.add(job(2, "a", 2));
    EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("1@q", "2@p"));
    s.add(job(3, "a", 2));
    EXPECT_TRUE(s.decide(t0, 9).starts.empty()) << "one instance left in q is no room for two";
}

TEST(limits, repeated_lines_of_a_resource_add_up) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{3}}})}));
    pending_job j = job(1, "a", 2);
    j.demand.push_back({"g", 2});
    EXPECT_THAT(s.impossible(j), Optional(HasSubstr("4 needed")));
    s.add(j);
    EXPECT_TRUE(s.decide(t0, 9).starts.empty());
}

TEST(limits, pools_of_tenant_and_job_both_hold) {
    settings c = fleet({tenant("a")}, {pool("p", {{"g", amount{9}}}), pool("q", {{"g", amount{9}}}),
                                       pool("r", {{"g", amount{9}}})});
    c.tenants[0].pools = {"p", "q"};
    scheduler s(c);
    pending_job j = job(1, "a");
    j.pools = {"r", "q"};
    s.add(j);
    EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("1@q"));
    j.pools = {"r"};
    EXPECT_THAT(s.impossible(j), Optional(HasSubstr("none of the pools r")));
}

TEST(limits, restore_counts_over_the_limit_and_nothing_starts_until_it_fits) {
    scheduler s(fleet({tenant("a", 1, {{"g", amount{4}}})}, {pool("p", {{"g", amount{2}}})}));
    s.restore(job(1, "a", 3), "p");
    s.restore(job(2, "a", 3), "p");
    s.check_invariants();
    s.add(job(3, "a"));
    EXPECT_TRUE(s.decide(t0, 9).starts.empty());
    EXPECT_EQ(s.pools()[0].used.at("g").count(), 6);
    s.release(1);
    EXPECT_TRUE(s.decide(t0, 9).starts.empty());
    s.requeue(2);
    EXPECT_THAT(ids(s.decide(t0, 9)), ElementsAre(3));
    s.check_invariants();
}

TEST(limits, jobs_of_an_earlier_configuration_are_counted_and_nothing_else_starts_there) {
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{2}}})}));
    s.restore(job(1, "gone", 1), "p");
    s.restore(job(2, "a", 1), "old");
    s.add(job(3, "gone"));
    EXPECT_TRUE(s.decide(t0, 9).starts.empty());
    EXPECT_THAT(s.explain(3, t0).tenant_reason, HasSubstr("1 of 0 in use"));
    EXPECT_EQ(s.pools()[0].used.at("g").count(), 1);
    EXPECT_EQ(s.pools()[1].jobs.count(), 1);
    s.release(2);
    s.add(job(4, "a"));
    EXPECT_THAT(placed(s.decide(t0, 9)), ElementsAre("4@p"));
    s.check_invariants();
}

TEST(limits, impossible_names_what_is_wrong) {
    settings c =
        fleet({tenant("a", 1, {{"g", amount{5}}}), tenant("off")},
              {pool("p", {{"g", amount{4}}, {"u", amount::unlimited()}}), pool("q", {{"x", amount{1}}})});
    c.tenants[1].jobs_max = amount{0};
    const scheduler s(c);
    EXPECT_EQ(s.impossible(job(1, "a", 4)), std::nullopt);
    EXPECT_EQ(s.impossible(job(1, "a", 1'000'000, 0, t0, "u")), std::nullopt);
    EXPECT_THAT(s.impossible(job(1, "nobody")), Optional(HasSubstr("nobody is not configured")));
    EXPECT_THAT(s.impossible(job(1, "off")), Optional(HasSubstr("may run no job")));
    EXPECT_THAT(s.impossible(job(1, "a", 1, 0, t0, "zz")), Optional(HasSubstr("no pool offers zz")));
    EXPECT_THAT(s.impossible(job(1, "a", 5)), Optional(HasSubstr("p has 4 g, 5 needed")));
    EXPECT_THAT(s.impossible(job(1, "a", 6)), Optional(HasSubstr("quota of tenant a is 5")));
    EXPECT_THAT(s.impossible(job(1, "a", 0)), Optional(HasSubstr("0 instances")));
    EXPECT_THAT(s.impossible(job(1, "a", std::numeric_limits<std::int64_t>::max(), 0, t0, "u")),
                Optional(HasSubstr("ask for 1 to")));
    pending_job split = job(1, "a", 1);
    split.demand.push_back({"x", 1});
    EXPECT_THAT(s.impossible(split), Optional(HasSubstr("q does not offer g")));
}

using limits_death = testing::Test;
TEST(limits_death, misuse_stops_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    scheduler s(fleet({tenant("a")}, {pool("p", {{"g", amount{2}}})}));
    s.add(job(1, "a"));
    EXPECT_DEATH(s.add(job(1, "a")), "added twice");
    EXPECT_DEATH(s.release(1), "has started");
    EXPECT_DEATH(s.requeue(7), "has started");
    EXPECT_DEATH(s.block("nowhere", "g", t0), "not in the fleet");
    EXPECT_DEATH(scheduler(fleet({tenant("a", 0)}, {})), "above 0");
}

}  // namespace
}  // namespace trainyard::policy::test
