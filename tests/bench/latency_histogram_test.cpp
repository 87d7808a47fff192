#include "bench/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/rng.hpp"

namespace trainyard::bench {
namespace {

constexpr double quantiles[] = {0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

std::int64_t exact(const std::vector<std::int64_t>& sorted, double q) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

TEST(latency_histogram, is_within_its_relative_error_over_the_whole_range) {
    rng random{7};
    for (const double decades : {1.0, 4.0, 12.0}) {
        latency_histogram h;
        std::vector<std::int64_t> all;
        for (int i = 0; i < 50'000; ++i) {
            all.push_back(static_cast<std::int64_t>(std::pow(10.0, random.unit() * decades)));
            h.record(all.back());
        }
        std::sort(all.begin(), all.end());
        for (const double q : quantiles) {
            const auto want = static_cast<double>(exact(all, q));
            EXPECT_NEAR(static_cast<double>(h.value_at(q)), want, want * latency_histogram::relative_error)
                << "q " << q << " over " << decades << " decades";
        }
        EXPECT_EQ(h.smallest(), all.front());
        EXPECT_EQ(h.largest(), all.back());
        EXPECT_EQ(h.count(), all.size());
    }
}

// Every boundary between buckets, from both sides.
TEST(latency_histogram, keeps_the_error_at_powers_of_two) {
    for (int bit = 0; bit < 42; ++bit)
        for (const std::int64_t off : {-1, 0, 1}) {
            const std::int64_t v = (std::int64_t{1} << bit) + off;
            if (v < 0 || v > latency_histogram::longest) continue;
            latency_histogram h;
            h.record(v);
            h.record(latency_histogram::longest);
            h.record(0);
            const auto got = static_cast<double>(h.value_at(0.5));
            EXPECT_NEAR(got, static_cast<double>(v),
                        static_cast<double>(v) * latency_histogram::relative_error)
                << v;
        }
}

TEST(latency_histogram, is_exact_below_twice_its_steps) {
    latency_histogram h;
    for (std::int64_t v = 0; v < 2 * latency_histogram::steps; ++v) h.record(v);
    for (std::int64_t v = 0; v < 2 * latency_histogram::steps; ++v)
        EXPECT_EQ(h.value_at(static_cast<double>(v + 1) / static_cast<double>(2 * latency_histogram::steps)),
                  v);
}

TEST(latency_histogram, clips_what_is_out_of_range_and_says_so) {
    latency_histogram h;
    h.record(-5);
    h.record(latency_histogram::longest + 1, 2);
    h.record(1, 0);
    EXPECT_EQ(h.count(), 3U);
    EXPECT_EQ(h.clipped(), 2U);
    EXPECT_EQ(h.smallest(), 0);
    EXPECT_EQ(h.largest(), latency_histogram::longest);
    EXPECT_NEAR(static_cast<double>(h.value_at(1)), static_cast<double>(latency_histogram::longest),
                static_cast<double>(latency_histogram::longest) * latency_histogram::relative_error);
}

TEST(latency_histogram, of_nothing_is_zero) {
    const latency_histogram h;
    EXPECT_EQ(h.value_at(0.5), 0);
    EXPECT_EQ(h.mean(), 0);
    EXPECT_EQ(h.smallest(), 0);
    EXPECT_EQ(h.corrected(10).count(), 0U);
}

TEST(latency_histogram, merged_is_the_histogram_of_all) {
    rng random{3};
    latency_histogram one, two, both;
    for (int i = 0; i < 10'000; ++i) {
        const auto v = static_cast<std::int64_t>(random.below(5'000'000'000));
        (i % 3 == 0 ? one : two).record(v);
        both.record(v);
    }
    one.merge(two);
    for (const double q : quantiles) EXPECT_EQ(one.value_at(q), both.value_at(q));
    EXPECT_EQ(one.count(), both.count());
    EXPECT_EQ(one.smallest(), both.smallest());
    EXPECT_EQ(one.mean(), both.mean());
    latency_histogram empty;
    empty.merge(both);
    both.merge(latency_histogram{});
    EXPECT_EQ(empty.smallest(), both.smallest());
}

// Tene's example: 100 s of a request a second apart and 1 ms each would be 100,000 good ones; then the system
// stands still for 100 s, of which a closed loop sees one bad request. The truth is that half of the time the
// wait is up to 100 s.
TEST(latency_histogram, corrected_sees_a_stall_as_often_as_it_would_have_been_met) {
    constexpr std::int64_t ms = 1'000'000, interval = 10 * ms, stall = 100'000 * ms;
    latency_histogram naive;
    naive.record(ms, 10'000);
    naive.record(stall);
    EXPECT_LT(naive.value_at(0.99), 2 * ms) << "the uncorrected histogram does not see the stall";
    const auto h = naive.corrected(interval);
    // 10,000 good ones, and 10,000 starts within the stall, whose length is known to the relative error.
    EXPECT_NEAR(static_cast<double>(h.count()), 20'000, 10'000 * latency_histogram::relative_error);
    const auto near = [&h](double q, double want) {
        EXPECT_NEAR(static_cast<double>(h.value_at(q)), want, want * 2 * latency_histogram::relative_error)
            << q;
    };
    near(0.49, ms);
    near(0.75, 50'000.0 * ms);
    near(0.99, 98'000.0 * ms);
    near(1.0, 100'000.0 * ms);
    EXPECT_NEAR(h.mean(), 0.5 * ms + 0.5 * 50'005.0 * ms, 0.01 * 25'000.0 * ms);
}

TEST(latency_histogram, corrected_leaves_alone_what_is_within_the_interval) {
    latency_histogram h;
    h.record(900, 5);
    h.record(1'999, 5);
    const auto at_1000 = h.corrected(1'000);
    EXPECT_EQ(at_1000.count(), 10U);  // 999 is less than an interval
    EXPECT_EQ(h.corrected(0).count(), 10U);
    EXPECT_EQ(h.corrected(-1).count(), 10U);
    EXPECT_GT(h.corrected(500).count(), 10U);
}

}  // namespace
}  // namespace trainyard::bench
