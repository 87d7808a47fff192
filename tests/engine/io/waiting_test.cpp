// sleep_until, event and task_group on one context.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::io {
namespace {

mono_time in(duration d) {
    return real_clock().mono() + d;
}

class waiting : public ::testing::Test {
protected:
    // False when something still waits after five seconds.
    bool run() {
        context.restart();
        context.run_for(std::chrono::seconds{5});
        return context.stopped();
    }

    boost::asio::io_context context{1};
};

task<void> sleep_into(mono_time until, std::vector<int>& out, int value, bool& slept) {
    slept = co_await sleep_until(until);
    out.push_back(value);
}

TEST_F(waiting, sleepers_wake_in_the_order_of_their_times) {
    task_group group(context);
    std::vector<int> order;
    bool a = false, b = false, c = false;
    const mono_time now = in(0ms);
    group.spawn([&] { return sleep_into(now + 40ms, order, 2, a); });
    group.spawn([&] { return sleep_into(now + 20ms, order, 1, b); });
    group.spawn([&] { return sleep_into(now - 1s, order, 0, c); });
    ASSERT_TRUE(run());
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
    EXPECT_TRUE(a && b && c);
    EXPECT_GE(real_clock().mono(), now + 40ms);
}

TEST_F(waiting, a_cancelled_sleeper_wakes_at_once) {
    task_group group(context);
    std::vector<int> order;
    bool slept = true, later = true;
    group.spawn([&] { return sleep_into(mono_time::max(), order, 1, slept); });
    context.poll();
    EXPECT_EQ(group.size(), 1U);
    group.cancel();
    group.spawn([&] { return sleep_into(mono_time::max(), order, 2, later); });
    ASSERT_TRUE(run());
    EXPECT_THAT(order, ::testing::UnorderedElementsAre(1, 2)) << "members spawned after cancel() run too";
    EXPECT_FALSE(slept);
    EXPECT_FALSE(later);
}

TEST_F(waiting, a_member_cancelled_before_its_first_step_runs) {
    task_group group(context);
    std::vector<int> order;
    bool slept = true;
    group.spawn([&] { return sleep_into(mono_time::max(), order, 1, slept); });
    group.cancel();
    ASSERT_TRUE(run());
    EXPECT_EQ(order, (std::vector<int>{1}));
    EXPECT_FALSE(slept);
}

task<void> wait_into(event& e, mono_time until, std::vector<bool>& out) {
    const bool woken = co_await e.wait_until(until);
    out.push_back(woken);
}

TEST_F(waiting, set_wakes_every_waiter_and_keeps_nothing) {
    event e(context);
    task_group group(context);
    std::vector<bool> got, after;
    const mono_time forever = mono_time::max();
    for (int i = 0; i < 3; ++i) group.spawn([&] { return wait_into(e, forever, got); });
    context.poll();
    EXPECT_TRUE(got.empty());
    e.set();
    ASSERT_TRUE(run());
    EXPECT_EQ(got, (std::vector<bool>{true, true, true}));
    const mono_time soon = in(10ms);
    group.spawn([&] { return wait_into(e, soon, after); });
    ASSERT_TRUE(run());
    EXPECT_EQ(after, (std::vector<bool>{false}));
}

TEST_F(waiting, set_without_a_waiter_lets_one_wait_pass) {
    event e(context);
    task_group group(context);
    std::vector<bool> got;
    e.set();
    e.set();
    const mono_time past = in(-1s);
    group.spawn([&] { return wait_into(e, past, got); });
    group.spawn([&] { return wait_into(e, past, got); });
    ASSERT_TRUE(run());
    EXPECT_EQ(got, (std::vector<bool>{true, false}));
}

TEST_F(waiting, a_second_set_is_not_lost_on_waiters_that_leave) {
    event e(context);
    task_group group(context);
    std::vector<bool> got, next;
    const mono_time forever = mono_time::max(), past = in(-1s);
    group.spawn([&] { return wait_into(e, forever, got); });
    context.poll();
    e.set();
    e.set();  // the waiter has its signal; this one is for the next wait
    ASSERT_TRUE(run());
    group.spawn([&] { return wait_into(e, past, next); });
    ASSERT_TRUE(run());
    EXPECT_EQ(got, (std::vector<bool>{true}));
    EXPECT_EQ(next, (std::vector<bool>{true}));
}

TEST_F(waiting, cancellation_ends_a_wait_with_false) {
    event e(context);
    task_group group(context);
    std::vector<bool> got;
    const mono_time forever = mono_time::max();
    group.spawn([&] { return wait_into(e, forever, got); });
    context.poll();
    group.cancel();
    ASSERT_TRUE(run());
    EXPECT_EQ(got, (std::vector<bool>{false}));
}

task<void> join_into(task_group& g, bool& joined) {
    co_await g.join();
    joined = true;
}

TEST_F(waiting, join_waits_for_the_last_member_even_when_cancelled) {
    event e(context);
    task_group inner(context), outer(context);
    std::vector<bool> got;
    bool joined = false;
    const mono_time forever = mono_time::max();
    inner.spawn([&] { return wait_into(e, forever, got); });
    outer.spawn([&] { return join_into(inner, joined); });
    context.poll();
    outer.cancel();
    context.poll();
    EXPECT_FALSE(joined);
    e.set();
    ASSERT_TRUE(run());
    EXPECT_TRUE(joined);
    EXPECT_EQ(inner.size() + outer.size(), 0U);
}

task<void> throws() {
    throw std::runtime_error("the wheel came off");
    co_return;
}

TEST(task_group_death, an_exception_out_of_a_member_aborts) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            boost::asio::io_context context{1};
            task_group group(context);
            group.spawn(throws);
            context.run();
        },
        "the wheel came off");
}

TEST(task_group_death, destroying_a_group_with_members_aborts) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            boost::asio::io_context context{1};
            task_group group(context);
            std::vector<int> order;
            bool slept = false;
            group.spawn([&] { return sleep_into(mono_time::max(), order, 1, slept); });
        },
        "join");
}

TEST(real_clock, mono_moves_forward_and_wall_is_in_this_century) {
    const mono_time a = real_clock().mono(), b = real_clock().mono();
    EXPECT_GE(b, a);
    EXPECT_GT(a, mono_time{});
    EXPECT_GT(real_clock().wall(), parse_iso8601("2024-01-01T00:00:00Z").value());
}

}  // namespace
}  // namespace trainyard::io
