#include "scheduler/dispatcher/budget.hpp"

#include <gtest/gtest.h>

#include "engine/base/rng.hpp"

namespace trainyard::dispatcher {
namespace {

TEST(Budget, AllowsItsRateAndNoMore) {
    mono_time now{};
    budget b{5, now};
    int taken = 0;
    for (int ms = 0; ms < 10'000; ++ms, now += 1ms) taken += b.take(now) ? 1 : 0;
    EXPECT_GE(taken, 50);
    EXPECT_LE(taken, 54) << "a little less than rate times time, plus one second's burst";
}

TEST(Budget, NextIsTheInstantAtWhichACallIsAllowed) {
    mono_time now{};
    budget b{2, now};
    EXPECT_EQ(b.next(now), now);
    EXPECT_EQ(b.available(now), 1);
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
    EXPECT_NEAR(b.rate(), 9.8 * 0.98 * 0.7 * 0.7, 1e-9) << "the first might be an accident";
    EXPECT_FALSE(b.take(now));
    for (int i = 0; i < 100; ++i) b.throttled(now);
    EXPECT_NEAR(b.rate(), 0.5, 1e-9) << "never to nothing: someone has to find out that it is over";
    for (int i = 0; i < 50; ++i) b.succeeded();
    EXPECT_GT(b.rate(), 9.3);
    for (int i = 0; i < 1000; ++i) b.succeeded();
    EXPECT_NEAR(b.rate(), 9.8, 1e-9);
}

// A service that holds one call and gives one a second, at the end of a way that takes 5 to 45 ms.
TEST(Budget, UsesASingleCallASecondAlmostWholeOverAnUnevenWay) {
    rng way{7};
    mono_time now{}, free_again{};
    budget b{1, now};
    int served = 0, refused = 0;
    constexpr int seconds = 1'000;
    while (now < mono_time{} + std::chrono::seconds{seconds}) {
        now = b.next(now);
        ASSERT_TRUE(b.take(now));
        const mono_time arrives = now + std::chrono::milliseconds{way.between(5, 45)};
        const bool ok = arrives >= free_again;
        if (ok) free_again = arrives + 1s;
        ok ? ++served : ++refused;
        ok ? b.succeeded() : b.throttled(now);
    }
    EXPECT_GE(served, seconds * 95 / 100);
    EXPECT_LE(refused, seconds * 2 / 100);
}

// Two who share one limit of ten a second leave each other about half.
TEST(Budget, SharesALimitWithSomebodyElse) {
    mono_time now{};
    budget a{10, now}, b{10, now};
    double tokens = 10;
    int served[2] = {}, refused = 0;
    for (int ms = 0; ms < 200'000; ++ms, now += 1ms) {
        tokens = std::min(10.0, tokens + 0.01);
        for (budget* who : {&a, &b}) {
            if (!who->take(now)) continue;
            const bool ok = tokens >= 1;
            if (ok) tokens -= 1;
            ok ? ++served[who == &a ? 0 : 1] : ++refused;
            ok ? who->succeeded() : who->throttled(now);
        }
    }
    EXPECT_GE(served[0] + served[1], 200 * 10 * 9 / 10);
    EXPECT_GE(std::min(served[0], served[1]), 200 * 10 / 3);
    EXPECT_LE(refused, (served[0] + served[1]) / 5);
}

TEST(Budget, TellsAheadWhatItWillAllow) {
    mono_time now{};
    budget b{1, now};
    while (b.take(now)) {
    }
    EXPECT_EQ(b.available(now, 100ms), 0);
    const mono_time soon = b.next_gain(now, 100ms);
    EXPECT_EQ(b.available(soon - 1ms, 100ms), 0);
    EXPECT_EQ(b.available(soon, 100ms), 1);
    EXPECT_EQ(b.available(soon), 0);
    EXPECT_FALSE(b.take(soon));
    EXPECT_TRUE(b.take(soon + 100ms));
    EXPECT_FALSE(b.is_full(soon + 100ms, 100ms));
    EXPECT_TRUE(b.is_full(soon + 2s, 100ms));
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
