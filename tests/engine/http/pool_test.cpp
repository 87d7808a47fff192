#include "engine/http/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr mono_time at(duration d) {
    return mono_time{d};
}
const pool_limits two{2, 4s, 60s};

TEST(pool, opens_up_to_the_limit_and_then_queues) {
    pool p(two);
    const auto a = p.acquire(1, at(0s)), b = p.acquire(2, at(0s));
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(a->open);
    EXPECT_TRUE(b->open);
    EXPECT_NE(a->which, b->which);
    EXPECT_FALSE(p.acquire(3, at(0s)));
    EXPECT_EQ(p.in_use(), 2U);
    EXPECT_EQ(p.waiting(), 1U);
}

TEST(pool, serves_those_who_wait_in_order) {
    pool p(two);
    const auto a = p.acquire(1, at(0s)), b = p.acquire(2, at(0s));
    ASSERT_FALSE(p.acquire(3, at(0s)));
    ASSERT_FALSE(p.acquire(4, at(0s)));
    const auto first = p.give_back(b->which, true, at(1s));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->first, 3U);
    EXPECT_EQ(first->second.which, b->which);
    EXPECT_FALSE(first->second.open);
    const auto second = p.give_back(a->which, true, at(1s));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->first, 4U);
    EXPECT_EQ(p.in_use(), 2U);
}

TEST(pool, a_broken_connection_passes_its_place_on) {
    pool p({1, 4s, 60s});
    const auto a = p.acquire(1, at(0s));
    ASSERT_FALSE(p.acquire(2, at(0s)));
    const auto next = p.give_back(a->which, false, at(1s));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->first, 2U);
    EXPECT_TRUE(next->second.open);
}

TEST(pool, a_broken_connection_without_a_waiter_is_gone) {
    pool p({1, 4s, 60s});
    const auto a = p.acquire(1, at(0s));
    EXPECT_FALSE(p.give_back(a->which, false, at(1s)));
    EXPECT_FALSE(p.holds(a->which));
    EXPECT_EQ(p.in_use() + p.idle(), 0U);
    EXPECT_TRUE(p.acquire(2, at(1s))->open);
}

TEST(pool, who_withdraws_is_not_served) {
    pool p({1, 4s, 60s});
    const auto a = p.acquire(1, at(0s));
    ASSERT_FALSE(p.acquire(2, at(0s)));
    EXPECT_TRUE(p.withdraw(2));
    EXPECT_FALSE(p.withdraw(2));
    EXPECT_FALSE(p.give_back(a->which, true, at(1s)));
    EXPECT_EQ(p.idle(), 1U);
}

TEST(pool, prefers_the_connection_used_last) {
    pool p(two);
    const auto a = p.acquire(1, at(0s)), b = p.acquire(2, at(0s));
    p.give_back(a->which, true, at(1s));
    p.give_back(b->which, true, at(2s));
    const auto again = p.acquire(3, at(3s));
    EXPECT_EQ(again->which, b->which);
    EXPECT_FALSE(again->open);
    EXPECT_EQ(p.next_expiry(), at(5s));
    EXPECT_THAT(p.expire(at(5s) - 1ns), IsEmpty());
    EXPECT_THAT(p.expire(at(5s)), ElementsAre(a->which));
    EXPECT_FALSE(p.holds(a->which));
    EXPECT_EQ(p.next_expiry(), mono_time::max());
}

TEST(pool, an_idle_connection_past_its_time_is_opened_anew) {
    pool p({1, 4s, 60s});
    const auto a = p.acquire(1, at(0s));
    p.give_back(a->which, true, at(1s));
    const auto again = p.acquire(2, at(5s));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->open);
}

TEST(pool, an_old_connection_is_not_kept) {
    pool p({1, 4s, 60s});
    const auto a = p.acquire(1, at(0s));
    p.opened(a->which, at(10s));
    p.give_back(a->which, true, at(69s));
    EXPECT_EQ(p.next_expiry(), at(70s)) << "idleness may not outlast the age";
    const auto b = p.acquire(2, at(69s));
    EXPECT_FALSE(b->open);
    p.give_back(b->which, true, at(70s));
    EXPECT_FALSE(p.holds(b->which));
}

}  // namespace
}  // namespace trainyard::http
