#include "bench/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/rng.hpp"

namespace trainyard::bench {
namespace {

using values = std::vector<double>;

TEST(rank_probability, is_that_of_the_tables) {
    EXPECT_DOUBLE_EQ(rank_probability(5, 5, 0), 1.0 / 252);
    EXPECT_DOUBLE_EQ(rank_probability(5, 5, 2), 4.0 / 252);  // 1, 1, 2 ways for 0, 1, 2
    EXPECT_DOUBLE_EQ(rank_probability(3, 2, 6), 1);
    EXPECT_DOUBLE_EQ(rank_probability(2, 3, 1), 2.0 / 10);
    // Two-sided 5 % of n = m = 10 begins at 23 (Mann and Whitney's table).
    EXPECT_LE(2 * rank_probability(10, 10, 23), 0.05);
    EXPECT_GT(2 * rank_probability(10, 10, 24), 0.05);
    // Where the approximation takes over it agrees with the exact one.
    EXPECT_NEAR(rank_probability(50, 50, 900), rank_probability(51, 50, 918), 0.001);
}

// Log-normal noise around `middle`.
values noise(rng& random, std::size_t n, double middle, double sigma) {
    values out;
    for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (int k = 0; k < 12; ++k) sum += random.unit();
        out.push_back(middle * std::exp((sum - 6) * sigma));
    }
    return out;
}

// The interval holds the true ratio as often as it says, for few and for many rounds.
TEST(estimate_ratio, covers_the_true_ratio) {
    rng random{11};
    for (const std::size_t n : {5U, 8U, 20U}) {
        constexpr int trials = 2'000;
        int covered = 0, claimed = 0;
        for (int i = 0; i < trials; ++i) {
            const auto a = noise(random, n, 100, 0.2), b = noise(random, n, 130, 0.2);
            const auto e = estimate_ratio(a, b);
            covered += e.low <= 1.3 && 1.3 <= e.high ? 1 : 0;
            const auto same = estimate_ratio(a, noise(random, n, 100, 0.2));
            claimed += same.low > 1 || same.high < 1 ? 1 : 0;
            EXPECT_GE(e.confidence, confidence_wanted);
            EXPECT_LE(e.low, e.ratio);
            EXPECT_LE(e.ratio, e.high);
        }
        EXPECT_GT(covered, trials * 0.98) << n << " rounds";
        EXPECT_LT(claimed, trials * 0.02) << n << " rounds";
    }
}

TEST(estimate_ratio, says_less_when_there_are_few_values) {
    EXPECT_NEAR(estimate_ratio(values{1, 2, 3, 4}, values{5, 6, 7, 8}).confidence, 1 - 2.0 / 70, 1e-12);
    EXPECT_LT(estimate_ratio(values{1, 2, 3}, values{5, 6, 7}).confidence, confidence_least);
    EXPECT_EQ(estimate_ratio(values{2}, values{3}).ratio, 1.5);
}

figure with_rounds(std::string name, std::string unit, values rounds) {
    return round_figure(std::move(name), std::move(rounds), std::move(unit));
}

recorded one_run(std::vector<figure> figures,
                 std::vector<std::pair<std::string, std::string>> parameters = {}) {
    report r{"queue", std::move(parameters), 1, std::move(figures)};
    auto out = read_recorded(to_json(r) + "\n");
    EXPECT_TRUE(out.has_value());
    return std::move(*out);
}

verdict only_verdict(const recorded& a, const recorded& b, double threshold = 0.1) {
    const auto c = compare_reports(a, b, threshold);
    EXPECT_TRUE(c.has_value());
    EXPECT_EQ(c->changes.size(), 1U);
    return c->changes.front().what;
}

TEST(compare, knows_which_way_is_worse) {
    const values low{10, 11, 10.5, 10.2, 10.8}, high{20, 21, 20.5, 20.2, 20.8};
    const auto of = [](const char* unit, const values& v) { return one_run({with_rounds("f", unit, v)}); };
    EXPECT_EQ(only_verdict(of("us", low), of("us", high)), verdict::regressed);
    EXPECT_EQ(only_verdict(of("us", high), of("us", low)), verdict::improved);
    EXPECT_EQ(only_verdict(of("/s", low), of("/s", high)), verdict::improved);
    EXPECT_EQ(only_verdict(of("/s", high), of("/s", low)), verdict::regressed);
    EXPECT_EQ(only_verdict(of("of 10", high), of("of 10", low)), verdict::regressed);
    EXPECT_EQ(only_verdict(of("x", low), of("x", high)), verdict::changed);
}

TEST(compare, leaves_noise_and_small_changes_alone) {
    rng random{5};
    int changed = 0;
    for (int i = 0; i < 200; ++i) {
        const auto a = one_run({with_rounds("f", "us", noise(random, 5, 100, 0.1))});
        const auto b = one_run({with_rounds("f", "us", noise(random, 5, 100, 0.1))});
        changed += only_verdict(a, b) == verdict::same ? 0 : 1;
    }
    EXPECT_LE(changed, 6);  // 1 in 100 by the interval, fewer by the threshold
    // Beyond noise, below the threshold.
    const values a{100, 100.1, 100.2, 100.1, 100}, b{105, 105.1, 105.2, 105.1, 105};
    EXPECT_EQ(only_verdict(one_run({with_rounds("f", "us", a)}), one_run({with_rounds("f", "us", b)})),
              verdict::same);
    EXPECT_EQ(only_verdict(one_run({with_rounds("f", "us", a)}), one_run({with_rounds("f", "us", b)}), 0.02),
              verdict::regressed);
}

TEST(compare, finds_a_change_within_noise_of_its_size_when_it_is_there) {
    rng random{6};
    int found = 0;
    for (int i = 0; i < 100; ++i) {
        const auto a = one_run({with_rounds("f", "us", noise(random, 7, 100, 0.05))});
        const auto b = one_run({with_rounds("f", "us", noise(random, 7, 130, 0.05))});
        found += only_verdict(a, b) == verdict::regressed ? 1 : 0;
    }
    EXPECT_GE(found, 95);
}

TEST(compare, judges_few_rounds_not_at_all) {
    EXPECT_EQ(only_verdict(one_run({with_rounds("f", "us", {1, 1, 1})}),
                           one_run({with_rounds("f", "us", {9, 9, 9})})),
              verdict::unjudged);
}

// The machine was half as fast in the second run, and so was the floor.
TEST(compare, beside_a_floor_compares_the_ratios) {
    const auto side = [](double speed, double ours) {
        values value, floor;
        for (int i = 0; i < 5; ++i) {
            value.push_back(ours * speed * (1 + i * 0.01));
            floor.push_back(speed * (1 + i * 0.01));
        }
        return one_run({round_figure("f", value, "us", floor)});
    };
    EXPECT_EQ(only_verdict(side(1, 2), side(2, 2)), verdict::same);
    EXPECT_EQ(only_verdict(side(1, 2), side(2, 3)), verdict::regressed);
    const auto c = compare_reports(side(1, 2), side(2, 3), 0.1);
    EXPECT_TRUE(c->changes[0].of_floor_ratio);
    EXPECT_NEAR(c->changes[0].estimate.ratio, 1.5, 1e-9);
    EXPECT_TRUE(c->regressed());
}

TEST(compare, of_zeros_goes_by_order) {
    const values none(5, 0), some{1, 2, 1, 2, 1};
    const auto of = [](const values& v) { return one_run({with_rounds("f", "allocations", v)}); };
    EXPECT_EQ(only_verdict(of(none), of(none)), verdict::same);
    EXPECT_EQ(only_verdict(of(none), of(some)), verdict::regressed);
    EXPECT_EQ(only_verdict(of(some), of(none)), verdict::improved);
    EXPECT_EQ(only_verdict(of({0, 1, 2}), of({5, 6, 7})), verdict::unjudged);
}

TEST(compare, new_errors_are_a_regression) {
    const auto with = [](double n) { return one_run({{"failures in all", n, "errors", {}, {}, 0}}); };
    EXPECT_EQ(only_verdict(with(0), with(3)), verdict::regressed);
    EXPECT_EQ(only_verdict(with(3), with(0)), verdict::same);
}

TEST(compare, takes_several_runs_of_a_file_as_one_observation_each) {
    // Within each run nothing varies; from run to run it does, by more than the change.
    const auto line = [](double v) {
        return to_json({"queue", {}, 1, {with_rounds("f", "us", values(5, v))}}) + "\n";
    };
    std::string a, b;
    for (const double v : {10.0, 14.0, 12.0, 11.0, 13.0}) a += line(v), b += line(v + 1.5);
    const auto before = read_recorded(a), after = read_recorded(b);
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->figures.size(), 5U);
    EXPECT_EQ(only_verdict(*before, *after), verdict::same);
    // The first runs alone would claim a change.
    const auto first = read_recorded(line(10)), other = read_recorded(line(11.5));
    EXPECT_EQ(only_verdict(*first, *other), verdict::regressed);
}

