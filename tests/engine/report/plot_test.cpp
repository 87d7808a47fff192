#include "engine/report/plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trainyard::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> labels(const ruler& r) {
    std::vector<std::string> out;
    for (const auto& t : r.ticks()) out.push_back(t.label);
    return out;
}

TEST(report_axis, ticks_are_round_and_reach_both_ends) {
    const ruler r{{}, 3, 97, 5};
    EXPECT_EQ(labels(r), (std::vector<std::string>{"0", "20", "40", "60", "80", "100"}));
    EXPECT_DOUBLE_EQ(r.place(50), 0.5);
    EXPECT_DOUBLE_EQ(r.place(-10), 0);
    EXPECT_DOUBLE_EQ(r.place(1000), 1);
}

TEST(report_axis, seconds_step_by_hours_and_days) {
    EXPECT_EQ(labels(ruler({.unit = unit::seconds}, 0, 86400, 4)),
              (std::vector<std::string>{"0 s", "6 h", "12 h", "18 h", "24 h"}));
    EXPECT_EQ(labels(ruler({.unit = unit::seconds}, 0, 40 * 86400.0, 4)),
              (std::vector<std::string>{"0 s", "10 d", "20 d", "30 d", "40 d"}));
}

TEST(report_axis, bytes_step_by_powers_of_two) {
    EXPECT_EQ(labels(ruler({.unit = unit::bytes}, 0, 4096, 4)),
              (std::vector<std::string>{"0 B", "1 KiB", "2 KiB", "3 KiB", "4 KiB"}));
}

