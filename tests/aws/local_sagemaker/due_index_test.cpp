#include "aws/local/sagemaker/common/due_index.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

wall_time at(std::int64_t seconds) {
    return wall_time{std::chrono::seconds{seconds}};
}

TEST(due_index, the_earliest_is_known_and_times_move) {
    due_index<std::string> index;
    std::string a = "a", b = "b";
    EXPECT_FALSE(index.first().has_value());
    index.set(a, at(5));
    index.set(b, at(3));
    EXPECT_EQ(index.first(), at(3));
    EXPECT_EQ(index.due(at(4)), std::vector<std::string*>{&b});
    index.set(b, at(9));
    EXPECT_EQ(index.first(), at(5));
    EXPECT_EQ(index.due(at(9)), (std::vector<std::string*>{&a, &b}));
    index.set(a, std::nullopt);
    index.set(b, std::nullopt);
    EXPECT_FALSE(index.first().has_value());
    EXPECT_TRUE(index.due(at(100)).empty());
}

TEST(due_index, agrees_with_a_plain_map) {
    rng dice{5};
    due_index<int> index;
    std::vector<int> things(20);
    std::map<int*, wall_time> plain;
    for (int step = 0; step < 20'000; ++step) {
        int& what = things[dice.below(things.size())];
        if (dice.chance(0.3)) {
            index.set(what, std::nullopt);
            plain.erase(&what);
        } else {
            const wall_time when = at(dice.between(0, 30));
            index.set(what, when);
            plain[&what] = when;
        }
        std::optional<wall_time> first;
        std::size_t due = 0;
        for (const auto& [thing, when] : plain) {
            if (!first || when < *first) first = when;
            due += when <= at(15) ? 1U : 0U;
        }
        ASSERT_EQ(index.first(), first);
        ASSERT_EQ(index.due(at(15)).size(), due);
    }
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
