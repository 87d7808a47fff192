// Limits that are not in the configuration and come to be known, rise and fall while jobs run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

pool_config discovering(std::string name, std::map<std::string, amount> limits = {}) {
    pool_config p = pool(std::move(name), std::move(limits));
    p.discovers = true;
    return p;
}

struct discovered : testing::Test {
    discovered() {
        for (std::uint64_t id = 1; id <= 10; ++id) s.add(job(id, "a"));
    }
    std::size_t starts(wall_time at = t0) {
        const decision d = s.decide(at, 100);
        for (const start& x : d.starts) {
            s.accept("p", "g", x.job);
            running.push_back(x.job);
        }
        s.check_invariants();
        return d.starts.size();
    }
    void end_one() {
        s.release(running.back());
        running.pop_back();
        s.check_invariants();
    }
    scheduler s{fleet({tenant("a")}, {discovering("p", {{"filed", amount{2}}})})};
    std::vector<std::uint64_t> running;
};

TEST_F(discovered, nothing_starts_until_the_limit_is_known_and_no_job_is_impossible) {
    EXPECT_FALSE(s.impossible(job(20, "a", 50, 0, t0, "g")));
    EXPECT_FALSE(s.impossible(job(20, "a", 1, 0, t0, "never heard of")));
    EXPECT_EQ(starts(), 0U);
    s.set_limit("p", "g", amount{3});
    EXPECT_EQ(starts(), 3U);
    EXPECT_EQ(s.pools().front().limits.at("g"), amount{3});
    EXPECT_EQ(s.pools().front().sources.at("g"), limit_source::discovered);
}

TEST_F(discovered, what_the_file_says_stays) {
    s.set_limit("p", "filed", amount{7});
    EXPECT_EQ(s.pools().front().limits.at("filed"), amount{2});
    EXPECT_EQ(s.pools().front().sources.at("filed"), limit_source::file);
    EXPECT_TRUE(s.impossible(job(20, "a", 3, 0, t0, "filed")));
}

TEST_F(discovered, a_raised_limit_starts_what_waits) {
    s.set_limit("p", "g", amount{3});
    ASSERT_EQ(starts(), 3U);
    ASSERT_EQ(starts(), 0U);
    s.set_limit("p", "g", amount{5});
    EXPECT_EQ(starts(), 2U);
    s.set_limit("p", "g", amount::unlimited());
    EXPECT_EQ(starts(), 5U);
}

TEST_F(discovered, a_lowered_limit_stops_no_job_and_starts_none_until_there_is_room) {
    s.set_limit("p", "g", amount{5});
    ASSERT_EQ(starts(), 5U);
    s.set_limit("p", "g", amount{3});
    EXPECT_EQ(starts(), 0U);
    end_one();
    end_one();
    EXPECT_EQ(starts(), 0U) << "three run, three are allowed";
    end_one();
    EXPECT_EQ(starts(), 1U);
}

TEST_F(discovered, learns_below_what_was_discovered) {
    s.set_limit("p", "g", amount{5});
    const decision d = s.decide(t0, 100);
    ASSERT_EQ(d.starts.size(), 5U);
    s.accept("p", "g", d.starts[0].job);
    s.accept("p", "g", d.starts[1].job);
    for (std::size_t i = 2; i < 5; ++i) {
        s.refuse("p", "g", 1, t0 + 1min);
        s.requeue(d.starts[i].job);
    }
    EXPECT_EQ(s.pools().front().sources.at("g"), limit_source::learned);
    EXPECT_EQ(s.pools().front().learned.at("g"), amount{2});
    EXPECT_EQ(starts(), 0U);
    s.set_limit("p", "g", amount{1});
    EXPECT_EQ(s.pools().front().sources.at("g"), limit_source::discovered) << "the lower one decides";
}

TEST_F(discovered, explains_what_a_job_waits_for) {
    EXPECT_THAT(s.explain(1, t0).pool_reasons.front().second, HasSubstr("0 of 0 in use, 1 needed"));
}

TEST_F(discovered, a_job_above_the_limit_holds_nobody_up_under_easy) {
    settings c = fleet({tenant("a")}, {discovering("p")});
    c.backfill = backfill::easy;
    scheduler t{c};
    t.set_limit("p", "g", amount{4});
    t.add(job(1, "a", 9));
    t.add(job(2, "a", 4));
    EXPECT_EQ(ids(t.decide(t0, 10)), std::vector<std::uint64_t>{2});
    t.release(2);
    t.set_limit("p", "g", amount{9});
    EXPECT_EQ(ids(t.decide(t0, 10)), std::vector<std::uint64_t>{1});
    t.check_invariants();
}

TEST_F(discovered, a_pool_that_does_not_discover_has_what_its_file_says) {
    scheduler t{fleet({tenant("a")}, {discovering("p"), pool("q", {{"g", amount{1}}})})};
    pending_job only_q = job(1, "a", 1, 0, t0, "h");
    only_q.pools = {"q"};
    EXPECT_TRUE(t.impossible(only_q));
    t.set_limit("q", "g", amount{9});
    EXPECT_EQ(t.pools()[1].limits.at("g"), amount{1});
}

}  // namespace
}  // namespace trainyard::policy::test
