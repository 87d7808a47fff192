// A FIFO queue looks for groups among its oldest messages only.
#include <gtest/gtest.h>

#include "aws/local/sqs/queue_store.hpp"

namespace trainyard::aws::local {
namespace {

using std::chrono::seconds;

class look_ahead : public testing::Test {
protected:
    look_ahead() : store(settings(), 3) {}
    static store_settings settings() {
        store_settings s;
        s.fifo = true;
        s.look_ahead = 4;
        return s;
    }
    void send(const std::string& group) {
        queue_message m;
        m.body = group;
        m.group_id = group;
        m.deduplication_id = std::to_string(++sent);
        store.send(std::move(m), std::nullopt, now, ids);
    }
    std::string receive(std::size_t max = 1) {
        std::string out;
        for (const auto& d : store.receive({max, seconds(60), 0, {}}, now, ids).messages) {
            out.append(d.message->body);
            handles.push_back(d.handle);
        }
        return out;
    }

    wall_time now{std::chrono::hours(480'000)};
    rng ids{1};
    int sent = 0;
    queue_store store;
    std::vector<std::string> handles;
};

TEST_F(look_ahead, a_group_behind_the_first_messages_waits) {
    for (const char* group : {"a", "a", "a", "a", "b"}) send(group);
    EXPECT_EQ(receive(2), "aa");
    EXPECT_EQ(receive(10), "") << "the rest of the group is locked, and b is the fifth";
    store.remove(handles[0], now);
    EXPECT_EQ(receive(10), "b") << "now it is the fourth";
}

TEST_F(look_ahead, one_answer_ends_there_too) {
    for (const char* group : {"a", "a", "a", "a", "a", "b"}) send(group);
    EXPECT_EQ(receive(10), "aaaa");
    for (const std::string& h : handles) store.remove(h, now);
    EXPECT_EQ(receive(10), "ab");
}

TEST_F(look_ahead, what_comes_back_and_what_is_restored_counts) {
    for (const char* group : {"a", "b", "c", "d", "e"}) send(group);
    queue_store again{settings(), 3};
    for (const std::uint64_t n : {5U, 3U, 1U, 4U, 2U}) {
        const auto [kept, message] = *store.look(n);
        again.restore(kept, *message);
    }
    EXPECT_EQ(again.receive({10, seconds(60), 0, {}}, now, ids).messages.size(), 4U);
    store.purge();
    send("f");
    EXPECT_EQ(receive(10), "f");
}

}  // namespace
}  // namespace trainyard::aws::local
