// A FIFO queue looks for groups among its oldest messages only.
#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <set>
#include <string>

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
    std::uint64_t send(const std::string& group) {
        queue_message m;
        m.body = group;
        m.group_id = group;
        m.deduplication_id = std::to_string(++sent);
        return store.send(std::move(m), std::nullopt, now, ids).sequence;
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
    rng ids{1}, random{2};
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

// Against the rule told plainly: the oldest message whose group is not locked, if it is among the oldest
// four.
TEST_F(look_ahead, random_runs_see_the_oldest_messages) {
    struct held {
        std::string group, handle;  // no handle: it waits
    };
    std::map<std::uint64_t, held> all;  // by sequence number
    std::size_t hidden = 0;
    for (int step = 0; step < 20'000; ++step) {
        const auto what = random.below(4);
        if (what < 2 && all.size() < 7) {
            const std::string group(1, static_cast<char>('a' + random.below(5)));
            all.emplace(send(group), held{group, {}});
        } else if (what == 2) {
            std::set<std::string> locked;
            std::uint64_t expected = 0;
            std::size_t place = 0;
            for (const auto& [number, m] : all) {
                const bool open = m.handle.empty() && !locked.contains(m.group);
                if (open && expected == 0 && place < 4) expected = number;
                hidden += open && place >= 4 && expected == 0;
                locked.insert(m.group);
                ++place;
            }
            const auto got = store.receive({1, seconds(60), 0, {}}, now, ids);
            ASSERT_EQ(got.messages.empty() ? 0 : got.messages[0].message->sequence, expected) << step;
            if (expected != 0) all[expected].handle = got.messages[0].handle;
        } else if (!all.empty()) {
            const auto chosen = std::next(all.begin(), static_cast<std::ptrdiff_t>(random.below(all.size())));
            if (chosen->second.handle.empty()) continue;
            ASSERT_EQ(store.remove(chosen->second.handle, now), queue_store::outcome::done);
            all.erase(chosen);
        }
    }
    EXPECT_GT(hidden, 100U) << "else nothing is shown";
}

}  // namespace
}  // namespace trainyard::aws::local
