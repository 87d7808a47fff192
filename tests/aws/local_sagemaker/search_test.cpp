// What a tuning job tries: ranges, strategies, and how good values turn out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "aws/local/sagemaker/tuning/search_space.hpp"
#include "aws/local/sagemaker/tuning/search_strategy.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using testing::HasSubstr;

search_space space_of(const std::string& text) {
    const auto in = json::document::parse(text);
    auto out = search_space::read(in->root());
    EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
    return out ? *out : search_space{};
}

std::string refusal_of(const std::string& text) {
    const auto in = json::document::parse(text);
    const auto out = search_space::read(in->root());
    return out ? "" : out.error().message;
}

const char* const mixed =
    R"({"IntegerParameterRanges":[{"Name":"layers","MinValue":"2","MaxValue":"5"}],)"
    R"("ContinuousParameterRanges":[{"Name":"lr","MinValue":"0.0001","MaxValue":"0.1"},)"
    R"({"Name":"momentum","MinValue":"0.5","MaxValue":"0.999","ScalingType":"ReverseLogarithmic"}],)"
    R"("CategoricalParameterRanges":[{"Name":"optimizer","Values":["sgd","adam"]}],)"
    R"("AutoParameters":[{"Name":"batch","ValueHint":"32"}]})";

TEST(search_space_property, values_lie_in_their_ranges_and_lead_back) {
    const search_space space = space_of(mixed);
    rng chance{1};
    for (int i = 0; i < 10'000; ++i) {
        std::vector<double> at;
        for (std::size_t p = 0; p < space.size(); ++p) at.push_back(chance.unit());
        const parameter_values v = space.values_at(at);
        ASSERT_TRUE(v.size() == 5U);
        ASSERT_TRUE(v.at("batch") == "32");
        const double layers = std::stod(v.at("layers")), lr = std::stod(v.at("lr")),
                     m = std::stod(v.at("momentum"));
        ASSERT_TRUE(layers >= 2 && layers <= 5 && layers == std::floor(layers));
        ASSERT_TRUE(lr >= 0.0001 && lr <= 0.1);
        ASSERT_TRUE(m >= 0.5 && m <= 0.999);
        ASSERT_TRUE(v.at("optimizer") == "sgd" || v.at("optimizer") == "adam");
        ASSERT_TRUE(space.values_at(space.positions_of(v)).at("layers") == v.at("layers"));
        const std::vector<double> back = space.positions_of(v);
        ASSERT_TRUE(std::abs(back[1] - at[1]) < 1e-6);
        ASSERT_TRUE(std::abs(back[2] - at[2]) < 1e-6);
    }
}

TEST(search_space, reaches_both_ends_of_a_range) {
    const search_space space =
        space_of(R"({"IntegerParameterRanges":[{"Name":"n","MinValue":"-1","MaxValue":"1"}]})");
    EXPECT_EQ(space.values_at({0}).at("n"), "-1");
    EXPECT_EQ(space.values_at({0.999}).at("n"), "1");
    EXPECT_EQ(space_of(R"({"ContinuousParameterRanges":[{"Name":"x","MinValue":"3","MaxValue":"3"}]})")
                  .values_at({0.7})
                  .at("x"),
              "3");
}

TEST(search_space, auto_scaling_is_logarithmic_over_decades) {
    const search_space wide = space_of(
        R"({"ContinuousParameterRanges":[{"Name":"x","MinValue":"0.001","MaxValue":"0.1","ScalingType":"Auto"}]})");
    EXPECT_NEAR(std::stod(wide.values_at({0.5}).at("x")), 0.01, 1e-9);
    const search_space narrow =
        space_of(R"({"ContinuousParameterRanges":[{"Name":"x","MinValue":"1","MaxValue":"3"}]})");
    EXPECT_NEAR(std::stod(narrow.values_at({0.5}).at("x")), 2, 1e-9);
}