TEST(report_axis, a_log_axis_spans_whole_decades) {
    const ruler r{{.scale = scale::log}, 3, 40'000, 6};
    EXPECT_EQ(labels(r), (std::vector<std::string>{"1", "10", "100", "1,000", "10,000", "100,000"}));
    EXPECT_NEAR(r.place(100), 0.4, 1e-9);
    EXPECT_DOUBLE_EQ(r.place(0), 0);  // no logarithm: at the low end
    EXPECT_GE(ruler({.scale = scale::log}, 1e-300, 1e300, 6).low(), 1e300 / std::pow(10, decades_max + 0.1));
}

TEST(report_axis, a_log_axis_of_seconds_goes_on_in_minutes_and_hours) {
    EXPECT_EQ(
        labels(ruler({.unit = unit::seconds, .scale = scale::log}, 0.2, 90'000, 6)),
        (std::vector<std::string>{"100 ms", "1 s", "10 s", "60 s", "10 min", "60 min", "10 h", "24 h"}));
}

TEST(report_axis, whatever_comes_can_be_drawn) {
    const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
    for (const scale s : {scale::linear, scale::log})
        for (const auto& [low, high] : std::vector<std::pair<double, double>>{{inf, -inf},
                                                                              {0, 0},
                                                                              {5, 5},
                                                                              {-3, -3},
                                                                              {7, 2},
                                                                              {nan, nan},
                                                                              {1e-320, 2e-320},
                                                                              {-1e300, 1e300}}) {
            const ruler r{{.scale = s}, low, high, 6};
            EXPECT_LT(r.low(), r.high()) << low << " " << high;
            EXPECT_LE(r.ticks().size(), 40U);
            for (const double v : {low, high, nan, inf, -inf}) {
                EXPECT_GE(r.place(v), 0);
                EXPECT_LE(r.place(v), 1);
            }
        }
}

TEST(report_downsample, keeps_first_last_and_extremes_of_each_column) {
    std::vector<point> p;
    for (int i = 0; i < 100'000; ++i) p.push_back({static_cast<double>(i), std::sin(i / 1000.0)});
    p[55'555].y = 9;
    p[44'444].y = -9;
    const auto few = downsample(p, 100);
    EXPECT_LE(few.size(), 400U);
    EXPECT_GE(few.size(), 200U);
    EXPECT_EQ(few.front().x, 0);
    EXPECT_EQ(few.back().x, 99'999);
    const auto [low, high] = std::ranges::minmax_element(few, {}, &point::y);
    EXPECT_EQ(low->x, 44'444);
    EXPECT_EQ(high->x, 55'555);
    EXPECT_TRUE(std::ranges::is_sorted(few, {}, &point::x));
}

TEST(report_downsample, leaves_short_lines_alone_and_keeps_gaps) {
    const std::vector<point> p{{0, 1}, {1, 2}};
    EXPECT_EQ(downsample(p, 10).size(), 2U);
    EXPECT_TRUE(downsample({}, 10).empty());
    std::vector<point> same(5000, point{1, 1});
    EXPECT_LE(downsample(same, 10).size(), 40U);
    same[2500].y = std::nan("");
    const auto few = downsample(same, 10);
    EXPECT_TRUE(std::ranges::any_of(few, [](const point& q) { return std::isnan(q.y); }));
}

TEST(report_plot, a_line_runs_from_corner_to_corner) {
    const std::string html =
        to_html(line_plot{"Use", "", {.title = "time"}, {.title = "units"}, {{"a", {{0, 0}, {10, 10}}}}});
    // The frame of 760 x 340 less its margins.
    EXPECT_THAT(html, HasSubstr("d=\"M74 298L744 10\""));
    EXPECT_THAT(html, HasSubstr("<figcaption>Use</figcaption>"));
    EXPECT_THAT(html, Not(HasSubstr("legend")));  // one line needs none
}

TEST(report_plot, steps_hold_their_value_and_gaps_break_the_line) {
    const double nan = std::nan("");
    const line l{"a", {{0, 0}, {5, 10}, {6, nan}, {8, 10}, {10, 0}}, true};
    EXPECT_THAT(to_html(line_plot{"", "", {}, {}, {l}}), HasSubstr("d=\"M74 298H409V10M610 10H744V298\""));
}

TEST(report_plot, says_what_it_leaves_out) {
    line_plot p{"many", "", {}, {}, {}};
    for (int i = 0; i < 20; ++i) p.lines.push_back({std::to_string(i), {{0, 0}, {1, 1}}});
    EXPECT_THAT(to_html(p), HasSubstr("16 of 20 lines are drawn."));
    bar_plot b{"", "", {}, {"one"}, {}};
    for (int i = 0; i < 300; ++i) b.groups.push_back({std::to_string(i), {{1}}});
    EXPECT_THAT(to_html(b), HasSubstr("200 of 300 groups are drawn."));
}

TEST(report_plot, bars_begin_at_zero_and_carry_their_value) {
    const std::string html = to_html(bar_plot{
        "Wait", "", {.unit = unit::seconds}, {"easy"}, {{"a", {{50}}}, {"b", {{100, 10}}}, {"c", {}}}});
    EXPECT_THAT(html, HasSubstr(">50 s</text>"));
    EXPECT_THAT(html, HasSubstr(">100 s</text>"));
    EXPECT_THAT(html, HasSubstr("class=\"whisker\""));
    const std::string negative = to_html(bar_plot{"", "", {}, {"x"}, {{"a", {{-5}}}, {"b", {{5}}}}});
    EXPECT_THAT(negative, HasSubstr(">-5</text>"));
}

TEST(report_plot, quantiles_are_by_nearest_rank) {
    std::vector<double> v;
    for (int i = 1; i <= 1000; ++i) v.push_back(i);
    v.push_back(std::nan(""));
    const distribution d = distribution_of("a", v);
    ASSERT_FALSE(d.quantiles.empty());
    EXPECT_EQ(d.quantiles.front().value, 1);
    EXPECT_EQ(d.quantiles.back().value, 1000);
    const auto at = [&](double part) {
        return std::ranges::min_element(d.quantiles, {},
                                        [&](const quantile& q) { return std::abs(q.part - part); })
            ->value;
    };
    EXPECT_EQ(at(0.9), 900);
    EXPECT_EQ(at(0.99), 990);
    EXPECT_TRUE(std::ranges::is_sorted(d.quantiles, {}, &quantile::part));
    EXPECT_TRUE(distribution_of("none", {}).quantiles.empty());
}

TEST(report_plot, percentiles_have_an_axis_of_what_is_left_above) {
    std::vector<double> v;
    for (int i = 1; i <= 10'000; ++i) v.push_back(i * 1e-3);
    const std::string html =
        to_html(percentile_plot{"Latency",
                                "",
                                {.title = "latency", .unit = unit::seconds, .scale = scale::log},
                                {distribution_of("a", v)}});
    for (const char* label : {">50<", ">90<", ">99<", ">99.9<", ">99.99<", ">10 ms<"})
        EXPECT_THAT(html, HasSubstr(label));
    EXPECT_THAT(html, Not(HasSubstr(">99.999<")));
    // Nothing to draw is still a plot.
    EXPECT_THAT(to_html(percentile_plot{"", "", {}, {}}), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace trainyard::report