TEST(compare, refuses_what_is_not_of_one_benchmark) {
    const auto why = [](const recorded& a, const recorded& b) {
        const auto c = compare_reports(a, b, 0.1);
        return c ? std::string{} : c.error().message;
    };
    const auto eight = one_run({}, {{"batch", "10"}, {"connections", "8"}});
    const auto sixteen = one_run({}, {{"batch", "10"}, {"connections", "16"}});
    EXPECT_THAT(why(eight, sixteen), testing::HasSubstr("'connections' is 8 in one and 16 in the other"));
    EXPECT_THAT(why(eight, one_run({}, {{"batch", "10"}})),
                testing::HasSubstr("'connections' is 8 in one and not"));
    EXPECT_THAT(why(one_run({}), eight), testing::HasSubstr("'batch' is not there"));
    recorded other = eight;
    other.first.bench = "sign";
    EXPECT_THAT(why(eight, other), testing::HasSubstr("bench is queue in one and sign in the other"));
    EXPECT_EQ(why(eight, eight), "");
}

TEST(compare, refuses_what_is_no_report) {
    const auto fails = [](std::string_view text) { return read_recorded(text).has_error(); };
    EXPECT_TRUE(fails(""));
    EXPECT_TRUE(fails("nonsense"));
    EXPECT_TRUE(fails("{}"));
    EXPECT_TRUE(fails(R"({"bench":"queue","manifest":{},"figures":[{"name":"f"}]})"));
    EXPECT_FALSE(fails(R"({"bench":"queue","manifest":{},"figures":[]})"));
    const std::string two =
        to_json({"queue", {{"a", "1"}}, 1, {}}) + "\n" + to_json({"queue", {{"a", "2"}}, 1, {}});
    const auto mixed = read_recorded(two);
    ASSERT_TRUE(mixed.has_error());
    EXPECT_THAT(mixed.error().message, testing::HasSubstr("'a' is 1 in one and 2"));
}

TEST(compare, names_what_is_in_one_file_only) {
    const auto c = compare_reports(one_run({with_rounds("a", "us", {1}), with_rounds("b", "us", {1})}),
                                   one_run({with_rounds("b", "us", {1}), with_rounds("c", "us", {1})}), 0.1);
    EXPECT_THAT(c->only_in_one, testing::ElementsAre("a", "c"));
    EXPECT_EQ(c->changes.size(), 1U);
}

}  // namespace
}  // namespace trainyard::bench
