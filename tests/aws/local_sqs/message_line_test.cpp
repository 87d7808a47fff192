#include "aws/local/sqs/message_line.hpp"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local {
namespace {

// Random changes beside a map, which is in order by itself.
TEST(message_line, is_a_map_from_numbers) {
    rng dice{4};
    for (int round = 0; round < 50; ++round) {
        message_line<int> line;
        std::map<std::uint64_t, int*> model;
        std::vector<int> messages(2'000);
        std::uint64_t last = 0;
        for (int& m : messages) {
            if (dice.chance(0.55) || model.empty()) {
                const std::uint64_t number =
                    dice.chance(0.9) ? last + 1 + dice.below(3) : 1 + dice.below(last + 1);
                if (!model.emplace(number, &m).second) continue;
                last = std::max(last, number);
                line.add(number, m);
            } else {
                auto gone = dice.chance(0.6) ? model.begin() : model.lower_bound(dice.below(last + 1));
                if (gone == model.end()) gone = model.begin();
                line.remove(gone->first);
                model.erase(gone);
            }
            ASSERT_EQ(line.size(), model.size());
            ASSERT_EQ(line.front(), model.empty() ? nullptr : model.begin()->second);
            const std::uint64_t behind = dice.chance(0.5) ? 0 : dice.below(last + 2);
            const std::size_t count = dice.below(12);
            std::vector<int*> expected, got;
            for (auto at = model.upper_bound(behind); at != model.end() && expected.size() < count; ++at)
                expected.push_back(at->second);
            line.next(behind, count, got);
            ASSERT_EQ(got, expected);
        }
    }
}

}  // namespace
}  // namespace trainyard::aws::local
