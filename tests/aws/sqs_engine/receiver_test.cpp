#include "aws/sqs/receiver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "engine/base/rng.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::sqs {
namespace {

using namespace std::chrono_literals;
constexpr mono_time start{};

TEST(receiver, an_idle_queue_has_one_long_poll) {
    receiver r{{}};
    r.add_queue(1, false);
    mono_time now = start;
    for (int i = 0; i < 10; ++i, now += 20s) {
        const auto c = r.take(now);
        ASSERT_EQ(c.polls.size(), 1U);
        EXPECT_EQ(c.polls[0].wait_seconds, 20);
        EXPECT_EQ(c.polls[0].max_messages, 10);
        EXPECT_TRUE(r.take(now).polls.empty());
        r.ended(c.polls[0].id, 0, now);
    }
    EXPECT_EQ(r.queue(0).state, receiver::state::quiet);
}

TEST(receiver, full_answers_double_the_polls_and_short_ones_halve_them) {
    receiver r{{.polls_per_queue = 8}};
    r.add_queue(1, false);
    std::deque<receiver::poll> open;
    const auto take = [&] {
        const auto c = r.take(start);
        open.insert(open.end(), c.polls.begin(), c.polls.end());
    };
    const auto end = [&](std::size_t messages) {
        r.ended(open.front().id, messages, start);
        open.pop_front();
        r.release(messages);
        take();
    };
    take();
    for (const std::size_t polls : {2U, 4U, 8U, 8U}) {
        end(10);
        EXPECT_EQ(r.polls(), polls);
    }
    EXPECT_EQ(r.queue(0).state, receiver::state::busy);
    for (const std::size_t polls : {7U, 6U, 5U}) {  // those open finish, and are not replaced
        end(3);
        EXPECT_EQ(r.polls(), polls);
    }
    while (r.polls() > 1) end(0);
    EXPECT_EQ(r.queue(0).state, receiver::state::quiet);
}

TEST(receiver, a_queue_that_is_off_has_no_new_polls) {
    receiver r{{.polls_per_queue = 8}};
    r.add_queue(1, false);
    r.add_queue(1, false);
    auto c = r.take(start);
    ASSERT_EQ(c.polls.size(), 2U);
    const auto id_of = [&](std::size_t queue) {
        return c.polls[0].queue == queue ? c.polls[0].id : c.polls[1].id;
    };
    r.set_receiving(0, false);
    r.ended(id_of(0), 10, start);  // it came back full, and wants two polls
    r.release(10);
    r.ended(id_of(1), 0, start);
    for (int i = 0; i < 3; ++i) {
        c = r.take(start);
        ASSERT_EQ(c.polls.size(), 1U);
        EXPECT_EQ(c.polls[0].queue, 1U);
        r.ended(c.polls[0].id, 0, start);
    }
    EXPECT_EQ(r.queue(0).received, 10U) << "what was under way has counted";
    r.set_receiving(0, true);
    r.set_receiving(0, true);
    c = r.take(start);
    EXPECT_EQ(std::ranges::count(c.polls, 0U, &receiver::poll::queue), 2) << "busy, as it was";
}

TEST(receiver, off_and_on_again_under_way_and_after_an_error_changes_nothing) {
    receiver r{{.polls_per_queue = 1}};
    r.add_queue(1, false);
    auto c = r.take(start);
    r.set_receiving(0, false);
    r.set_receiving(0, true);
    EXPECT_TRUE(r.take(start).polls.empty()) << "its poll is still open";
    r.failed(c.polls.at(0).id, start);
    r.set_receiving(0, false);
    EXPECT_TRUE(r.take(start + 1h).polls.empty());
    r.set_receiving(0, true);
    c = r.take(start + 1h);
    ASSERT_EQ(c.polls.size(), 1U);
    r.ended(c.polls[0].id, 0, start + 1h);
    EXPECT_EQ(r.take(start + 1h).polls.size(), 1U);
}

TEST(receiver, nothing_is_asked_for_that_the_consumer_cannot_take) {
    receiver r{{.credit = 25}};
    r.add_queue(1, false);
    auto c = r.take(start);
    r.ended(c.polls[0].id, 10, start);
    c = r.take(start);
    ASSERT_EQ(c.polls.size(), 1U);  // 10 held, 10 on the way: 5 are too few for another full poll
    r.ended(c.polls[0].id, 10, start);
    c = r.take(start);
    ASSERT_EQ(c.polls.size(), 1U);
    EXPECT_EQ(c.polls[0].max_messages, 5);
    r.ended(c.polls[0].id, 5, start);
    EXPECT_TRUE(r.take(start).polls.empty());
    EXPECT_EQ(r.credit(), 0U);
    r.release(20);
    EXPECT_EQ(r.take(start).polls.size(), 2U);
}

TEST(receiver, many_quiet_queues_leave_half_of_the_credit) {
    receiver r{{.credit = 1'000}};
    for (int i = 0; i < 250; ++i) r.add_queue(1, false);
    const auto c = r.take(start);
    EXPECT_EQ(c.polls.size(), 250U);
    EXPECT_EQ(r.credit(), 500U);
}

TEST(receiver, a_failing_queue_is_asked_at_growing_distances_and_the_others_go_on) {
    receiver r{{}};
    r.add_queue(1, false);
    r.add_queue(1, false);
    mono_time now = start;
    auto c = r.take(now);
    ASSERT_EQ(c.polls.size(), 2U);
    receiver::poll bad = c.polls[0];
    for (const duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        r.failed(bad.id, now);
        EXPECT_TRUE(r.take(now).polls.empty());
        EXPECT_EQ(r.queue(0).state, receiver::state::failing);
        EXPECT_EQ(r.next_due(), now + pause);
        now += pause;
        c = r.take(now);
        ASSERT_EQ(c.polls.size(), 1U);
        EXPECT_EQ(c.polls[0].queue, 0U);
        bad = c.polls[0];
    }
    r.ended(bad.id, 1, now);
    EXPECT_EQ(r.queue(0).last_success, now);
    bad = r.take(now).polls.at(0);
    r.failed(bad.id, now);
    EXPECT_EQ(r.next_due(), now + 1s);
}

TEST(receiver, an_empty_answer_at_the_in_flight_limit_is_not_an_empty_queue) {
    receiver r{{}};
    r.add_queue(1, true);
    auto c = r.take(start);
    r.ended(c.polls[0].id, 10, start);
    c = r.take(start);
    EXPECT_TRUE(c.looks.empty());
    r.ended(c.polls[0].id, 0, start);
    c = r.take(start);
    EXPECT_THAT(c.looks, testing::ElementsAre(0U));
    r.looked(0, 5'000, 19'999);
    EXPECT_NE(r.queue(0).state, receiver::state::at_in_flight_limit);
    r.looked(0, 5'000, 20'000);
    EXPECT_EQ(r.queue(0).state, receiver::state::at_in_flight_limit);
    for (const auto& p : c.polls) r.ended(p.id, 0, start + 59s);
    EXPECT_TRUE(r.take(start + 59s).looks.empty());  // at most once a minute
    EXPECT_EQ(r.queue(0).state, receiver::state::at_in_flight_limit);
    r.looked(0, 0, 20'000);
    EXPECT_EQ(r.queue(0).state, receiver::state::quiet);
}

TEST(receiver, over_limit_is_told_and_waited_out) {
    receiver r{{}};
    r.add_queue(1, false);
    r.over_limit(r.take(start).polls.at(0).id, start);
    EXPECT_EQ(r.queue(0).state, receiver::state::at_in_flight_limit);
    EXPECT_EQ(r.next_due(), start + 1s);
}

TEST(receiver, stops) {
    receiver r{{}};
    r.add_queue(1, false);
    const auto c = r.take(start);
    r.stop();
    r.ended(c.polls[0].id, 0, start);
    EXPECT_TRUE(r.take(start + 1h).polls.empty());
    EXPECT_EQ(r.polls(), 0U);
}

TEST(receiver, extra_polls_are_shared_by_weight) {
    receiver r{{.credit = 100'000, .polls_per_queue = 64, .polls_extra = 32}};
    const std::vector<double> weights{1, 2, 5};
    for (const double w : weights) r.add_queue(w, false);
    std::deque<receiver::poll> open;
    for (int i = 0; i < 40'000; ++i) {
        const auto c = r.take(start);
        open.insert(open.end(), c.polls.begin(), c.polls.end());
        r.ended(open.front().id, static_cast<std::size_t>(open.front().max_messages), start);
        r.release(static_cast<std::size_t>(open.front().max_messages));
        open.pop_front();
    }
    // The poll that each queue has anyway comes on top.
    const double one = static_cast<double>(r.queue(0).received);
    EXPECT_NEAR(static_cast<double>(r.queue(1).received) / one, 2, 0.25);
    EXPECT_NEAR(static_cast<double>(r.queue(2).received) / one, 5, 0.8);
}

// Queues that fill and drain at random, polls that fail, a consumer that records at its own pace: held credit
// never exceeds its limit, every queue that holds messages and does not fail has a poll or waits for credit,
// and in the end everything is received.
TEST(receiver, random_runs) {
    for (std::uint64_t seed = 0; seed < test::runs(10'000); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        receiver_options options;
        options.credit = static_cast<std::size_t>(random.between(1, 100));
        options.polls_per_queue = static_cast<std::size_t>(random.between(1, 8));
        options.polls_extra = static_cast<std::size_t>(random.between(0, 12));
        receiver r{options};
        const auto queues = static_cast<std::size_t>(random.between(1, 8));
        std::vector<std::size_t> backlog(queues);
        for (std::size_t i = 0; i < queues; ++i) r.add_queue(0.5 + random.unit(), random.chance(0.5));
        std::map<receiver::poll_id, receiver::poll> open;
        std::size_t unrecorded = 0, sent = 0, received = 0;
        mono_time now = start;
        for (int step = 0;; ++step) {
            ASSERT_LT(step, 20'000);
            now += std::chrono::milliseconds{random.between(0, 500)};
            const bool filling = step < 60;
            if (filling && random.chance(0.3)) {
                const auto n = random.below(40);
                backlog[random.below(queues)] += n;
                sent += n;
            }
            for (const auto& p : r.take(now).polls) {
                ASSERT_GE(p.max_messages, 1);
                ASSERT_LE(p.max_messages, 10);
                open.emplace(p.id, p);
            }
            std::size_t asked = unrecorded;
            for (const auto& [id, p] : open) asked += static_cast<std::size_t>(p.max_messages);
            ASSERT_LE(asked, options.credit);
            ASSERT_EQ(asked + r.credit(), options.credit);
            if (!filling && received == sent && unrecorded == 0) break;
            if (!open.empty() && random.chance(0.8)) {
                auto at = open.begin();
                std::advance(at, static_cast<std::ptrdiff_t>(random.below(open.size())));
                const auto p = at->second;
                open.erase(at);
                if (random.chance(0.05)) {
                    r.failed(p.id, now);
                } else {
                    const auto n = std::min(backlog[p.queue], static_cast<std::size_t>(p.max_messages));
                    backlog[p.queue] -= n;
                    unrecorded += n;
                    received += n;
                    r.ended(p.id, n, now);
                }
            }
            const auto recorded = random.below(unrecorded + 1);
            unrecorded -= recorded;
            r.release(recorded);
        }
    }
}

}  // namespace
}  // namespace trainyard::aws::sqs
