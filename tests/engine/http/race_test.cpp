#include "engine/http/race.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace trainyard::http {
namespace {

using ::testing::ElementsAre;
using action = race_plan::action;

std::vector<std::string> interleaved(const std::vector<std::string>& resolved) {
    std::vector<boost::asio::ip::address> in;
    for (const auto& text : resolved) in.push_back(boost::asio::ip::make_address(text));
    std::vector<std::string> out;
    for (const auto& a : interleave(in)) out.push_back(a.to_string());
    return out;
}

TEST(race, families_take_turns_and_the_resolvers_first_begins) {
    EXPECT_THAT(interleaved({"::1", "::2", "::3", "1.0.0.1", "1.0.0.2"}),
                ElementsAre("::1", "1.0.0.1", "::2", "1.0.0.2", "::3"));
    EXPECT_THAT(interleaved({"1.0.0.1", "1.0.0.2", "::1"}), ElementsAre("1.0.0.1", "::1", "1.0.0.2"));
    EXPECT_THAT(interleaved({"1.0.0.1", "1.0.0.1", "1.0.0.2"}), ElementsAre("1.0.0.1", "1.0.0.2"));
    EXPECT_THAT(interleaved({}), ElementsAre());
}

constexpr mono_time after(duration d) {
    return mono_time{1h + d};
}

void expect_start(race_plan& p, duration when, std::size_t which) {
    const auto s = p.next(after(when));
    EXPECT_EQ(s.what, action::start);
    EXPECT_EQ(s.which, which);
}

void expect_wait(race_plan& p, duration when, mono_time until) {
    const auto s = p.next(after(when));
    EXPECT_EQ(s.what, action::wait);
    EXPECT_EQ(s.until, until);
}

TEST(race, an_address_that_does_not_answer_costs_one_stagger) {
    race_plan p(3);
    expect_start(p, 0ms, 0);
    expect_wait(p, 0ms, after(250ms));
    expect_wait(p, 249ms, after(250ms));
    expect_start(p, 250ms, 1);
    expect_wait(p, 250ms, after(500ms));
    expect_start(p, 600ms, 2);
    expect_wait(p, 600ms, mono_time::max());
}

TEST(race, when_all_have_failed_the_next_one_starts_at_once) {
    race_plan p(2);
    expect_start(p, 0ms, 0);
    p.ended();
    expect_start(p, 1ms, 1);
    p.ended();
    EXPECT_EQ(p.next(after(2ms)).what, action::lost);
}

TEST(race, a_failure_beside_a_running_attempt_does_not_hurry_the_next) {
    race_plan p(3);
    expect_start(p, 0ms, 0);
    expect_start(p, 250ms, 1);
    p.ended();
    expect_wait(p, 260ms, after(500ms));
}

TEST(race, nothing_to_try_is_lost) {
    race_plan p(0);
    EXPECT_EQ(p.next(after(0ms)).what, action::lost);
}

}  // namespace
}  // namespace trainyard::http
