#include "engine/http/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/rng.hpp"

namespace trainyard::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr mono_time at(duration d) {
    return mono_time{d};
}
constexpr lane any = lane::control;
const pool_limits two{2, 6, 1, 4s, 60s}, one{1, 3, 1, 4s, 60s};

TEST(pool, opens_up_to_the_limit_and_then_queues) {
    pool p(two);
    const auto a = p.acquire(any, 1, at(0s)), b = p.acquire(any, 2, at(0s));
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(a->open);
    EXPECT_TRUE(b->open);
    EXPECT_NE(a->which, b->which);
    EXPECT_FALSE(p.acquire(any, 3, at(0s)));
    EXPECT_EQ(p.in_use(), 2U);
    EXPECT_EQ(p.waiting(), 1U);
}

TEST(pool, serves_those_who_wait_in_order) {
    pool p(two);
    const auto a = p.acquire(any, 1, at(0s)), b = p.acquire(any, 2, at(0s));
    ASSERT_FALSE(p.acquire(any, 3, at(0s)));
    ASSERT_FALSE(p.acquire(any, 4, at(0s)));
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
    pool p(one);
    const auto a = p.acquire(any, 1, at(0s));
    ASSERT_FALSE(p.acquire(any, 2, at(0s)));
    const auto next = p.give_back(a->which, false, at(1s));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->first, 2U);
    EXPECT_TRUE(next->second.open);
}

TEST(pool, a_broken_connection_without_a_waiter_is_gone) {
    pool p(one);
    const auto a = p.acquire(any, 1, at(0s));
    EXPECT_FALSE(p.give_back(a->which, false, at(1s)));
    EXPECT_FALSE(p.holds(a->which));
    EXPECT_EQ(p.in_use() + p.idle(), 0U);
    EXPECT_TRUE(p.acquire(any, 2, at(1s))->open);
}

TEST(pool, who_withdraws_is_not_served) {
    pool p(one);
    const auto a = p.acquire(any, 1, at(0s));
    ASSERT_FALSE(p.acquire(any, 2, at(0s)));
    EXPECT_TRUE(p.withdraw(2));
    EXPECT_FALSE(p.withdraw(2));
    EXPECT_FALSE(p.give_back(a->which, true, at(1s)));
    EXPECT_EQ(p.idle(), 1U);
}

TEST(pool, prefers_the_connection_used_last) {
    pool p(two);
    const auto a = p.acquire(any, 1, at(0s)), b = p.acquire(any, 2, at(0s));
    p.give_back(a->which, true, at(1s));
    p.give_back(b->which, true, at(2s));
    const auto again = p.acquire(any, 3, at(3s));
    EXPECT_EQ(again->which, b->which);
    EXPECT_FALSE(again->open);
    EXPECT_EQ(p.next_expiry(), at(5s));
    EXPECT_THAT(p.expire(at(5s) - 1ns), IsEmpty());
    EXPECT_THAT(p.expire(at(5s)), ElementsAre(a->which));
    EXPECT_FALSE(p.holds(a->which));
    EXPECT_EQ(p.next_expiry(), mono_time::max());
}

TEST(pool, an_idle_connection_past_its_time_is_opened_anew) {
    pool p(one);
    const auto a = p.acquire(any, 1, at(0s));
    p.give_back(a->which, true, at(1s));
    const auto again = p.acquire(any, 2, at(5s));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->open);
}

TEST(pool, an_old_connection_is_neither_kept_nor_used_again) {
    pool p(one);
    const auto a = p.acquire(any, 1, at(0s));
    p.opened(a->which, at(10s));
    p.give_back(a->which, true, at(69s));
    const auto b = p.acquire(any, 2, at(70s) - 1ns);
    EXPECT_FALSE(b->open);
    p.give_back(b->which, true, at(70s) - 1ns);
    EXPECT_TRUE(p.acquire(any, 3, at(70s))->open) << "it aged while idle";
    p.opened(b->which, at(70s));
    p.give_back(b->which, true, at(130s));
    EXPECT_FALSE(p.holds(b->which)) << "it aged in use";
}

