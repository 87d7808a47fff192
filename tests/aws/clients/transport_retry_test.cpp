// The retry machine and the client-side rate limiter.
#include "aws/transport/retry.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "aws/transport/rate_limiter.hpp"

namespace trainyard::aws {
namespace {

class retries : public testing::Test {
protected:
    retry_machine make(int attempts = 3, bool unknown = true, duration within = 1h) {
        return retry_machine{{attempts, unknown, mono_time{} + within}, quota};
    }
    retry_quota quota;
    rng random{3};
};

TEST_F(retries, kinds) {
    const auto repeats = [this](failure kind, bool unknown) {
        auto m = make(3, unknown);
        return m.failed(kind, false, {}, random).again;
    };
    for (const auto kind : {failure::throttled, failure::unreachable}) {
        EXPECT_TRUE(repeats(kind, true)) << to_string(kind);
        EXPECT_TRUE(repeats(kind, false)) << to_string(kind);
    }
    for (const auto kind : {failure::service_fault, failure::effect_unknown}) {
        EXPECT_TRUE(repeats(kind, true)) << to_string(kind);
        EXPECT_FALSE(repeats(kind, false)) << to_string(kind);
    }
    for (const auto kind :
         {failure::quota_exceeded, failure::already_exists, failure::not_found, failure::invalid_request,
          failure::access_denied, failure::bad_credentials, failure::cancelled})
        EXPECT_FALSE(repeats(kind, true)) << to_string(kind);
}

TEST_F(retries, stops_at_attempts_max) {
    auto m = make(3);
    EXPECT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_FALSE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_EQ(m.attempts(), 3);
    auto once = make(1);
    EXPECT_FALSE(once.failed(failure::throttled, false, {}, random).again);
}

TEST_F(retries, back_off_doubles_up_to_its_cap) {
    constexpr int rounds = 200;
    for (const auto& [attempt, ceiling] :
         std::map<int, duration>{{1, 1s}, {2, 2s}, {4, 8s}, {5, 16s}, {6, 20s}, {40, 20s}}) {
        duration longest{};
        for (int i = 0; i < rounds; ++i) {
            retry_quota own;
            retry_machine m{{100, true, mono_time{} + 1h}, own};
            retry_machine::decision d;
            for (int a = 0; a < attempt; ++a) d = m.failed(failure::throttled, false, {}, random);
            ASSERT_TRUE(d.again);
            ASSERT_LE(d.pause, ceiling);
            longest = std::max(longest, d.pause);
        }
        EXPECT_GT(longest, ceiling * 9 / 10) << attempt;
    }
}

TEST_F(retries, never_past_the_deadline) {
    int given_up = 0;
    for (int i = 0; i < 200; ++i) {
        auto m = make(3, true, 500ms);
        const auto d = m.failed(failure::throttled, false, {}, random);
        if (d.again) {
            EXPECT_LT(d.pause, 500ms);
            m.succeeded();
        } else {
            ++given_up;
        }
    }
    EXPECT_GT(given_up, 50);
    EXPECT_LT(given_up, 150);
}

TEST_F(retries, quota_is_spent_refunded_and_capped) {
    auto m = make(1000);
    for (int i = 0; i < 99; ++i) ASSERT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_EQ(quota.tokens(), 5);
    EXPECT_FALSE(m.failed(failure::effect_unknown, true, {}, random).again);  // a timeout costs 10
    EXPECT_TRUE(m.failed(failure::throttled, false, {}, random).again);
    EXPECT_EQ(quota.tokens(), 0);
    EXPECT_FALSE(m.failed(failure::throttled, false, {}, random).again);
    m.succeeded();
    EXPECT_EQ(quota.tokens(), 5);
    auto fresh = make();
    fresh.succeeded();
    EXPECT_EQ(quota.tokens(), 6);
    quota.give(10'000);
    EXPECT_EQ(quota.tokens(), retry_quota::capacity);
}

TEST_F(retries, the_server_may_ask_for_up_to_five_seconds_more) {
    for (int i = 0; i < 200; ++i) {
        retry_quota own;
        rng mine{static_cast<std::uint64_t>(i)}, same{static_cast<std::uint64_t>(i)};
        const auto pause = [&](rng& r, std::optional<duration> wish) {
            retry_machine m{{3, true, mono_time{} + 1h}, own};
            return m.failed(failure::throttled, false, {}, r, wish).pause;
        };
        const auto plain = pause(mine, {});
        EXPECT_EQ(pause(same, 0ms), plain);  // never shorter than the machine's own
        rng again{static_cast<std::uint64_t>(i)};
        EXPECT_EQ(pause(again, plain + 2s), plain + 2s);
        rng far{static_cast<std::uint64_t>(i)};
        EXPECT_EQ(pause(far, 1h), plain + 5s);
    }
    retry_machine m{{3, true, mono_time{} + 4s}, quota};
    EXPECT_FALSE(m.failed(failure::throttled, false, {}, random, 1h).again);  // past the deadline
    EXPECT_EQ(quota.tokens(), retry_quota::capacity);
}

// One sender that asks as often as it may and is told `throttled` by the given rule.
class limiter : public testing::Test {
protected:
    mono_time at(double seconds) const {
        return mono_time{} + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
    }
    // Sends `rate` requests a second from `from` to `until`, without asking.
    void send(double from, double until, double rate, bool throttled) {
        for (double t = from; t < until; t += 1 / rate) l.ended(throttled, at(t));
    }
    rate_limiter l{mono_time{} + 100s};
};

TEST_F(limiter, does_nothing_before_the_first_throttle) {
    send(100, 160, 1000, false);
    EXPECT_FALSE(l.enabled());
    EXPECT_EQ(l.wait(at(160)), duration{});
}

TEST_F(limiter, a_throttle_cuts_to_seventy_percent_of_the_measured_rate) {
    send(100, 110, 20, false);
    l.ended(true, at(110.0));
    EXPECT_TRUE(l.enabled());
    EXPECT_NEAR(l.rate(), 0.7 * 20, 0.5);
}

TEST_F(limiter, the_measured_rate_is_smoothed) {
    send(100, 110, 10, false);
    send(110, 110.5, 100, false);
    l.ended(true, at(110.5));
    EXPECT_NEAR(l.rate(), 0.7 * (0.8 * 100 + 0.2 * 10), 2);
}

// C (t - K)^3 + w_max with C = 0.4 and K = cbrt(0.3 w_max / 0.4): back at w_max after K seconds, slow around
// it.
TEST_F(limiter, the_rate_grows_back_along_the_cubic) {
    send(100, 110, 20, false);
    l.ended(true, at(110.0));
    const double w_max = l.rate() / 0.7, k = std::cbrt(w_max * 0.3 / 0.4);
    for (double t = 110.05; t < 110 + 2 * k; t += 0.05) {
        l.ended(false, at(t));
        const double since = t - 110 - k;
        ASSERT_NEAR(l.rate(), std::min(0.4 * since * since * since + w_max, 2 * 20.0), 1.5) << t;
    }
    EXPECT_GT(l.rate(), w_max);
}

TEST_F(limiter, waits_for_the_token_and_no_longer) {
    send(100, 110, 10, false);
    l.ended(true, at(110.0));
    double t = 110;
    while (l.wait(at(t)) == duration{}) l.take(at(t));  // what was saved up
    const double first = t;
    int sent = 0;
    for (; sent < 50; ++sent) {
        t += std::chrono::duration<double>(l.wait(at(t))).count();
        ASSERT_EQ(l.wait(at(t)), duration{}) << sent;
        l.take(at(t));
        ASSERT_GT(l.wait(at(t)), duration{}) << sent;
    }
    EXPECT_NEAR(sent / (t - first), l.rate(), 0.2);
}

TEST_F(limiter, never_below_one_request_in_two_seconds_and_no_burst_after_a_rest) {
    send(100, 101, 5, true);
    send(101, 400, 0.5, true);
    EXPECT_DOUBLE_EQ(l.rate(), 0.5);
    EXPECT_LE(l.wait(at(400)), 2s + 1ms);
    int burst = 0;
    while (l.wait(at(4000)) == duration{} && burst < 100) {
        l.take(at(4000));
        ++burst;
    }
    EXPECT_EQ(burst, 1);
}

TEST_F(limiter, an_idle_client_resumes_at_twice_what_was_measured) {
    send(100, 110, 40, false);
    l.ended(true, at(110));
    l.ended(false, at(200));  // the cubic alone would allow hundreds of thousands a second
    EXPECT_LT(l.rate(), 2 * 40 + 1);
}

}  // namespace
}  // namespace trainyard::aws
