#include "aws/sqs/heartbeat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/rng.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::sqs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
constexpr mono_time start{};

std::vector<heartbeat::key> keys(const std::vector<heartbeat::beat>& beats) {
    std::vector<heartbeat::key> out;
    for (const auto& b : beats) out.push_back(b.message);
    return out;
}

TEST(heartbeat, extends_when_the_margin_is_reached_and_not_before) {
    heartbeat h{{}};
    h.hold(1, "r1", start);
    EXPECT_EQ(h.next_due(), start + 60s);
    EXPECT_THAT(h.take(start + 59s, 10).extend, IsEmpty());
    const auto c = h.take(start + 60s, 10);
    ASSERT_EQ(c.extend.size(), 1U);
    EXPECT_EQ(c.extend[0].receipt_handle, "r1");
    EXPECT_EQ(c.extend[0].timeout_seconds, 120);
    EXPECT_THAT(h.take(start + 61s, 10).extend, IsEmpty());  // under way
    h.extended(1, start + 60s);
    EXPECT_EQ(h.next_due(), start + 120s);
}

TEST(heartbeat, serves_the_most_urgent_first) {
    heartbeat h{{}};
    h.hold(1, "a", start + 3s);
    h.hold(2, "b", start + 1s);
    h.hold(3, "c", start + 2s);
    EXPECT_THAT(keys(h.take(start + 70s, 2).extend), ElementsAre(2, 3));
    EXPECT_THAT(keys(h.take(start + 70s, 2).extend), ElementsAre(1));
}

TEST(heartbeat, repeats_a_failure_until_the_message_is_lost) {
    heartbeat h{{}};
    h.hold(1, "a", start);
    mono_time now = start + 60s;
    int asked = 0;
    for (;; now = *h.next_due()) {
        const auto c = h.take(now, 10);
        if (!c.lost.empty()) {
            EXPECT_THAT(c.lost, ElementsAre(1));
            break;
        }
        ++asked;
        h.failed(1, false, now);
    }
    EXPECT_EQ(asked, 30);
    EXPECT_EQ(now, start + 120s);
    EXPECT_EQ(h.held(), 0U);
    EXPECT_EQ(h.next_due(), std::nullopt);
}

TEST(heartbeat, a_handle_that_sqs_no_longer_knows_is_lost_at_once) {
    heartbeat h{{}};
    h.hold(1, "a", start);
    h.take(start + 60s, 10);
    h.failed(1, true, start + 60s);
    EXPECT_THAT(h.take(start + 60s, 10).lost, ElementsAre(1));
}

TEST(heartbeat, hands_off_before_twelve_hours_and_never_asks_beyond_them) {
    heartbeat h{{}};
    h.hold(1, "a", start);
    mono_time now = start;
    bool handed_off = false;
    for (;;) {
        now = *h.next_due();
        const auto c = h.take(now, 10);
        for (const auto& b : c.extend) {
            EXPECT_FALSE(handed_off);
            EXPECT_LE(now + std::chrono::seconds{b.timeout_seconds}, start + 12h);
            h.extended(b.message, now);
        }
        if (!c.hand_off.empty()) {
            handed_off = true;
            EXPECT_THAT(c.hand_off, ElementsAre(1));
            EXPECT_GE(start + 12h - now, 59s);
            EXPECT_LE(start + 12h - now, 60s);
        }
        if (!c.lost.empty()) break;
    }
    EXPECT_TRUE(handed_off);
    EXPECT_EQ(now, start + 12h);
}

TEST(heartbeat, forgets_what_is_done_also_while_an_extension_is_under_way) {
    heartbeat h{{}};
    h.hold(1, "a", start);
    h.hold(2, "b", start);
    h.take(start + 60s, 1);
    h.forget(1);
    h.forget(2);
    h.forget(3);
    h.extended(1, start + 60s);
    h.failed(1, false, start + 60s);
    EXPECT_EQ(h.held(), 0U);
    EXPECT_EQ(h.next_due(), std::nullopt);
}

// Against a queue that keeps its own times: with a service that answers within the margin no message becomes
// visible before its 12 hours are over, whatever fails on the way.
TEST(heartbeat, random_runs) {
    for (std::uint64_t seed = 0; seed < test::runs(2'000); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        heartbeat h{{.visibility = 30s, .margin = 20s, .retry = 1s}};
        struct fact {
            mono_time received, visible;
            bool handed_off = false;
        };
        std::map<heartbeat::key, fact> facts;
        mono_time now = start;
        heartbeat::key next = 0;
        for (int step = 0; step < 400; ++step) {
            now += std::chrono::milliseconds{random.between(0, 2'000)};
            if (random.chance(0.1)) {
                facts.emplace(next, fact{now, now + 30s});
                h.hold(next++, "h", now);
            }
            const auto c = h.take(now, 10);
            ASSERT_THAT(c.lost, IsEmpty());
            for (const auto& b : c.extend) {
                fact& f = facts.at(b.message);
                ASSERT_GT(f.visible, now);
                if (random.chance(0.2)) {
                    h.failed(b.message, false, now);
                } else {
                    f.visible = now + std::chrono::seconds{b.timeout_seconds};
                    h.extended(b.message, now);
                }
            }
            if (!facts.empty() && random.chance(0.08)) {
                h.forget(facts.begin()->first);
                facts.erase(facts.begin());
            }
        }
        ASSERT_EQ(h.held(), facts.size());
        for (const auto& [key, f] : facts) ASSERT_GT(f.visible, now) << key;
    }
}

}  // namespace
}  // namespace trainyard::aws::sqs
