// A pool whose limit is lower than the file says: starts go on up to what AWS takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// SageMaker with a limit of its own, which answers a moment after each start, and jobs that run ten minutes.
struct hidden : testing::Test {
    static constexpr int filed = 90, jobs = 4'000;

    hidden() {
        for (std::uint64_t id = 1; id <= jobs; ++id) s.add(job(id, "a"));
    }
    // One second: what has ended goes, what may start is asked for, and is taken while there is room.
    void second() {
        now += 1s;
        while (!running.empty() && running.begin()->first <= now) {
            s.release(running.begin()->second);
            running.erase(running.begin());
        }
        // Create is called once a second.
        s.set_start_budget("p", 1);
        for (const start& x : s.decide(now, 1).starts) {
            if (static_cast<int>(running.size()) < limit) {
                running.emplace(now + 10min, x.job);
                s.accept("p", "g", x.job);
            } else {
                ++refused;
                s.refuse("p", "g", 1, now + 1min);
                s.requeue(x.job);
            }
        }
        s.check_invariants();
        used += static_cast<double>(running.size());
        could += limit;
    }
    void pass(duration d) {
        used = could = 0;
        refused = 0;
        for (const wall_time until = now + d; now < until;) second();
    }

    scheduler s{fleet({tenant("a")}, {pool("p", {{"g", amount{filed}}})})};
    wall_time now = t0;
    std::multimap<wall_time, std::uint64_t> running;
    int limit = 34, refused = 0;
    double used = 0, could = 0;
};

TEST_F(hidden, is_used_in_full_and_asked_once_a_minute) {
    pass(5min);
    EXPECT_EQ(running.size(), 34U);
    pass(1h);
    EXPECT_LE(refused, 60);
    EXPECT_GE(refused, 30) << "nobody would see that it was raised";
    EXPECT_GE(used / could, 0.98);
}

TEST_F(hidden, is_found_again_when_it_is_raised) {
    pass(15min);
    limit = 60;
    pass(5min);
    EXPECT_EQ(running.size(), 60U);
    limit = filed;
    pass(5min);
    EXPECT_EQ(running.size(), 90U);
    pass(30min);
    EXPECT_EQ(refused, 0) << "nothing is learned any more";
}

TEST_F(hidden, is_learned_anew_when_it_is_lowered) {
    pass(15min);
    limit = 10;
    pass(20min);
    EXPECT_EQ(running.size(), 10U);
    EXPECT_LE(refused, 34 - 10 + 20) << "one for each that ends above it, and one a minute";
}

TEST_F(hidden, of_many_starts_under_way_is_what_was_accepted) {
    const auto d = s.decide(now, 90);
    ASSERT_EQ(d.starts.size(), 90U);
    for (std::size_t i = 0; i < 34; ++i) s.accept("p", "g", d.starts[i].job);
    for (std::size_t i = 34; i < 90; ++i) {
        s.refuse("p", "g", 1, now + 1min);
        s.requeue(d.starts[i].job);
    }
    EXPECT_TRUE(s.decide(now, 90).starts.empty());
    EXPECT_EQ(s.pools().front().learned.at("g"), amount{34});
    EXPECT_EQ(s.pools().front().sources.at("g"), limit_source::learned);
    s.release(d.starts[0].job);
    EXPECT_EQ(s.decide(now, 90).starts.size(), 1U) << "up to what was learned nothing waits";
    s.check_invariants();
}

// A job has ended, and that is seen only after a probe took its room.
TEST_F(hidden, a_probe_that_takes_the_room_of_an_unseen_end_teaches_nothing) {
    const auto d = s.decide(now, 35);
    for (std::size_t i = 0; i < 34; ++i) s.accept("p", "g", d.starts[i].job);
    s.refuse("p", "g", 1, now + 1min);
    s.requeue(d.starts[34].job);
    const auto probe = s.decide(now + 1min, 90);
    ASSERT_EQ(probe.starts.size(), 1U);
    s.accept("p", "g", probe.starts[0].job);
    const auto next = s.decide(now + 1min, 90);
    ASSERT_EQ(next.starts.size(), 1U) << "the limit might have been raised";
    s.refuse("p", "g", 1, now + 2min);
    s.requeue(next.starts[0].job);
    s.release(d.starts[0].job);  // seen now
    EXPECT_TRUE(s.decide(now + 90s, 90).starts.empty()) << "34 run, and a refusal a minute is enough";
    EXPECT_EQ(s.pools().front().learned.at("g"), amount{34});
    s.check_invariants();
}

TEST_F(hidden, is_told) {
    const auto d = s.decide(now, 2);
    s.accept("p", "g", d.starts[0].job);
    s.refuse("p", "g", 1, now + 1min);
    s.requeue(d.starts[1].job);
    EXPECT_THAT(refusal(s, d.starts[1].job, now), HasSubstr("AWS refused more than 1"));
}

TEST_F(hidden, is_never_more_than_aws_says) {
    const auto d = s.decide(
        now, 3);  // one has ended, but we do not know yet: three are in use by our count, two by AWS's
    s.refuse("p", "g", 1, now + 1min, amount{1});
    EXPECT_EQ(s.pools().front().learned.at("g"), amount{1});
    s.requeue(d.starts[2].job);
    s.release(d.starts[0].job);
    EXPECT_TRUE(s.decide(now + 1s, 90).starts.empty()) << "one is in use, and one is the limit";
    s.release(d.starts[1].job);
    EXPECT_EQ(s.decide(now + 2s, 90).starts.size(), 1U);
}

TEST_F(hidden, does_not_open_what_a_refused_access_closed) {
    const auto d = s.decide(now, 3);
    s.refuse("p", "g", 1, now + 1min);
    s.requeue(d.starts[2].job);
    s.block("p", "g", now + 1h);
    s.release(d.starts[0].job);
    EXPECT_TRUE(s.decide(now + 2min, 90).starts.empty());
    EXPECT_TRUE(s.pools().front().learned.empty());
    EXPECT_EQ(s.pools().front().sources.at("g"), limit_source::file);
}

}  // namespace
}  // namespace trainyard::policy::test
