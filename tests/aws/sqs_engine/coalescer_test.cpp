#include "aws/sqs/coalescer.hpp"
#include "tests/support/runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace trainyard::aws::sqs {
namespace {

using namespace std::chrono_literals;
using numbers = coalescer<int>;
using testing::ElementsAre;

constexpr mono_time start{};

std::vector<int> entries(const numbers::batch& b) {
    std::vector<int> out;
    for (const auto& i : b) out.push_back(i.entry);
    return out;
}

void succeed(numbers& c, const numbers::batch& b) {
    for (const auto& i : b) c.succeeded(i);
    c.batch_ended();
}

TEST(coalescer, a_batch_goes_out_when_it_is_full) {
    numbers c{{}, rng{1}};
    for (int i = 0; i < 9; ++i) c.add(i, 1, start);
    EXPECT_TRUE(c.take(start).empty());
    c.add(9, 1, start);
    c.add(10, 1, start);
    EXPECT_THAT(entries(c.take(start)), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    EXPECT_TRUE(c.take(start).empty());
    EXPECT_EQ(c.waiting(), 1U);
    EXPECT_EQ(c.in_flight(), 10U);
}

TEST(coalescer, a_part_of_a_batch_goes_out_when_its_oldest_has_lingered) {
    numbers c{{}, rng{1}};
    c.add(1, 1, start);
    c.add(2, 1, start + 6ms);
    EXPECT_EQ(c.next_due(), start + 10ms);
    EXPECT_TRUE(c.take(start + 9ms).empty());
    EXPECT_THAT(entries(c.take(start + 10ms)), ElementsAre(1, 2));
    EXPECT_EQ(c.next_due(), std::nullopt);
}

TEST(coalescer, a_flush_waits_for_nobody) {
    numbers c{{}, rng{1}};
    c.add(1, 1, start);
    EXPECT_THAT(entries(c.take(start, true)), ElementsAre(1));
}

TEST(coalescer, bytes_bound_a_batch_as_entries_do) {
    numbers c{{.bytes = 100}, rng{1}};
    EXPECT_EQ(c.add(0, 101, start), std::nullopt);
    c.add(1, 60, start);
    c.add(2, 40, start);
    c.add(3, 1, start);
    EXPECT_THAT(entries(c.take(start)), ElementsAre(1, 2));
}

TEST(coalescer, no_more_wait_and_no_more_are_in_flight_than_allowed) {
    numbers c{{.batches_in_flight = 2, .waiting = 25}, rng{1}};
    for (int i = 0; i < 25; ++i) EXPECT_TRUE(c.add(i, 1, start));
    EXPECT_FALSE(c.add(25, 1, start));
    const auto first = c.take(start);
    EXPECT_EQ(c.take(start).size(), 10U);
    EXPECT_TRUE(c.take(start, true).empty());
    EXPECT_EQ(c.next_due(), std::nullopt);
    succeed(c, first);
    EXPECT_EQ(c.take(start + 10ms).size(), 5U);
}

TEST(coalescer, only_what_failed_goes_out_again_and_not_at_once) {
    numbers c{{}, rng{1}};
    for (int i = 0; i < 10; ++i) c.add(i, 1, start);
    auto b = c.take(start);
    for (std::size_t i = 0; i < b.size(); ++i) {
        const auto fate = i == 3 || i == 7 ? c.failed(b[i], {}, start) : c.succeeded(b[i]);
        EXPECT_EQ(fate, i == 3 || i == 7 ? numbers::fate::waits_for_retry : numbers::fate::done);
    }
    c.batch_ended();
    EXPECT_EQ(c.waiting(), 2U);
    const auto due = c.next_due();
    ASSERT_TRUE(due);
    EXPECT_LE(*due, start + 100ms);
    EXPECT_THAT(entries(c.take(start + 100ms)), ElementsAre(3, 7));
}

TEST(coalescer, a_fault_of_the_sender_is_not_repeated_and_others_not_for_ever) {
    numbers c{{.attempts = 3}, rng{1}};
    c.add(1, 1, start);
    auto b = c.take(start, true);
    EXPECT_EQ(c.failed(b[0], {.sender_fault = true}, start), numbers::fate::given_up);
    c.batch_ended();
    EXPECT_TRUE(c.idle());
    c.add(2, 1, start);
    mono_time now = start;
    for (int attempt = 1; attempt <= 3; ++attempt, now += 1min) {
        b = c.take(now, true);
        ASSERT_EQ(b.size(), 1U);
        EXPECT_EQ(b[0].attempts, attempt);
        EXPECT_EQ(c.failed(b[0], {}, now),
                  attempt < 3 ? numbers::fate::waits_for_retry : numbers::fate::given_up);
        c.batch_ended();
    }
    EXPECT_TRUE(c.idle());
}

TEST(coalescer, a_group_has_one_entry_under_way) {
    numbers c{{}, rng{1}};
    c.add(1, 1, start, "a");
    c.add(2, 1, start, "a");
    c.add(3, 1, start, "b");
    auto b = c.take(start, true);
    EXPECT_THAT(entries(b), ElementsAre(1, 3));
    EXPECT_TRUE(c.take(start, true).empty());
    c.failed(b[0], {}, start);
    c.succeeded(b[1]);
    c.batch_ended();
    b = c.take(start + 1min, true);
    EXPECT_THAT(entries(b), ElementsAre(1));
    succeed(c, b);
    EXPECT_THAT(entries(c.take(start + 1min, true)), ElementsAre(2));
}

// Groups of which nothing is out fill a batch, however many wait behind others of their groups.
TEST(coalescer, a_long_backlog_of_groups_goes_out_in_full_batches_and_in_order) {
    constexpr int groups = 100, of_each = 200;
    numbers c{{}, rng{1}};
    std::vector<int> last(groups, -1);
    for (int i = 0; i < groups * of_each; ++i)
        c.add(i, 1, start, std::to_string(i < groups * of_each / 2 ? i / (of_each / 2) : i % groups));
    std::size_t batches = 0;
    std::vector<numbers::batch> out;
    while (!c.idle()) {
        for (auto b = c.take(start); !b.empty(); b = c.take(start)) out.push_back(std::move(b));
        ASSERT_FALSE(out.empty());
        for (const auto& b : out) {
            ASSERT_EQ(b.size(), 10U);
            for (const auto& i : b) {
                int& before = last[static_cast<std::size_t>(std::stoi(i.group))];
                ASSERT_GT(i.entry, before);
                before = i.entry;
            }
            succeed(c, b);
            ++batches;
        }
        out.clear();
    }
    EXPECT_EQ(batches, groups * of_each / 10U);
}

TEST(coalescer, what_is_given_up_comes_in_its_order_and_leaves_nothing) {
    numbers c{{}, rng{1}};
    c.add(0, 1, start, "a");
    c.add(1, 1, start, "a");
    c.add(2, 1, start);
    c.add(3, 1, start, "b");
    const auto b = c.take(start, true);
    ASSERT_THAT(entries(b), ElementsAre(0, 2, 3));
    c.failed(b[1], {}, start);
    c.failed(b[2], {}, start);
    c.add(4, 1, start);
    c.add(5, 1, start, "b");
    EXPECT_THAT(entries(c.give_up_waiting()), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_EQ(c.waiting(), 0U);
    EXPECT_FALSE(c.idle());
    c.succeeded(b[0]);
    c.batch_ended();
    EXPECT_TRUE(c.idle());
    c.add(6, 1, start + 1min, "a");
    c.add(7, 1, start + 1min, "b");
    EXPECT_THAT(entries(c.take(start + 1min, true)), ElementsAre(6, 7));
}

// Random origins, failures and times: every entry comes to exactly one end, limits hold, nothing lingers
// beyond its time while there is room, groups keep their order.
TEST(coalescer, random_runs) {
    for (std::uint64_t seed = 0; seed < test::runs(10'000); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        coalescer_limits limits;
        limits.entries = static_cast<std::size_t>(random.between(1, 10));
        limits.bytes = 40;
        limits.batches_in_flight = static_cast<std::size_t>(random.between(1, 3));
        limits.attempts = 3;
        numbers c{limits, rng{seed}};
        const double failing = random.unit() * 0.5;
        std::map<int, int> ends;
        std::map<std::string, int> last_of_group;
        std::vector<numbers::batch> out;
        std::vector<mono_time> added;
        mono_time now = start;
        int next = 0;
        for (int step = 0; step < 80 || !c.idle(); ++step) {
            ASSERT_LT(step, 10'000);
            now += std::chrono::milliseconds{random.between(0, 20)};
            if (step < 80)
                for (auto n = random.between(0, 6); n > 0; --n) {
                    const std::string group =
                        random.chance(0.3) ? std::string(1, static_cast<char>('a' + random.below(3))) : "";
                    ASSERT_TRUE(c.add(next++, 1 + random.below(30), now, group));
                    added.push_back(now);
                }
            for (;;) {
                auto b = c.take(now);
                if (b.empty()) break;
                std::size_t bytes = 0;
                for (const auto& i : b) bytes += i.bytes;
                ASSERT_LE(b.size(), limits.entries);
                ASSERT_LE(bytes, limits.bytes);
                out.push_back(std::move(b));
                ASSERT_LE(out.size(), limits.batches_in_flight);
            }
            ASSERT_GT(c.next_due().value_or(mono_time::max()), now);
            while (!out.empty() && random.chance(0.6)) {
                const auto at = random.below(out.size());
                for (auto& i : out[at]) {
                    const bool fails = random.chance(failing);
                    const auto fate = fails ? c.failed(i, {random.chance(0.2)}, now) : c.succeeded(i);
                    if (fate == numbers::fate::waits_for_retry) continue;
                    ++ends[i.entry];
                    if (i.group.empty()) continue;
                    ASSERT_GT(i.entry, last_of_group.try_emplace(i.group, -1).first->second);
                    last_of_group[i.group] = i.entry;
                }
                c.batch_ended();
                out.erase(out.begin() + static_cast<std::ptrdiff_t>(at));
            }
        }
        ASSERT_EQ(ends.size(), static_cast<std::size_t>(next));
        for (const auto& [entry, n] : ends) ASSERT_EQ(n, 1) << entry;
    }
}

}  // namespace
}  // namespace trainyard::aws::sqs
