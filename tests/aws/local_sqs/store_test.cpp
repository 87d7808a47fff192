// The delivery rules of one queue, each as a small story with times in seconds.
#include <gtest/gtest.h>

#include "aws/local/sqs/queue_store.hpp"

namespace trainyard::aws::local {
namespace {

using outcome = queue_store::outcome;

constexpr wall_time at(int seconds) {
    return wall_time{std::chrono::hours(480'000) + std::chrono::seconds(seconds)};
}

struct story {
    explicit story(store_settings s = {}) : store(s, 77) {}
    static store_settings fifo() {
        return {true, std::chrono::seconds(0), std::chrono::seconds(345'600), false, max_in_flight};
    }

    queue_store::sent send(const std::string& body, int now, const std::string& group = {},
                           const std::string& dedup = {}) {
        queue_message m;
        m.body = body;
        m.group_id = group;
        m.deduplication_id = dedup.empty() ? body : dedup;
        return store.send(std::move(m), std::nullopt, at(now), random);
    }
    queue_store::received take(int now, std::size_t max = 10, int visibility = 30,
                               std::uint32_t max_receives = 0, const std::string& attempt = {}) {
        return store.receive({max, std::chrono::seconds(visibility), max_receives, attempt}, at(now), random);
    }
    // The bodies as one word.
    std::string bodies(int now, std::size_t max = 10, int visibility = 30) {
        std::string out;
        for (const auto& d : take(now, max, visibility).messages) out += d.message->body;
        return out;
    }
    std::string one(int now, int visibility = 30) { return take(now, 1, visibility).messages.at(0).handle; }
    outcome hide(const std::string& handle, int seconds, int now) {
        return store.change_visibility(handle, std::chrono::seconds(seconds), at(now));
    }

    rng random{1};
    queue_store store;
};

TEST(standard_store, message_is_invisible_until_its_timeout) {
    story s;
    s.send("a", 0);
    EXPECT_EQ(s.bodies(0), "a");
    EXPECT_EQ(s.store.next_wakeup(), at(30));
    EXPECT_EQ(s.bodies(29), "");
    const auto again = s.take(30);
    ASSERT_EQ(again.messages.size(), 1U);
    EXPECT_EQ(again.messages[0].message->receive_count, 2U);
    EXPECT_EQ(again.messages[0].message->first_received, at(0));
}

TEST(standard_store, delay_of_message_overrides_delay_of_queue) {
    story s({false, std::chrono::seconds(10), std::chrono::seconds(345'600), false, max_in_flight});
    s.send("q", 0);
    queue_message m;
    m.body = "m";
    s.store.send(std::move(m), std::chrono::seconds(0), at(0), s.random);
    EXPECT_EQ(s.store.count(at(0)).delayed, 1U);
    EXPECT_EQ(s.bodies(9), "m");
    EXPECT_EQ(s.bodies(10), "q");
}

TEST(standard_store, changed_delay_leaves_messages_alone) {
    story s({false, std::chrono::seconds(10), std::chrono::seconds(345'600), false, max_in_flight});
    s.send("a", 0);
    s.store.configure({false, std::chrono::seconds(0), std::chrono::seconds(345'600), false, max_in_flight},
                      at(1));
    EXPECT_EQ(s.bodies(9), "");
    EXPECT_EQ(s.bodies(10), "a");
}

TEST(standard_store, handles_stay_good_until_the_message_is_deleted) {
    story s;
    s.send("a", 0);
    const std::string first = s.one(0);
    EXPECT_EQ(s.hide(first, 60, 40), outcome::done);  // expired, not yet received again: hidden again
    EXPECT_EQ(s.bodies(99), "");
    const std::string second = s.one(100);
    EXPECT_NE(first, second);
    EXPECT_EQ(s.hide(first, 0, 101), outcome::done);
    EXPECT_EQ(s.bodies(101), "a");
    EXPECT_EQ(s.store.remove(first, at(102)), outcome::done);
    EXPECT_EQ(s.store.remove(first, at(102)), outcome::done);
    EXPECT_EQ(s.store.remove(second, at(102)), outcome::done);
    EXPECT_EQ(s.hide(second, 10, 103), outcome::gone);
    EXPECT_EQ(s.store.size(), 0U);
}

TEST(standard_store, foreign_and_malformed_handles) {
    story s, other;
    queue_store stranger({}, 78);
    s.send("a", 0);
    queue_message m;
    stranger.send(std::move(m), std::nullopt, at(0), s.random);
    const auto theirs = stranger.receive({}, at(0), s.random).messages.at(0).handle;
    for (const std::string& handle : {theirs, std::string("garbage"), std::string(), std::string("AAAA")}) {
        EXPECT_EQ(s.store.remove(handle, at(1)), outcome::malformed) << handle;
        EXPECT_EQ(s.hide(handle, 1, 1), outcome::malformed) << handle;
    }
    EXPECT_EQ(s.store.size(), 1U);
}

TEST(standard_store, visibility_ends_twelve_hours_after_the_receive) {
    story s;
    s.send("a", 0);
    const std::string handle = s.one(0);
    EXPECT_EQ(s.hide(handle, 43'200, 0), outcome::done);
    EXPECT_EQ(s.hide(handle, 43'100, 100), outcome::done);
    EXPECT_EQ(s.hide(handle, 43'101, 100), outcome::beyond_limit);
    EXPECT_EQ(s.bodies(43'199), "");
    EXPECT_EQ(s.bodies(43'200), "a");
}

TEST(standard_store, zero_visibility_delivers_once_per_receive) {
    story s;
    s.send("a", 0);
    s.send("b", 0);
    EXPECT_EQ(s.bodies(1, 10, 0), "ab");
    EXPECT_EQ(s.bodies(1, 10, 0), "ab");
    EXPECT_EQ(s.store.count(at(1)).visible, 2U);
}

TEST(standard_store, retention_drops_messages_wherever_they_are) {
    story s({false, std::chrono::seconds(0), std::chrono::seconds(60), false, max_in_flight});
    s.send("a", 0);
    s.send("b", 1);
    const std::string a = s.take(59, 1, 100).messages.at(0).handle;
    EXPECT_EQ(s.store.count(at(60)).in_flight, 0U);
    EXPECT_EQ(s.store.size(), 1U);
    EXPECT_EQ(s.store.remove(a, at(60)), outcome::done);
    EXPECT_EQ(s.bodies(61), "");
}

TEST(standard_store, too_many_in_flight) {
    story s({false, std::chrono::seconds(0), std::chrono::seconds(345'600), false, 2});
    for (const char* b : {"a", "b", "c"}) s.send(b, 0);
    const auto two = s.take(0);
    EXPECT_EQ(two.messages.size(), 2U);
    EXPECT_FALSE(two.over_limit);
    EXPECT_TRUE(s.take(1).over_limit);
    s.store.remove(two.messages[0].handle, at(2));
    EXPECT_EQ(s.bodies(2), "c");
}

TEST(standard_store, dead_letters_leave_instead_of_the_next_receive) {
    story s, dead;
    const auto sent = s.send("a", 0);
    s.send("b", 1);
    s.bodies(1);
    const auto moved = s.take(31, 1, 30, 1);
    ASSERT_EQ(moved.dead_letters.size(), 2U);  // it looks on for a message that may be delivered
    EXPECT_TRUE(moved.messages.empty());
    queue_message m = moved.dead_letters[0];
    EXPECT_EQ(m.id, sent.id);
    dead.store.put_dead_letter(std::move(m), "arn:q", at(31));
    const auto got = dead.take(31);
    ASSERT_EQ(got.messages.size(), 1U);
    EXPECT_EQ(got.messages[0].message->receive_count, 2U);
    EXPECT_EQ(got.messages[0].message->sent, at(0));  // retention counts from the first send
    EXPECT_EQ(got.messages[0].message->dead_letter_source, "arn:q");
}

TEST(standard_store, purge_empties) {
    story s;
    s.send("a", 0);
    const std::string a = s.one(0);
    s.send("b", 0);
    s.store.purge();
    EXPECT_EQ(s.store.size(), 0U);
    EXPECT_EQ(s.store.count(at(1)).in_flight, 0U);
    EXPECT_FALSE(s.store.next_wakeup());
    EXPECT_EQ(s.store.remove(a, at(1)), outcome::done);
    s.send("c", 1);
    EXPECT_EQ(s.bodies(1), "c");
}

TEST(fifo_store, one_group_first_in_order_then_others) {
    story s(story::fifo());
    for (const char* b : {"a1", "b1", "a2", "a3", "b2"}) s.send(b, 0, std::string(1, b[0]));
    EXPECT_EQ(s.bodies(0, 4), "a1a2a3b1");
    EXPECT_EQ(s.bodies(1), "");  // both groups are locked
}

TEST(fifo_store, group_is_locked_until_its_messages_are_deleted) {
    story s(story::fifo());
    s.send("1", 0, "g");
    const std::string one = s.one(0);
    s.send("2", 1, "g");
    EXPECT_EQ(s.bodies(2), "");
    EXPECT_EQ(s.store.remove(one, at(3)), outcome::done);
    EXPECT_EQ(s.bodies(3), "2");
}

TEST(fifo_store, order_survives_timeouts) {
    story s(story::fifo());
    for (const char* b : {"1", "2", "3"}) s.send(b, 0, "g");
    const auto all = s.take(0, 2);
    s.store.remove(all.messages[0].handle, at(1));
    EXPECT_EQ(s.bodies(29), "");
    EXPECT_EQ(s.bodies(30), "23");
}

TEST(fifo_store, extension_blocks_what_comes_after_it) {
    story s(story::fifo());
    for (const char* b : {"1", "2", "3"}) s.send(b, 0, "g");
    const auto all = s.take(0);
    const std::string middle = all.messages[1].handle;
    EXPECT_EQ(s.hide(middle, 100, 1), outcome::done);
    EXPECT_EQ(s.bodies(30, 10, 200), "1");
    EXPECT_EQ(s.bodies(102), "");  // 1 is in flight again and stands first
}

TEST(fifo_store, shown_message_is_delivered_only_as_part_of_the_front) {
    story s(story::fifo());
    for (const char* b : {"1", "2", "3"}) s.send(b, 0, "g");
    const auto all = s.take(0);
    const std::string first = all.messages[0].handle, second = all.messages[1].handle;
    EXPECT_EQ(s.hide(second, 0, 1), outcome::done);
    EXPECT_EQ(s.bodies(1), "");
    EXPECT_EQ(s.hide(first, 0, 2), outcome::done);
    EXPECT_EQ(s.bodies(2), "12");
}

TEST(fifo_store, zero_visibility_keeps_order_and_locks_nothing) {
    story s(story::fifo());
    for (const char* b : {"1", "2"}) s.send(b, 0, "g");
    EXPECT_EQ(s.bodies(0, 1, 0), "1");
    EXPECT_EQ(s.bodies(0, 2, 0), "12");
    EXPECT_EQ(s.bodies(0, 2, 0), "12");
}

TEST(fifo_store, expired_and_stale_handles) {
    story s(story::fifo());
    s.send("1", 0, "g");
    const std::string first = s.one(0);
    EXPECT_EQ(s.hide(first, 60, 10), outcome::done);
    EXPECT_EQ(s.store.size(), 1U);
    EXPECT_EQ(s.hide(first, 30, 70), outcome::not_in_flight);
    EXPECT_EQ(s.store.remove(first, at(70)), outcome::expired);
    const std::string second = s.one(71);
    EXPECT_EQ(s.store.remove(first, at(72)), outcome::expired);
    EXPECT_EQ(s.hide(first, 0, 72), outcome::expired);
    EXPECT_EQ(s.store.remove(second, at(73)), outcome::done);
    EXPECT_EQ(s.store.remove(second, at(73)), outcome::done);
    EXPECT_EQ(s.hide(second, 1, 73), outcome::gone);
}

TEST(fifo_store, duplicate_within_five_minutes_is_the_first_message) {
    story s(story::fifo());
    const auto first = s.send("1", 0, "g", "id");
    s.store.remove(s.one(0), at(0));  // independent of deletion
    const auto repeat = s.send("other body", 299, "h", "id");
    EXPECT_TRUE(repeat.duplicate);
    EXPECT_EQ(repeat.id, first.id);
    EXPECT_EQ(repeat.sequence, first.sequence);
    EXPECT_EQ(s.store.size(), 0U);
    const auto fresh = s.send("1", 300, "g", "id");
    EXPECT_FALSE(fresh.duplicate);
    EXPECT_GT(fresh.sequence, first.sequence);
    s.store.purge();
    EXPECT_FALSE(s.send("1", 301, "g", "id").duplicate);
}

TEST(fifo_store, deduplication_per_group) {
    store_settings settings = story::fifo();
    settings.deduplicate_per_group = true;
    story s(settings);
    EXPECT_FALSE(s.send("1", 0, "g", "id").duplicate);
    EXPECT_FALSE(s.send("1", 0, "h", "id").duplicate);
    EXPECT_TRUE(s.send("1", 0, "h", "id").duplicate);
}

TEST(fifo_store, sequence_numbers_have_twenty_digits_and_grow) {
    story s(story::fifo());
    std::string last;
    for (int i = 0; i < 300; ++i) {
        const auto sent = s.send(std::to_string(i), 0, "g");
        ASSERT_EQ(sequence_text(sent.sequence).size(), 20U);
        ASSERT_GT(sequence_text(sent.sequence), last);
        last = sequence_text(sent.sequence);
    }
}

TEST(fifo_store, changed_delay_applies_to_messages_already_sent) {
    story s(story::fifo());
    s.send("1", 0, "g");
    store_settings slow = story::fifo();
    slow.delay = std::chrono::seconds(60);
    s.store.configure(slow, at(10));
    EXPECT_EQ(s.bodies(59), "");
    EXPECT_EQ(s.store.count(at(59)).delayed, 1U);
    s.store.configure(story::fifo(), at(59));
    EXPECT_EQ(s.bodies(59), "1");
}

TEST(fifo_store, attempt_is_repeated_with_the_same_handles) {
    story s(story::fifo());
    for (const char* b : {"1", "2"}) s.send(b, 0, "g");
    const auto first = s.take(0, 10, 30, 0, "try");
    const auto again = s.take(20, 10, 30, 0, "try");
    ASSERT_EQ(again.messages.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(again.messages[i].handle, first.messages[i].handle);
        EXPECT_EQ(again.messages[i].message->receive_count, 1U);
    }
    EXPECT_EQ(s.bodies(49), "");                                 // the timeout began anew
    EXPECT_EQ(s.take(21, 5, 30, 0, "try").messages.size(), 0U);  // other parameters
    s.store.remove(first.messages[0].handle, at(22));
    EXPECT_EQ(s.take(23, 10, 30, 0, "try").messages.size(), 0U);  // a message was deleted since
    EXPECT_EQ(s.bodies(50), "2");
}

TEST(fifo_store, attempt_with_changed_visibility_is_not_repeated) {
    story s(story::fifo());
    s.send("1", 0, "g");
    const auto first = s.take(0, 10, 30, 0, "try");
    EXPECT_EQ(s.hide(first.messages.at(0).handle, 30, 1), outcome::done);
    EXPECT_TRUE(s.take(2, 10, 30, 0, "try").messages.empty());
}

TEST(fifo_store, poison_leaves_and_the_group_goes_on) {
    story s(story::fifo());
    for (const char* b : {"1", "2"}) s.send(b, 0, "g");
    s.bodies(0, 1);
    const auto next = s.take(30, 10, 30, 1);
    ASSERT_EQ(next.dead_letters.size(), 1U);
    EXPECT_EQ(next.dead_letters[0].body, "1");
    ASSERT_EQ(next.messages.size(), 1U);
    EXPECT_EQ(next.messages[0].message->body, "2");
    story dead(story::fifo());
    dead.store.put_dead_letter(next.dead_letters[0], "arn:q", at(30));
    const auto got = dead.take(31);
    ASSERT_EQ(got.messages.size(), 1U);
    EXPECT_EQ(got.messages[0].message->sent, at(30));  // retention starts anew
    EXPECT_EQ(got.messages[0].message->group_id, "g");
}

TEST(fifo_store, full_flight_is_never_an_error) {
    store_settings settings = story::fifo();
    settings.in_flight_limit = 1;
    story s(settings);
    s.send("1", 0, "g");
    s.send("2", 0, "h");
    EXPECT_EQ(s.bodies(0), "1");
    const auto none = s.take(1);
    EXPECT_TRUE(none.messages.empty());
    EXPECT_FALSE(none.over_limit);
}

TEST(fifo_store, retention_of_the_first_message_opens_the_group) {
    store_settings settings = story::fifo();
    settings.retention = std::chrono::seconds(60);
    story s(settings);
    s.send("1", 0, "g");
    s.send("2", 30, "g");
    s.take(31, 1, 1000);
    EXPECT_EQ(s.store.next_wakeup(), at(60));
    EXPECT_EQ(s.bodies(60), "2");
}

// Dead letters keep the time of their first send: behind younger ones, each is still dropped at its own time.
TEST(standard_store, retention_goes_by_the_first_send_in_whatever_order_messages_came) {
    store_settings settings;
    settings.retention = std::chrono::seconds(60);
    story s(settings);
    s.send("young", 50);
    for (const int sent : {30, 10, 20}) {
        queue_message m;
        m.body = std::to_string(sent);
        m.sent = at(sent);
        s.store.put_dead_letter(std::move(m), "arn:q", at(51));
    }
    s.send("last", 52);
    const auto left = [&](int now) { return s.store.count(at(now)).visible; };
    EXPECT_EQ(left(69), 5U);
    EXPECT_EQ(left(70), 4U);
    EXPECT_EQ(left(80), 3U);
    EXPECT_EQ(left(90), 2U);
    EXPECT_EQ(left(110), 1U);
    EXPECT_EQ(left(112), 0U);
}

// What removed messages leave in the order of ages is forgotten, also behind one that stays.
TEST(standard_store, retention_holds_after_many_others_came_and_went) {
    store_settings settings;
    settings.retention = std::chrono::seconds(1000);
    story s(settings);
    s.send("stays", 0);
    s.take(0, 1, 900);
    for (int i = 0; i < 5'000; ++i) {
        s.send("m", 1 + i % 2);  // the clock goes back and forth
        ASSERT_EQ(s.store.remove(s.one(2), at(2)), outcome::done);
    }
    s.send("late", 3);
    EXPECT_EQ(s.store.size(), 2U);
    EXPECT_EQ(s.bodies(1000), "late");
    EXPECT_EQ(s.store.count(at(1003)).in_flight, 0U);
    EXPECT_EQ(s.store.size(), 0U);
}

}  // namespace
}  // namespace trainyard::aws::local
