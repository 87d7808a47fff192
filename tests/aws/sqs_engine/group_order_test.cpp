#include "aws/sqs/group_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "engine/base/rng.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::sqs {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(group_order, one_of_a_group_at_a_time_and_groups_beside_each_other) {
    group_order<int> g;
    EXPECT_THAT(g.arrived("a", 1), Optional(1));
    EXPECT_EQ(g.arrived("a", 2), std::nullopt);
    EXPECT_THAT(g.arrived("b", 3), Optional(3));
    EXPECT_EQ(g.arrived("a", 4), std::nullopt);
    EXPECT_EQ(g.waiting(), 2U);
    EXPECT_EQ(g.groups(), 2U);
    EXPECT_THAT(g.finished("a"), Optional(2));
    EXPECT_EQ(g.finished("b"), std::nullopt);
    EXPECT_THAT(g.arrived("b", 5), Optional(5));
    EXPECT_THAT(g.finished("a"), Optional(4));
    EXPECT_EQ(g.finished("a"), std::nullopt);
    EXPECT_EQ(g.finished("a"), std::nullopt);
    EXPECT_EQ(g.groups(), 1U);
}

TEST(group_order, what_has_no_group_waits_for_nobody) {
    group_order<int> g;
    EXPECT_THAT(g.arrived("", 1), Optional(1));
    EXPECT_THAT(g.arrived("", 2), Optional(2));
    EXPECT_EQ(g.finished(""), std::nullopt);
}

TEST(group_order, gives_back_what_waited_behind_a_failure_newest_first) {
    group_order<int> g;
    for (int i = 1; i <= 4; ++i) g.arrived("a", i);
    EXPECT_THAT(g.abandoned("a"), ElementsAre(4, 3, 2));
    EXPECT_EQ(g.waiting(), 0U);
    EXPECT_THAT(g.arrived("a", 5), Optional(5));
    EXPECT_THAT(g.abandoned("b"), ElementsAre());
}

TEST(group_order, random_runs) {
    for (std::uint64_t seed = 0; seed < test::runs(2'000); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        group_order<int> g;
        std::vector<std::pair<std::string, int>> running;
        std::map<std::string, int> last;
        int next = 0, done = 0;
        const auto begin = [&](const std::string& group, std::optional<int> what) {
            if (!what) return;
            ASSERT_GT(*what, last.try_emplace(group, -1).first->second);
            last[group] = *what;
            running.emplace_back(group, *what);
        };
        while (next < 100 || !running.empty()) {
            if (next < 100 && random.chance(0.5)) {
                const std::string group(1, static_cast<char>('a' + random.below(4)));
                begin(group, g.arrived(group, next++));
            } else if (!running.empty()) {
                const auto at = static_cast<std::ptrdiff_t>(random.below(running.size()));
                const std::string group = running[static_cast<std::size_t>(at)].first;
                running.erase(running.begin() + at);
                ++done;
                begin(group, g.finished(group));
            }
            std::map<std::string, int> busy;
            for (const auto& [group, what] : running) ASSERT_EQ(++busy[group], 1);
        }
        ASSERT_EQ(done, 100);
        ASSERT_EQ(g.groups(), 0U);
    }
}

}  // namespace
}  // namespace trainyard::aws::sqs
