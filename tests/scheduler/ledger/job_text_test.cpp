#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/base/rng.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr job_id top = 0x7fff'ffff'ffff'ffffULL;

TEST(job_text, known_values) {
    EXPECT_EQ(to_text(0), "0000000000000");
    EXPECT_EQ(to_text(35), "000000000000z");
    EXPECT_EQ(to_text(36), "0000000000010");
    EXPECT_EQ(to_text(top), "1y2p0ij32e8e7");
}

TEST(job_text, round_trip_keeps_the_order) {
    rng random{11};
    std::vector<job_id> ids{0, 1, 35, 36, 37, top - 1, top};
    for (int i = 0; i < 5'000; ++i) ids.push_back(random.next_u64() >> (1 + random.below(63)));
    std::sort(ids.begin(), ids.end());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::string text = to_text(ids[i]);
        const auto back = parse_job_id(text);
        ASSERT_TRUE(back) << text;
        ASSERT_EQ(*back, ids[i]);
        if (i == 0) continue;
        ASSERT_EQ(to_text(ids[i - 1]) < text, ids[i - 1] < ids[i]);
    }
}

TEST(job_text, refuses_what_is_no_id) {
    for (const std::string_view bad :
         {"", "0", "000000000000", "00000000000000", "000000000000A", "000000000000-", " 000000000001",
          "1y2p0ij32e8e8", "zzzzzzzzzzzzz", "00000000000\xc3\xa9"}) {
        const auto id = parse_job_id(bad);
        ASSERT_FALSE(id) << bad;
        EXPECT_EQ(id.error().code, errc::invalid_argument);
        EXPECT_NE(id.error().message.find("13 digits"), std::string::npos) << id.error().message;
    }
    EXPECT_FALSE(
        parse_job_id(std::string_view("\0"
                                      "000000000001",
                                      13)));
}

TEST(job_text, states_round_trip) {
    for (int i = 0; i <= static_cast<int>(state::rejected); ++i) {
        const auto s = static_cast<state>(i);
        EXPECT_EQ(parse_state(to_string(s)), s);
    }
    EXPECT_EQ(to_string(state::name_conflict), "name_conflict");
    EXPECT_EQ(to_string(state::stopping), "stopping");
    EXPECT_FALSE(parse_state("Pending"));
    EXPECT_FALSE(parse_state("unknown"));
    EXPECT_FALSE(parse_state(""));
}

}  // namespace
}  // namespace trainyard::lifecycle