TEST(pool, an_idle_connection_serves_any_lane) {
    pool p(one);
    const auto a = p.acquire(lane::poll, 1, at(0s));
    p.give_back(a->which, true, at(1s));
    const auto b = p.acquire(lane::ack, 2, at(2s));
    EXPECT_EQ(b->which, a->which);
    EXPECT_FALSE(b->open);
    EXPECT_EQ(p.in_use(lane::ack), 1U);
    EXPECT_EQ(p.in_use(lane::poll), 0U);
}

TEST(pool, no_lane_takes_what_is_reserved_for_another) {
    pool p({100, 10, 3, 4s, 60s});
    std::size_t got = 0;
    for (pool::ticket t = 0; t < 50; ++t) got += p.acquire(lane::poll, t, at(0s)) ? 1 : 0;
    EXPECT_EQ(got, 4U) << "ten, less three for each of the two others";
    for (pool::ticket t = 100; t < 103; ++t) {
        EXPECT_TRUE(p.acquire(lane::ack, t, at(0s)));
        EXPECT_TRUE(p.acquire(lane::control, t + 10, at(0s)));
    }
    EXPECT_EQ(p.in_use(), 10U);
    EXPECT_FALSE(p.acquire(lane::ack, 200, at(0s)));
}

TEST(pool, a_place_inside_a_reserve_goes_to_its_own_lane) {
    pool p({100, 6, 2, 4s, 60s});
    const auto a = p.acquire(lane::ack, 1, at(0s));
    ASSERT_TRUE(a && p.acquire(lane::ack, 2, at(0s)));
    for (pool::ticket t = 10; t < 13; ++t) p.acquire(lane::poll, t, at(0s));  // the third waits
    ASSERT_FALSE(p.acquire(lane::ack, 3, at(0s)));
    ASSERT_EQ(p.waiting(), 2U);
    const auto next = p.give_back(a->which, true, at(1s));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->first, 3U) << "the poll waits longer, but this place is not for it";
}

TEST(pool, limits_that_contradict_each_other_leave_a_place_for_each_lane) {
    pool p({0, 0, 100, 4s, 60s});
    for (const lane l : {lane::poll, lane::ack, lane::control}) {
        EXPECT_TRUE(p.acquire(l, static_cast<pool::ticket>(l), at(0s)));
        EXPECT_FALSE(p.acquire(l, 10 + static_cast<pool::ticket>(l), at(0s)));
    }
}

// The same rules in the plainest words, quadratic and without any of the pool's structures.
struct model {
    struct slot_state {
        bool used = false;
        lane by{};
        mono_time opened{}, since{};
    };
    pool_limits limits;
    std::map<pool::slot, slot_state> slots;
    std::vector<pool::slot> idle;                       // the last is the most recently used
    std::vector<std::pair<lane, pool::ticket>> line{};  // in order of arrival

    std::size_t used(lane l) const {
        return static_cast<std::size_t>(std::count_if(
            slots.begin(), slots.end(), [l](const auto& s) { return s.second.used && s.second.by == l; }));
    }
    bool may(lane l) const {
        std::size_t committed = 0;
        for (const lane each : {lane::control, lane::ack, lane::poll})
            committed += std::max(used(each), limits.lane_reserve);
        return used(l) < limits.lane_max && (used(l) < limits.lane_reserve || committed < limits.total_max);
    }
    // Checks a grant that the pool made to a lane, and follows it.
    void granted(lane l, pool::grant g, mono_time now) {
        EXPECT_TRUE(may(l));
        if (idle.empty()) {
            EXPECT_TRUE(g.open);
            EXPECT_EQ(slots.count(g.which), 0U);
            slots[g.which] = {true, l, now, {}};
        } else {
            ASSERT_EQ(g.which, idle.back());
            idle.pop_back();
            slot_state& s = slots[g.which];
            const bool fresh = now < s.since + limits.idle_max && now < s.opened + limits.age_max;
            EXPECT_EQ(g.open, !fresh);
            if (g.open) s.opened = now;
            s.used = true;
            s.by = l;
        }
        EXPECT_LE(slots.size(), limits.total_max);
    }
};

struct random_use {
    pool_limits limits;
    pool p{limits};
    model m{limits, {}, {}, {}};
    mono_time now{};
    pool::ticket next_ticket = 1;

