#include "bench/report.hpp"

#include <gtest/gtest.h>

#include "engine/base/json.hpp"

namespace trainyard::bench {
namespace {

using values = std::vector<double>;

TEST(median, is_the_middle_or_between_the_two_middle_ones) {
    EXPECT_EQ(median(values{3, 1, 2}), 2);
    EXPECT_EQ(median(values{4, 1, 2, 3}), 2.5);
    EXPECT_EQ(median(values{7}), 7);
}

TEST(spread_of, is_half_the_middle_half_over_the_median) {
    EXPECT_EQ(spread_of(values{1, 2, 3, 4, 5}), (4.0 - 2.0) / 2 / 3);
    EXPECT_EQ(spread_of(values{5, 5, 5}), 0);
    EXPECT_EQ(spread_of(values{0, 0, 0}), 0);
    // One outlier does not show.
    EXPECT_EQ(spread_of(values{10, 10, 10, 10, 1000}), 0);
}

TEST(figures, pair_the_rounds) {
    // The machine is twice as slow in the second round: the ratio is 3 in both.
    const values slow{30, 60, 30}, fast{10, 20, 10};
    EXPECT_EQ(ratios(slow, fast), (values{3, 3, 3}));
    const figure f = time_figure("f", slow, fast);
    EXPECT_EQ(f.value, 30);
    EXPECT_EQ(f.floor, 10);
    EXPECT_EQ(f.ratio, 3);
    EXPECT_EQ(f.spread, 0);
    EXPECT_EQ(ratio_figure("r", slow, fast).value, 3);
    EXPECT_FALSE(time_figure("t", slow).floor.has_value());
}

double ticks = 0;
double fake_time() {
    return ticks;
}

TEST(rounds, measure_in_turns_and_divide_by_the_batch) {
    std::string order;
    rounds r;
    const auto a = r.add([&](std::size_t n) { order += 'a', ticks += 2.0 * static_cast<double>(n); }, 10);
    const auto b = r.add([&](std::size_t n) { order += 'b', ticks += 5.0 * static_cast<double>(n); }, 3);
    r.run(3, fake_time);
    EXPECT_EQ(order, "ababab");
    EXPECT_EQ(values(r.of(a).begin(), r.of(a).end()), (values{2, 2, 2}));
    EXPECT_EQ(values(r.of(b).begin(), r.of(b).end()), (values{5, 5, 5}));
}

TEST(report, is_one_json_object_or_a_table) {
    const report r{
        "sign", {{"rounds", "41"}}, 7, {{"one", 12.5, "ns", 10, 1.25, 0.02}, {"two", 3, "x", {}, {}, 0}}};
    const std::string text = to_json(r);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto document = json::document::parse(text);
    ASSERT_TRUE(document.has_value());
    const auto root = document->root();
    EXPECT_EQ(root.find("bench").string(), "sign");
    const auto manifest = root.find("manifest");
    EXPECT_EQ(manifest.find("version").string(), TRAINYARD_VERSION);
    EXPECT_TRUE(manifest.find("machine").string().has_value());
    EXPECT_EQ(manifest.find("parameters").find("rounds").string(), "41");
    EXPECT_EQ(manifest.find("seed").integer(), 7);
    const auto figures = root.find("figures").elements();
    auto f = figures.begin();
    EXPECT_EQ((*f).find("name").string(), "one");
    EXPECT_EQ((*f).find("floor").number(), 10);
    EXPECT_EQ((*f).find("ratio").number(), 1.25);
    ++f;
    EXPECT_EQ((*f).find("value").number(), 3);
    EXPECT_FALSE((*f).find("floor").exists());
    const std::string table = to_table(r);
    for (const char* part : {"sign", "rounds: 41", "seed: 7", "12.50", "1.25", "2.0%"})
        EXPECT_NE(table.find(part), std::string::npos) << part << '\n' << table;
}

}  // namespace
}  // namespace trainyard::bench
