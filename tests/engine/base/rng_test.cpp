#include "engine/base/rng.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace trainyard {
namespace {

// The check values of the reference implementation (pcg32-demo, seed 42, stream 54). Recorded runs replay
// only while this holds.
TEST(rng, is_pcg32) {
    rng r{42, 54};
    std::vector<std::uint32_t> got;
    for (int i = 0; i < 6; ++i) got.push_back(r.next_u32());
    EXPECT_THAT(got, ::testing::ElementsAre(0xa15c02b7U, 0x7b47f409U, 0xba1d3330U, 0x83d2f293U, 0xbfa4784bU,
                                            0xcbed606eU));
}

TEST(rng, split_depends_on_name_and_parent_alone) {
    const rng parent{7};
    rng a = parent.split("a"), again = parent.split("a"), b = parent.split("b"), other = rng{8}.split("a");
    const auto first = a.next_u64();
    EXPECT_EQ(again.next_u64(), first);
    EXPECT_NE(b.next_u64(), first);
    EXPECT_NE(other.next_u64(), first);
}

TEST(rng, below_stays_below_and_reaches_all) {
    rng r{3};
    for (const std::uint64_t bound : {1ULL, 2ULL, 3ULL, 10ULL, (1ULL << 63) + 1, ~0ULL})
        for (int i = 0; i < 1000; ++i) ASSERT_LT(r.below(bound), bound);
    std::array<int, 10> hits{};
    for (int i = 0; i < 10'000; ++i) ++hits.at(r.below(10));
    // 1000 expected each, standard deviation 30: six of them.
    for (const int h : hits) EXPECT_NEAR(h, 1000, 180);
}

TEST(rng, between_holds_both_ends) {
    rng r{4};
    bool low = false, high = false;
    for (int i = 0; i < 1000; ++i) {
        const auto v = r.between(-2, 2);
        ASSERT_GE(v, -2);
        ASSERT_LE(v, 2);
        low |= v == -2;
        high |= v == 2;
    }
    EXPECT_TRUE(low && high);
    EXPECT_EQ(r.between(5, 5), 5);
}

TEST(rng, between_holds_the_widest_ranges) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min(),
                   most = std::numeric_limits<std::int64_t>::max();
    rng r{6};
    bool negative = false, positive = false;
    for (int i = 0; i < 100; ++i) {
        const auto v = r.between(least, most);
        negative |= v < 0;
        positive |= v > 0;
        ASSERT_LE(r.between(least, 0), 0);
    }
    EXPECT_TRUE(negative && positive);
}

TEST(rng, unit_and_chance) {
    rng r{5};
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double u = r.unit();
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
    }
    EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
    for (int i = 0; i < 100; ++i) {
        ASSERT_FALSE(r.chance(0.0));
        ASSERT_TRUE(r.chance(1.0));
    }
}

TEST(rng, entropy_differs) {
    EXPECT_NE(entropy_seed(), entropy_seed());
}

}  // namespace
}  // namespace trainyard