    void acquire(lane l) {
        const pool::ticket me = next_ticket++;
        const bool at_once = m.may(l);
        const auto got = p.acquire(l, me, now);
        ASSERT_EQ(got.has_value(), at_once);
        if (got)
            m.granted(l, *got, now);
        else
            m.line.emplace_back(l, me);
    }
    void give_back(rng& r) {
        std::vector<pool::slot> used;
        for (const auto& [which, s] : m.slots)
            if (s.used) used.push_back(which);
        if (used.empty()) return;
        const pool::slot which = used[r.below(used.size())];
        const bool reusable = !r.chance(0.2);
        if (reusable && now < m.slots[which].opened + limits.age_max) {
            m.slots[which].used = false;
            m.slots[which].since = now;
            m.idle.push_back(which);
        } else {
            m.slots.erase(which);
        }
        const auto next = p.give_back(which, reusable, now);
        const auto first =
            std::find_if(m.line.begin(), m.line.end(), [this](const auto& w) { return m.may(w.first); });
        ASSERT_EQ(next.has_value(), first != m.line.end());
        if (!next) return;
        EXPECT_EQ(next->first, first->second);
        const lane l = first->first;
        m.line.erase(first);
        m.granted(l, next->second, now);
    }
    void withdraw(rng& r) {
        if (m.line.empty()) return;
        const auto who = m.line.begin() + static_cast<std::ptrdiff_t>(r.below(m.line.size()));
        EXPECT_TRUE(p.withdraw(who->second));
        m.line.erase(who);
    }
    void expire() {
        const mono_time due = p.next_expiry();
        const auto gone = p.expire(now);
        EXPECT_EQ(gone.empty(), due > now);
        for (const pool::slot g : gone) {
            EXPECT_GE(now, m.slots.at(g).since + limits.idle_max);
            EXPECT_EQ(std::erase(m.idle, g), 1U);
            m.slots.erase(g);
        }
        for (const pool::slot left : m.idle) EXPECT_LT(now, m.slots.at(left).since + limits.idle_max);
    }
    void same() const {
        ASSERT_EQ(p.waiting(), m.line.size());
        ASSERT_EQ(p.idle(), m.idle.size());
        for (const lane l : {lane::control, lane::ack, lane::poll}) ASSERT_EQ(p.in_use(l), m.used(l));
        for (pool::slot s = 0; s < limits.total_max; ++s) ASSERT_EQ(p.holds(s), m.slots.count(s) > 0);
        for (const auto& [l, who] : m.line) ASSERT_FALSE(m.may(l)) << "one waits for what is free";
    }
};

TEST(pool, behaves_as_the_plain_model_in_any_order_of_events) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        rng r(seed);
        const std::size_t total = 3 + r.below(12);
        const std::size_t lane_max = 1 + r.below(8);
        const std::size_t reserve = 1 + r.below(std::min(lane_max, total / 3));
        random_use u{{lane_max, total, reserve, 4s, 9s}};
        for (int step = 0; step < 1500 && !::testing::Test::HasFatalFailure(); ++step) {
            const auto what = r.below(10);
            if (what < 4)
                u.acquire(static_cast<lane>(r.below(3)));
            else if (what < 8)
                u.give_back(r);
            else if (what < 9)
                u.withdraw(r);
            else
                u.expire();
            u.now += 100ms * r.below(10);
            u.same();
        }
        ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
    }
}

TEST(pool, each_of_ten_thousand_idle_connections_goes_at_its_own_time) {
    constexpr std::size_t many = 10'000;
    pool p({many, 3 * many, many, 4s, 60s});
    std::vector<pool::grant> all;
    for (pool::ticket t = 0; t < many; ++t) all.push_back(*p.acquire(any, t, at(0s)));
    duration now = 0s;
    std::size_t wakes = 0;
    for (const pool::grant& g : all) p.give_back(g.which, true, at(now += 1us));
    EXPECT_EQ(p.next_expiry(), at(4s + 1us));
    // Each is due at another time; looking through all of them for each would be 50 million steps.
    for (mono_time due = p.next_expiry(); due != mono_time::max(); due = p.next_expiry(), ++wakes)
        ASSERT_EQ(p.expire(due).size(), 1U);
    EXPECT_EQ(wakes, many);
    EXPECT_EQ(p.idle(), 0U);
}

}  // namespace
}  // namespace trainyard::http
