#include "aws/sqs/custody.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "engine/base/rng.hpp"

namespace trainyard::aws::sqs {
namespace {

using verdict = custody::arrival::verdict;

std::string uuid(std::size_t n) {
    return fmt::format("{:08x}-0000-4000-8000-{:012x}", n * 7, n);
}

TEST(custody, a_copy_of_what_is_held_brings_its_handle_and_nothing_else) {
    custody c{10};
    const auto first = c.arrived(0, uuid(1), "h1", {3, 4});
    EXPECT_EQ(first.what, verdict::fresh);
    EXPECT_EQ(c.newer_handle(first.slot), "");
    const auto copy = c.arrived(0, uuid(1), "h2", {5, 6});
    EXPECT_EQ(copy.what, verdict::copy);
    EXPECT_EQ(copy.slot, first.slot);
    EXPECT_EQ(c.newer_handle(first.slot), "h2");
    EXPECT_EQ(c.place(first.slot), (message_place{3, 4}));
    EXPECT_EQ(c.slots(), 1U);
    EXPECT_EQ(c.arrived(1, uuid(1), "h", {0, 0}).what, verdict::fresh) << "another queue's";
}

TEST(custody, a_newer_handle_while_a_delete_is_under_way_asks_for_another) {
    custody c{10};
    const auto m = c.arrived(0, uuid(1), "h1", {});
    EXPECT_TRUE(c.acknowledge(m.slot));
    EXPECT_FALSE(c.acknowledge(m.slot));
    c.asked(m.slot);
    EXPECT_EQ(c.arrived(0, uuid(1), "h2", {}).what, verdict::copy);
    EXPECT_FALSE(c.ended(m.slot));
    c.asked(m.slot);
    EXPECT_TRUE(c.ended(m.slot));
    EXPECT_EQ(c.slots(), 0U);
}

TEST(custody, what_was_acknowledged_is_deleted_again_and_what_was_given_back_is_new) {
    custody c{10};
    const auto done = c.arrived(0, uuid(1), "h", {});
    c.acknowledge(done.slot);
    c.asked(done.slot);
    EXPECT_TRUE(c.ended(done.slot));
    const auto again = c.arrived(0, uuid(1), "h2", {});
    EXPECT_EQ(again.what, verdict::finished);
    EXPECT_EQ(c.stage_of(again.slot), custody::stage::erasing);

    const auto returned = c.arrived(0, uuid(2), "h", {});
    EXPECT_TRUE(c.give_back(returned.slot));
    c.asked(returned.slot);
    const auto anew = c.arrived(0, uuid(2), "h2", {});
    EXPECT_EQ(anew.what, verdict::fresh) << "it came before the answer that it was given back";
    EXPECT_TRUE(c.ended(returned.slot));
    EXPECT_EQ(c.arrived(0, uuid(2), "h3", {}).slot, anew.slot) << "the older one's end leaves the newer one";
}

TEST(custody, a_reference_ends_with_its_message) {
    custody c{0};
    const auto m = c.arrived(0, uuid(1), "h", {});
    const auto turn = c.turn(m.slot);
    EXPECT_TRUE(c.names(m.slot, turn));
    c.lost(m.slot);
    EXPECT_FALSE(c.names(m.slot, turn));
    const auto next = c.arrived(0, uuid(2), "h", {});
    EXPECT_EQ(next.slot, m.slot);
    EXPECT_FALSE(c.names(m.slot, turn));
}

// Against a map and a list: the same answers, and the oldest are forgotten.
TEST(id_table, random_runs) {
    constexpr std::size_t remembered = 300;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        id_table table{remembered};
        std::map<std::string, std::uint32_t> model;
        std::deque<std::string> order;
        for (int step = 0; step < 20'000; ++step) {
            const std::string id =
                random.chance(0.5) ? uuid(random.below(2'000)) : fmt::format("id {}", random.below(500));
            const auto key = id_table::make_key(0, id);
            const auto found = model.find(id);
            ASSERT_EQ(table.find(key), found == model.end() ? id_table::nothing : found->second);
            switch (random.below(3)) {
                case 0:
                    table.put(key, static_cast<std::uint32_t>(step));
                    model[id] = static_cast<std::uint32_t>(step);
                    break;
                case 1:
                    table.remove(key);
                    model.erase(id);
                    break;
                default:
                    table.settle(key);
                    model[id] = id_table::settled;
                    order.push_back(id);
                    if (order.size() <= remembered) break;
                    const auto oldest = model.find(order.front());
                    if (oldest != model.end() && oldest->second == id_table::settled && order.front() != id)
                        model.erase(oldest);
                    order.pop_front();
            }
            ASSERT_EQ(table.size(), model.size());
        }
    }
}

}  // namespace
}  // namespace trainyard::aws::sqs