TEST(search_space, refuses_ranges_that_make_no_sense) {
    const auto integer = [](const std::string& low, const std::string& high, const std::string& more = "") {
        return R"({"IntegerParameterRanges":[{"Name":"n","MinValue":")" + low + R"(","MaxValue":")" + high +
               "\"" + more + "}]}";
    };
    EXPECT_THAT(refusal_of(integer("5", "2")), HasSubstr("'n' has a MinValue above its MaxValue"));
    EXPECT_THAT(refusal_of(integer("1.5", "2")), HasSubstr("must have integers"));
    EXPECT_THAT(refusal_of(integer("one", "2")), HasSubstr("must have numbers"));
    EXPECT_THAT(refusal_of(integer("0", "2", R"(,"ScalingType":"Logarithmic")")),
                HasSubstr("must be above 0"));
    EXPECT_THAT(refusal_of(integer("0", "2", R"(,"ScalingType":"ReverseLogarithmic")")),
                HasSubstr("0 <= x < 1"));
    EXPECT_THAT(refusal_of(R"({"CategoricalParameterRanges":[{"Name":"a","Values":["x"]},)"
                           R"({"Name":"a","Values":["y"]}]})"),
                HasSubstr("'a' is there twice"));
    std::string many = R"({"CategoricalParameterRanges":[)";
    for (std::size_t i = 0; i <= tuned_parameters_max; ++i)
        many += (i ? "," : "") + (R"({"Name":"p)" + std::to_string(i) + R"(","Values":["x"]})");
    EXPECT_THAT(refusal_of(many + "]}"), HasSubstr("at most 30 hyperparameters, not 31"));
}

TEST(search_strategy, a_grid_goes_through_every_combination_once) {
    const search_space space = space_of(
        R"({"CategoricalParameterRanges":[{"Name":"a","Values":["1","2","3"]},{"Name":"b","Values":["x","y"]}]})");
    ASSERT_EQ(grid_size(space), 6U);
    std::set<parameter_values> seen;
    for (std::uint64_t i = 0; i < 6; ++i)
        seen.insert(space.values_at(next_trial(search_kind::grid, space, 1, i, {})));
    EXPECT_EQ(seen.size(), 6U);
}

TEST(search_strategy, the_same_seed_makes_the_same_trials) {
    const search_space space = space_of(mixed);
    for (const search_kind k : {search_kind::random, search_kind::bayesian, search_kind::hyperband}) {
        EXPECT_EQ(next_trial(k, space, 7, 3, {}), next_trial(k, space, 7, 3, {}));
        EXPECT_NE(next_trial(k, space, 7, 3, {}), next_trial(k, space, 8, 3, {}));
        EXPECT_NE(next_trial(k, space, 7, 3, {}), next_trial(k, space, 7, 4, {}));
    }
}

// The mean over many seeds of the best of 30 trials.
double mean_best(search_kind kind, const search_space& space) {
    double sum = 0;
    constexpr int runs = 40;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        std::vector<observation> seen;
        double best = 0;
        for (std::uint64_t n = 0; n < 30; ++n) {
            const auto at = next_trial(kind, space, seed, n, seen);
            const double q = quality_of(space, seed + 1000, space.values_at(at));
            seen.push_back({at, q});
            best = std::max(best, q);
        }
        sum += best;
    }
    return sum / runs;
}

TEST(search_strategy, bayesian_search_finds_better_values_than_chance) {
    const search_space space = space_of(mixed);
    EXPECT_GT(mean_best(search_kind::bayesian, space), mean_best(search_kind::random, space) + 0.02);
}

TEST(search_strategy, bayesian_search_goes_where_nothing_is_known) {
    const search_space space =
        space_of(R"({"ContinuousParameterRanges":[{"Name":"x","MinValue":"0","MaxValue":"1"}]})");
    const std::vector<observation> equal{{{0.1}, 0.5}, {{0.12}, 0.5}, {{0.14}, 0.5}, {{0.16}, 0.5}};
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        EXPECT_GT(next_trial(search_kind::bayesian, space, seed, 9, equal).front(), 0.5) << seed;
}

TEST(quality_property, is_of_the_values_alone_and_lies_in_its_range) {
    const search_space space = space_of(mixed);
    for (std::uint64_t n = 0; n < 1'000; ++n) {
        const parameter_values v = space.values_at(next_trial(search_kind::random, space, 3, n, {}));
        const double q = quality_of(space, 5, v);
        ASSERT_TRUE(q >= 0 && q <= 1) << q;
        ASSERT_EQ(q, quality_of(space, 5, v));
        ASSERT_NE(q, quality_of(space, 6, v));
    }
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
