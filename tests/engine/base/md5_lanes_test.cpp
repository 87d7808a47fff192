#include "engine/base/md5_lanes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/rng.hpp"

namespace trainyard {
namespace {

void expect_same(const std::vector<std::string>& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<md5_digest> digests(texts.size());
    md5_of_each(views, digests);
    for (std::size_t i = 0; i < texts.size(); ++i)
        ASSERT_EQ(digests[i], md5(texts[i]))
            << "text " << i << " of " << texts.size() << ", " << texts[i].size();
}

// The padding changes at 55, 56 and 64 bytes.
TEST(md5_lanes, every_length_in_every_lane) {
    for (std::size_t count = 0; count <= 20; ++count) {
        std::vector<std::string> texts;
        for (std::size_t size = 0; size < 200; ++size) {
            texts.clear();
            for (std::size_t i = 0; i < count; ++i) texts.emplace_back(size, static_cast<char>('a' + i));
            expect_same(texts);
        }
    }
}

TEST(md5_lanes, texts_of_different_lengths) {
    rng dice{3};
    for (int round = 0; round < 500; ++round) {
        std::vector<std::string> texts(dice.below(24));
        for (std::string& t : texts) {
            t.resize(dice.below(dice.chance(0.1) ? 5000 : 400));
            for (char& c : t) c = static_cast<char>(dice.below(256));
        }
        expect_same(texts);
    }
}

}  // namespace
}  // namespace trainyard
