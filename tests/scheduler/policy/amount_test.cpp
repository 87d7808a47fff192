#include "scheduler/policy/amount.hpp"

#include <gtest/gtest.h>

#include "scheduler/policy/share.hpp"

namespace trainyard::policy {
namespace {

constexpr std::int64_t top = std::numeric_limits<std::int64_t>::max();

TEST(amount, never_goes_below_zero) {
    EXPECT_EQ(amount{-5}.count(), 0);
    EXPECT_EQ((amount{3} - amount{5}).count(), 0);
    EXPECT_EQ((amount{5} - amount{3}).count(), 2);
    EXPECT_EQ((amount{3} - amount::unlimited()).count(), 0);
}

TEST(amount, saturates_at_unlimited) {
    EXPECT_TRUE((amount{top - 1} + amount{1}).is_unlimited());
    EXPECT_TRUE((amount{top - 1} + amount{2}).is_unlimited());
    EXPECT_FALSE((amount{top - 2} + amount{1}).is_unlimited());
    EXPECT_TRUE((amount::unlimited() + amount::unlimited()).is_unlimited());
    EXPECT_TRUE((amount::unlimited() - amount{7}).is_unlimited());
    EXPECT_LT(amount{top - 1}, amount::unlimited());
}

TEST(share, compares_exactly_where_doubles_round) {
    // 1/3 against 333...3/10^12: nearer than a float's resolution, still ordered.
    EXPECT_GT((share{amount{1}, amount{3}, weight_unit}),
              (share{amount{333'333'333'333}, amount{1'000'000'000'000}, weight_unit}));
    EXPECT_EQ((share{amount{2}, amount{6}, weight_unit}), (share{amount{1}, amount{3}, weight_unit}));
    EXPECT_EQ((share{amount{2}, amount{8}, 2 * weight_unit}), (share{amount{1}, amount{8}, weight_unit}));
    EXPECT_LT((share{amount{1}, amount{8}, 2 * weight_unit}), (share{amount{1}, amount{8}, weight_unit}));
}

TEST(share, does_not_overflow_at_its_limits) {
    const share most{amount::unlimited(), amount{0}, 1};
    const share least{amount{1}, amount::unlimited(), scaled_weight(1e300)};
    EXPECT_GT(most, least);
    EXPECT_LT(least, most);
    EXPECT_EQ(most, most);
}

TEST(share, keeps_weights_in_millionths) {
    EXPECT_EQ(scaled_weight(1.0), 1'000'000);
    EXPECT_EQ(scaled_weight(0.1), 100'000);
    EXPECT_EQ(scaled_weight(1e-12), 1);
    EXPECT_EQ(scaled_weight(1e9), 1'000'000'000'000);
}

}  // namespace
}  // namespace trainyard::policy
