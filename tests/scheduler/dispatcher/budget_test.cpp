#include "scheduler/dispatcher/budget.hpp"

#include <gtest/gtest.h>

namespace trainyard::dispatcher {
namespace {

TEST(Budget, AllowsItsRateAndNoMore) {
    mono_time now{};
    budget b{5, now};
    int taken = 0;
    for (int ms = 0; ms < 10'000; ++ms, now += 1ms) taken += b.take(now) ? 1 : 0;
    EXPECT_GE(taken, 50);
    EXPECT_LE(taken, 55) << "rate times time plus one second's burst";
}

TEST(Budget, NextIsTheInstantAtWhichACallIsAllowed) {
    mono_time now{};
    budget b{2, now};
    EXPECT_EQ(b.next(now), now);
    while (b.take(now)) {
    }
    const mono_time next = b.next(now);
    EXPECT_FALSE(b.take(next - 2ms));
    EXPECT_TRUE(b.take(next));
}

TEST(Budget, AThrottleLowersTheRateAndSuccessesRaiseItAgain) {
    mono_time now{};
    budget b{10, now};
    for (int i = 0; i < 3; ++i) b.throttled(now);
    EXPECT_NEAR(b.rate(), 10 * 0.7 * 0.7 * 0.7, 1e-9);
    EXPECT_FALSE(b.take(now));
    for (int i = 0; i < 100; ++i) b.throttled(now);
    EXPECT_NEAR(b.rate(), 0.5, 1e-9) << "never to nothing: someone has to find out that it is over";
    for (int i = 0; i < 1000; ++i) b.succeeded();
    EXPECT_NEAR(b.rate(), 10, 1e-9);
}

TEST(Budget, ARateBelowOneASecondStillAllowsSingleCalls) {
    mono_time now{};
    budget b{0.1, now};
    EXPECT_TRUE(b.take(now));
    EXPECT_FALSE(b.take(now + 9s));
    EXPECT_TRUE(b.take(now + 11s));
}

}  // namespace
}  // namespace trainyard::dispatcher
