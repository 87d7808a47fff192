// Move tasks over simulated time.
#include <gtest/gtest.h>

#include "aws/local/sqs/queue_moves.hpp"

namespace trainyard::aws::local {
namespace {

using state = move_task::state;
using std::chrono::milliseconds;

queue_key named(const std::string& name) {
    return {account_id("111122223333"), region_name("us-east-1"), name};
}

struct moves_test : testing::Test {
    std::shared_ptr<queue> make(const std::string& name, const string_map& attributes = {}) {
        auto made = queues.create(named(name), attributes, {}, now);
        EXPECT_TRUE(made) << made.error().message;
        return *made;
    }
    static queue_message message(const std::string& body, const std::string& group = "") {
        queue_message m;
        m.body = body;
        m.group_id = group;
        m.deduplication_id = body;
        m.attributes = {{"k", {"String", "v"}}};
        m.sender_id = std::make_shared<const std::string>("AIDA");
        m.receive_count = 7;
        m.sent = wall_time{std::chrono::hours(480'000)};
        return m;
    }
    void fill(queue& q, int n, const std::string& source) {
        for (int i = 0; i < n; ++i) q.store.put_dead_letter(message(std::to_string(i)), source, now);
    }
    const move_task& start(std::optional<queue_key> to, std::optional<std::int64_t> rate) {
        const auto task = moves.start(dead, std::move(to), rate, now);
        EXPECT_TRUE(task) << task.error().message;
        return **task;
    }
    std::size_t moved_after(milliseconds passed) {
        now += passed;
        moves.advance(queues, now);
        return moves.list(*dead, 1).front()->moved;
    }
    std::vector<std::string> bodies(queue& q) {
        std::vector<std::string> out;
        for (const auto& d : q.store.receive({10, std::chrono::seconds(0), 0, {}}, now, random).messages)
            out.push_back(d.message->body);
        return out;
    }

    wall_time now{std::chrono::hours(480'001)};
    rng random{1};
    queue_registry queues{rng(2)};
    queue_moves moves{rng(3)};
    std::shared_ptr<queue> dead = make("dead"), work = make("work"), other = make("other");
};

TEST_F(moves_test, keeps_to_the_rate) {
    fill(*dead, 10, "");
    const move_task& task = start(named("work"), 3);
    EXPECT_EQ(task.to_move, 10U);
    EXPECT_EQ(moves.next(), now);
    EXPECT_EQ(moved_after(milliseconds(0)), 1U);
    EXPECT_EQ(*moves.next() - now, duration(333'333'334));
    EXPECT_EQ(moved_after(milliseconds(333)), 1U);
    EXPECT_EQ(moved_after(milliseconds(1)), 2U);
    EXPECT_EQ(moved_after(milliseconds(666)), 4U);
    EXPECT_EQ(moved_after(milliseconds(1'000)), 7U);
    EXPECT_EQ(task.status, state::running);
    EXPECT_EQ(moved_after(milliseconds(999)), 9U);
    EXPECT_EQ(moved_after(milliseconds(1)), 10U);
    EXPECT_EQ(task.status, state::completed);
    EXPECT_FALSE(moves.next());
    EXPECT_EQ(work->store.size(), 10U);
    EXPECT_EQ(dead->store.size(), 0U);
}

TEST_F(moves_test, every_wake_up_has_something_to_do) {
    fill(*dead, 40, "");
    for (const std::int64_t rate : {std::int64_t{7}, std::int64_t{13}, max_move_rate}) {
        start(named(rate == 13 ? "other" : "work"), rate);
        std::size_t before = moves.list(*dead, 1).front()->moved;
        for (int i = 0; i < 5; ++i) {
            now = *moves.next();
            ASSERT_EQ(moves.advance(queues, now).size(), 1U) << rate;
            const std::size_t after = moves.list(*dead, 1).front()->moved;
            ASSERT_EQ(after, before + 1) << rate;
            before = after;
        }
        ASSERT_TRUE(moves.cancel(*dead, moves.list(*dead, 1).front()->id));
        now += std::chrono::seconds(1);
        moves.advance(queues, now);
    }
}

TEST_F(moves_test, a_moved_message_is_new) {
    fill(*dead, 1, work->key.arn());
    start(std::nullopt, std::nullopt);
    EXPECT_EQ(moved_after(milliseconds(0)), 1U);
    const auto got = work->store.receive({1, std::chrono::seconds(30), 0, {}}, now, random);
    ASSERT_EQ(got.messages.size(), 1U);
    const queue_message& m = *got.messages[0].message;
    EXPECT_EQ(m.body, "0");
    EXPECT_EQ(m.attributes, message("0").attributes);
    EXPECT_EQ(*m.sender_id, "AIDA");
    EXPECT_NE(m.id, uuid{});
    EXPECT_EQ(m.sent, now);
    EXPECT_EQ(m.receive_count, 1U);
    EXPECT_EQ(m.dead_letter_source, "");
}

TEST_F(moves_test, without_a_destination_every_message_goes_home) {
    dead->store.put_dead_letter(message("a"), work->key.arn(), now);
    dead->store.put_dead_letter(message("b"), other->key.arn(), now);
    dead->store.put_dead_letter(message("c"), work->key.arn(), now);
    start(std::nullopt, std::nullopt);
    now += std::chrono::seconds(1);
    const auto changed = moves.advance(queues, now);
    EXPECT_EQ(changed, (std::vector{work, other}));
    EXPECT_EQ(bodies(*work), (std::vector<std::string>{"a", "c"}));
    EXPECT_EQ(bodies(*other), (std::vector<std::string>{"b"}));
}

TEST_F(moves_test, moves_what_was_visible_at_the_start) {
    fill(*dead, 2, "");
    const auto taken = dead->store.receive({1, std::chrono::seconds(30), 0, {}}, now, random);
    ASSERT_EQ(taken.messages.size(), 1U);
    const move_task& task = start(named("work"), std::nullopt);
    EXPECT_EQ(task.to_move, 1U);
    dead->store.put_dead_letter(message("late"), "", now);
    EXPECT_EQ(moved_after(milliseconds(5'000)), 1U);
    EXPECT_EQ(task.status, state::completed);
    EXPECT_EQ(dead->store.size(), 2U);

    EXPECT_EQ(start(named("work"), std::nullopt).to_move, 1U);
    dead->store.purge();
    EXPECT_EQ(moved_after(milliseconds(0)), 0U);
    EXPECT_EQ(moves.list(*dead, 1).front()->status, state::completed);
}

TEST_F(moves_test, one_task_at_a_time_and_cancellation) {
    fill(*dead, 5, "");
    const std::string id = start(named("work"), 1).id;
    EXPECT_EQ(moved_after(milliseconds(1'500)), 2U);
    const std::string running =
        "There is already a task running. Only one active task is allowed for a source queue arn at a given "
        "time.";
    EXPECT_EQ(moves.start(dead, named("other"), 1, now).error().message, running);
    EXPECT_EQ(moves.cancel(*dead, "nonsense").error().message, "Task does not exist.");
    EXPECT_EQ(moves.cancel(*work, id).error().message, "Task does not exist.");
    const auto cancelled = moves.cancel(*dead, id);
    ASSERT_TRUE(cancelled);
    EXPECT_EQ((*cancelled)->moved, 2U);
    EXPECT_EQ((*cancelled)->status, state::cancelling);
    EXPECT_EQ(moves.cancel(*dead, id).error().message,
              "Only a task that is RUNNING can be cancelled; this one is CANCELLING.");
    EXPECT_EQ(moves.start(dead, named("other"), 1, now).error().message, running);
    EXPECT_EQ(moved_after(milliseconds(499)), 2U);
    EXPECT_EQ((*cancelled)->status, state::cancelling);
    EXPECT_EQ(moved_after(milliseconds(1)), 2U);
    EXPECT_EQ((*cancelled)->status, state::cancelled);
    EXPECT_FALSE(moves.next());
    EXPECT_EQ(work->store.size(), 2U);
    EXPECT_EQ(dead->store.size(), 3U);
    start(named("other"), std::nullopt);
    EXPECT_EQ(moved_after(milliseconds(1'000)), 3U);
}

TEST_F(moves_test, fails_where_it_cannot_deliver) {
    fill(*dead, 3, "");
    const move_task& lost = start(std::nullopt, std::nullopt);
    EXPECT_EQ(moved_after(milliseconds(0)), 0U);
    EXPECT_EQ(lost.status, state::failed);
    EXPECT_EQ(lost.failure, "CouldNotDetermineMessageSource");

    const move_task& gone = start(named("work"), 1);
    EXPECT_EQ(moved_after(milliseconds(0)), 1U);
    queues.remove(named("work"), now);
    EXPECT_EQ(moved_after(milliseconds(1'000)), 1U);
    EXPECT_EQ(gone.status, state::failed);
    EXPECT_EQ(gone.failure, "AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(dead->store.size(), 2U);  // what cannot be delivered stays
}

TEST_F(moves_test, a_task_ends_after_36_hours) {
    const int n = 36 * 3'600 + 2;
    fill(*dead, n, "");
    EXPECT_EQ(start(named("work"), 1).to_move, static_cast<std::size_t>(n));
    EXPECT_EQ(moved_after(std::chrono::hours(36) - milliseconds(1)), 36U * 3'600U);
    EXPECT_EQ(moves.list(*dead, 1).front()->status, state::running);
    EXPECT_EQ(moved_after(milliseconds(1)), 36U * 3'600U);
    EXPECT_EQ(moves.list(*dead, 1).front()->status, state::failed);
}

TEST_F(moves_test, fifo_order) {
    const string_map fifo{{"FifoQueue", "true"}};
    dead = make("dead.fifo", fifo);
    const auto target = make("work.fifo", fifo);
    // The destination remembers the ids it sent minutes ago; a redrive is not lost to that.
    for (const char* body : {"a1", "b1", "a2", "b2", "a3"}) {
        target->store.send(message(body, std::string(1, body[0])), std::nullopt, now, random);
        dead->store.put_dead_letter(message(body, std::string(1, body[0])), "", now);
    }
    target->store.receive({1, std::chrono::seconds(0), 0, {}}, now, random);
    EXPECT_EQ(target->store.size(), 5U);
    start(named("work.fifo"), 2);
    EXPECT_EQ(moved_after(milliseconds(500)), 2U);
    EXPECT_EQ(moved_after(milliseconds(1'500)), 5U);
    EXPECT_EQ(target->store.size(), 10U);
    EXPECT_EQ(bodies(*target),
              (std::vector<std::string>{"a1", "a2", "a3", "a1", "a2", "a3", "b1", "b2", "b1", "b2"}));
}

TEST_F(moves_test, a_locked_group_waits_for_its_reader) {
    dead = make("dead.fifo", {{"FifoQueue", "true"}});
    const auto target = make("work.fifo", {{"FifoQueue", "true"}});
    for (const char* body : {"a1", "a2", "b1"})
        dead->store.put_dead_letter(message(body, std::string(1, body[0])), "", now);
    ASSERT_EQ(dead->store.receive({1, std::chrono::seconds(30), 0, {}}, now, random).messages.size(), 1U);
    start(named("work.fifo"), std::nullopt);
    EXPECT_EQ(moved_after(milliseconds(1'000)), 1U);
    EXPECT_EQ(bodies(*target), (std::vector<std::string>{"b1"}));
    EXPECT_EQ(moves.list(*dead, 1).front()->status, state::completed);
}

TEST_F(moves_test, remembers_the_latest_ten) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < max_listed_moves + 2; ++i) {
        ids.push_back(start(named("work"), std::nullopt).id);
        moved_after(milliseconds(10));
    }
    const auto listed = moves.list(*dead, 100);
    ASSERT_EQ(listed.size(), max_listed_moves);
    for (std::size_t i = 0; i < listed.size(); ++i) EXPECT_EQ(listed[i]->id, ids[ids.size() - 1 - i]);
    EXPECT_EQ(moves.list(*dead, 3).size(), 3U);
    moves.forget(*dead);
    EXPECT_TRUE(moves.list(*dead, 10).empty());
}

TEST_F(moves_test, a_deleted_source_takes_its_task_with_it) {
    fill(*dead, 3, "");
    start(named("work"), 1);
    moves.forget(*dead);
    EXPECT_FALSE(moves.next());
    EXPECT_TRUE(moves.advance(queues, now + std::chrono::hours(1)).empty());
}

TEST_F(moves_test, active_tasks_are_limited) {
    for (std::size_t i = 0; i < max_active_moves; ++i) {
        const auto q = make("d" + std::to_string(i));
        fill(*q, 2, "");
        ASSERT_TRUE(moves.start(q, named("work"), 1, now));
    }
    const auto refused = moves.start(dead, named("work"), 1, now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().query_code, "OverLimit");
    // Another region has its own.
    const auto elsewhere =
        queues.create({account_id("111122223333"), region_name("eu-west-1"), "dead"}, {}, {}, now);
    ASSERT_TRUE(elsewhere);
    EXPECT_TRUE(moves.start(*elsewhere, named("work"), 1, now));
}

}  // namespace
}  // namespace trainyard::aws::local
