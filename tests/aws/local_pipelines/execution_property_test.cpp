// Random pipelines under failures, stops and retries: what every execution has to keep.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "aws/local/sagemaker/pipelines/execution.hpp"
#include "scripted_jobs.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

constexpr int pipelines_tried = 400;

// A definition whose steps depend on each other at random, in an order of their own; some are conditions.
std::string random_definition(rng& random, std::size_t steps) {
    std::vector<std::size_t> order(steps);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = steps; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::string out = R"({"Version":"2020-12-01","Steps":[)";
    for (std::size_t i = 0; i < steps; ++i) {
        const std::string name = "s" + std::to_string(i);
        std::string depends;
        for (std::size_t j = 0; j < steps; ++j)
            if (order[j] < order[i] && random.chance(0.15))
                depends += (depends.empty() ? "\"s" : ",\"s") + std::to_string(j) + "\"";
        if (i > 0) out += ",";
        out += R"({"Name":")" + name + R"(","DependsOn":[)" + depends + "],";
        if (random.chance(0.2)) {
            const char* right = random.chance(0.5) ? "1" : "2";
            out +=
                R"("Type":"Condition","Arguments":{"Conditions":[{"Type":"Equals","LeftValue":1,"RightValue":)" +
                std::string{right} + R"(}],"IfSteps":[{"Name":")" + name +
                R"(-yes","Type":"Model","Arguments":{}}],)" + R"("ElseSteps":[{"Name":")" + name +
                R"(-no","Type":"Model","Arguments":{}}]}})";
        } else {
            out += R"("Type":"Training","Arguments":{}})";
        }
    }
    return out + "]}";
}

struct witness {
    const definition& d;
    std::optional<std::size_t> parallel_max;
    std::vector<step_status> seen;
    std::vector<int> successes;
    bool halted = false, ended = false;
    wall_time last{};
    std::size_t active = 0;

    explicit witness(const definition& of, std::optional<std::size_t> max)
        : d(of), parallel_max(max), seen(of.steps.size()), successes(of.steps.size()) {}

    void see(const execution_event& e) {
        EXPECT_GE(e.when, last) << "time goes on";
        last = e.when;
        if (const auto* x = std::get_if<execution_event::execution_changed>(&e.what)) {
            halted = x->to != execution_status::executing;
            ended = halted && x->to != execution_status::stopping;
            if (ended) {
                EXPECT_EQ(active, 0U) << "nothing runs after the end";
            }
            return;
        }
        const auto& s = std::get<execution_event::step_changed>(e.what);
        EXPECT_FALSE(ended);
        const step_status before = seen[s.step];
        seen[s.step] = s.to;
        if (s.to == step_status::starting && !(before == step_status::executing)) {
            ++active;
            EXPECT_FALSE(halted) << "nothing begins after a failure or a stop";
            for (const std::size_t on : d.steps[s.step].depends_on)
                EXPECT_EQ(seen[on], step_status::succeeded) << "begins after what it depends on";
            if (const auto by = d.steps[s.step].decided_by) {
                EXPECT_EQ(seen[*by], step_status::succeeded);
            }
            if (parallel_max) {
                EXPECT_LE(active, *parallel_max);
            }
        }
        if (has_ended(s.to)) {
            --active;
            if (s.to == step_status::succeeded) ++successes[s.step];
            if (s.to == step_status::failed) halted = true;
        }
    }
};

void try_one(std::uint64_t seed) {
    rng random{seed};
    auto parsed = parse_definition(random_definition(random, 1 + random.below(16)));
    ASSERT_TRUE(parsed) << parsed.error().message;
    const auto d = std::make_shared<const definition>(*std::move(parsed));
    std::optional<std::size_t> parallel;
    if (random.chance(0.5)) parallel = 1 + random.below(3);
    scripted_jobs jobs;
    jobs.lasts = static_cast<double>(random.below(20));
    jobs.stops_in = static_cast<double>(random.below(3));
    for (const step_definition& s : d->steps)
        if (random.chance(0.1)) jobs.fails[s.name] = {"AlgorithmError: x"};
    witness w{*d, parallel};
    const event_sink sink = [&](const execution_event& e) { w.see(e); };
    execution e{
        d, {"p", "arn:p", "abcdefghijkl", "arn:p/execution/abcdefghijkl", {}, parallel, 1}, rng{seed}, epoch};
    double now = 0;
    bool may_stop = random.chance(0.4);
    for (int i = 0; i < 10'000 && e.status() != execution_status::succeeded; ++i) {
        now += static_cast<double>(random.below(10'000)) / 1000;
        e.advance(at(now), jobs, sink);
        if (may_stop && random.chance(0.2)) may_stop = !e.stop(at(now), jobs, sink);
        if (e.status() == execution_status::failed || e.status() == execution_status::stopped) {
            ASSERT_TRUE(e.retry(at(now), sink));
        }
    }
    ASSERT_EQ(e.status(), execution_status::succeeded);
    EXPECT_FALSE(e.next());
    for (std::size_t i = 0; i < d->steps.size(); ++i) {
        const bool passed_over = e.steps()[i].status == step_status::skipped;
        EXPECT_EQ(w.successes[i], passed_over ? 0 : 1) << d->steps[i].name;
        if (!passed_over) {
            EXPECT_EQ(e.steps()[i].status, step_status::succeeded);
        }
    }
}

TEST(execution_property, order_once_and_parallelism_hold) {
    for (std::uint64_t seed = 0; seed < pipelines_tried; ++seed) {
        try_one(seed);
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
}

// How often one looks changes nothing of what happens, or when.
TEST(execution_property, strides_do_not_matter) {
    for (std::uint64_t seed = 0; seed < pipelines_tried; ++seed) {
        rng random{seed};
        auto parsed = parse_definition(random_definition(random, 1 + random.below(16)));
        ASSERT_TRUE(parsed);
        const auto d = std::make_shared<const definition>(*std::move(parsed));
        std::vector<std::vector<wall_time>> ends;
        for (const double stride : {1000.0, 0.7}) {
            scripted_jobs jobs;
            jobs.lasts = 3;
            execution e{d, {"p", "arn:p", "abcdefghijkl", "arn", {}, std::size_t{2}, 1}, rng{seed}, epoch};
            for (double now = 0; e.status() == execution_status::executing; now += stride)
                e.advance(at(now), jobs, [](const execution_event&) {});
            ends.emplace_back();
            for (const step_run& s : e.steps()) ends.back().push_back(s.end);
        }
        ASSERT_EQ(ends[0], ends[1]) << "seed " << seed;
    }
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker::pipelines
