#include "aws/local/sagemaker/training/job_timeline.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::aws::local::sagemaker {
namespace {

using p = job_phase;
using ending = attempt_plan::ending;

const wall_time start = from_unix_millis(1'764'000'000'000);

wall_time at(double seconds) {
    return start + std::chrono::milliseconds{std::llround(seconds * 1000)};
}

struct instant {
    double seconds;
    job_phase phase;
};

// Every step, by when it starts.
void expect_steps(const job_timeline& t, const std::vector<instant>& want) {
    std::string got_text, want_text;
    for (const auto& s : t.steps())
        got_text += std::to_string((s.start - start) / 1ms) + " " + std::string{to_string(s.phase)} + "\n";
    for (const auto& [seconds, phase] : want)
        want_text +=
            std::to_string(std::llround(seconds * 1000)) + " " + std::string{to_string(phase)} + "\n";
    EXPECT_EQ(got_text, want_text);
}

attempt_plan attempt(ending e, std::string reason = "", std::vector<duration> interruptions = {}) {
    return {.ends = e, .failure_reason = std::move(reason), .interruptions = std::move(interruptions)};
}

job_plan plan_of(std::vector<attempt_plan> attempts) {
    job_plan out;
    out.attempts = std::move(attempts);
    return out;
}

TEST(training_timeline, completes_after_every_phase) {
    const job_timeline t{{}, start, 1.0};
    expect_steps(
        t, {{0, p::starting}, {2, p::downloading}, {3, p::training}, {63, p::uploading}, {64, p::completed}});
    EXPECT_EQ(t[t.at(at(1.999))].phase, p::starting);
    EXPECT_EQ(t[t.at(at(2))].phase, p::downloading);
    EXPECT_EQ(t[t.at(at(1e6))].phase, p::completed);
}

TEST(training_timeline, scale_divides_every_phase) {
    expect_steps(job_timeline{{}, start, 10.0}, {{0, p::starting},
                                                 {.2, p::downloading},
                                                 {.3, p::training},
                                                 {6.3, p::uploading},
                                                 {6.4, p::completed}});
}

TEST(training_timeline, fails_where_the_plan_says) {
    expect_steps(job_timeline{plan_of({attempt(ending::fails_at_end, "AlgorithmError: exit 1")}), start, 1.0},
                 {{0, p::starting}, {2, p::downloading}, {3, p::training}, {63, p::failed}});
    expect_steps(job_timeline{plan_of({attempt(ending::fails_at_start, "CapacityError: none")}), start, 1.0},
                 {{0, p::starting}, {2, p::failed}});
    expect_steps(job_timeline{plan_of({attempt(ending::fails_half_way, "InternalServerError")}), start, 1.0},
                 {{0, p::starting}, {2, p::downloading}, {3, p::training}, {33, p::failed}});
}

TEST(training_timeline, max_runtime_stops_with_grace_and_counts_training_alone) {
    job_plan plan;
    plan.max_runtime = 10s;
    const job_timeline t{plan, start, 1.0};
    expect_steps(t, {{0, p::starting},
                     {2, p::downloading},
                     {3, p::training},
                     {13, p::stopping},
                     {13 + 120 + 1, p::max_runtime_exceeded}});
    EXPECT_EQ(status_of(t.outcome()), job_status::stopped);
    // Exactly as long as allowed is not too long.
    plan.training = 10s;
    EXPECT_EQ((job_timeline{plan, start, 1.0}.outcome()), p::completed);
}

TEST(training_timeline, a_retry_follows_an_internal_error_and_shares_max_runtime) {
    auto plan = plan_of({attempt(ending::fails_half_way, "InternalServerError"), attempt(ending::completes)});
    expect_steps(job_timeline{plan, start, 1.0}, {{0, p::starting},
                                                  {2, p::downloading},
                                                  {3, p::training},
                                                  {33, p::restarting},
                                                  {34, p::starting},
                                                  {36, p::downloading},
                                                  {37, p::training},
                                                  {97, p::uploading},
                                                  {98, p::completed}});
    plan.max_runtime = 40s;  // 30 of the first attempt, 10 of the second
    plan.stop_grace = 0s;
    const job_timeline t{plan, start, 1.0};
    EXPECT_EQ(t.outcome(), p::max_runtime_exceeded);
    EXPECT_EQ(t.end(), at(48));
}

TEST(training_timeline, interruptions_begin_the_run_anew_unless_there_are_checkpoints) {
    auto plan = plan_of({attempt(ending::completes, "", {20s, 30s})});
    plan.max_wait = 1h;
    const std::vector<instant> first{{0, p::starting},     {2, p::downloading},  {3, p::training},
                                     {23, p::interrupted}, {28, p::starting},    {30, p::downloading},
                                     {31, p::training},    {61, p::interrupted}, {66, p::starting},
                                     {68, p::downloading}, {69, p::training}};
    auto anew = first, on = first;
    anew.insert(anew.end(), {{129, p::uploading}, {130, p::completed}});
    expect_steps(job_timeline{plan, start, 1.0}, anew);
    plan.checkpoints = true;
    on.insert(on.end(), {{79, p::uploading}, {80, p::completed}});
    const job_timeline t{plan, start, 1.0};
    expect_steps(t, on);
    EXPECT_EQ(t.training_time(at(100)), 61s) << "60 of training and the upload, not the waits between";
    EXPECT_EQ(t.training_start(), at(3));
}

TEST(training_timeline, an_interruption_beyond_the_run_never_comes) {
    expect_steps(
        job_timeline{plan_of({attempt(ending::completes, "", {60s})}), start, 1.0},
        {{0, p::starting}, {2, p::downloading}, {3, p::training}, {63, p::uploading}, {64, p::completed}});
}

TEST(training_timeline, max_wait_ends_what_never_launched_and_what_took_too_long) {
    auto plan = plan_of({attempt(ending::never_launches)});
    plan.max_wait = 100s;
    const job_timeline never{plan, start, 1.0};
    expect_steps(never, {{0, p::starting}, {100, p::stopping}, {101, p::max_wait_time_exceeded}});
    EXPECT_EQ(never[0].message.substr(0, 27), "Insufficient capacity error");
    EXPECT_FALSE(never.training_start());
    EXPECT_EQ(never.training_time(at(200)), 0s);
    plan = plan_of({attempt(ending::completes, "", {20s})});
    plan.max_wait = 40s;
    plan.stop_grace = 2s;
    expect_steps(job_timeline{plan, start, 1.0}, {{0, p::starting},
                                                  {2, p::downloading},
                                                  {3, p::training},
                                                  {23, p::interrupted},
                                                  {28, p::starting},
                                                  {30, p::downloading},
                                                  {31, p::training},
                                                  {40, p::stopping},
                                                  {43, p::max_wait_time_exceeded}});
}

TEST(training_timeline, stop_gives_the_algorithm_its_grace_and_uploads) {
    for (const auto& [when, end, outcome] :
         {std::tuple{1.0, 2.0, p::stopped}, {2.5, 3.5, p::stopped}, {10.0, 131.0, p::stopped}}) {
        job_timeline t{{}, start, 1.0};
        t.stop(at(when));
        EXPECT_EQ(t[t.at(at(when))].phase, p::stopping) << when;
        EXPECT_EQ(t.end(), at(end)) << when;
        EXPECT_EQ(t.outcome(), outcome) << when;
    }
    job_timeline scaled_by_ten{{}, start, 10.0};
    scaled_by_ten.stop(at(1));
    EXPECT_EQ(scaled_by_ten.end(), at(1 + 12.1));
}

TEST(training_timeline, completion_wins_against_a_stop_while_uploading) {
    job_timeline t{{}, start, 1.0};
    t.stop(at(63.5));
    expect_steps(t, {{0, p::starting},
                     {2, p::downloading},
                     {3, p::training},
                     {63, p::uploading},
                     {63.5, p::stopping},
                     {64, p::completed}});
    EXPECT_EQ(t.training_time(at(64)), 61s);
}

TEST(training_timeline, an_update_shows_while_training_goes_on) {
    job_timeline t{{}, start, 1.0};
    t.update(at(10));
    expect_steps(t, {{0, p::starting},
                     {2, p::downloading},
                     {3, p::training},
                     {10, p::updating},
                     {11, p::training},
                     {63, p::uploading},
                     {64, p::completed}});
    EXPECT_EQ(t.training_start(), at(3));
    EXPECT_EQ(t.training_time(at(64)), 61s);
    job_timeline before{{}, start, 1.0};
    before.update(at(1));
    before.update(at(62.5));  // would outlast the run
    EXPECT_EQ(before.steps().size(), 5U);
}

TEST(training_timeline, a_training_plan_holds_back_and_ends) {
    job_plan plan;
    plan.launches_at = at(50);
    plan.closes_at = at(90);
    plan.stop_grace = 5s;
    expect_steps(job_timeline{plan, start, 1.0}, {{0, p::pending},
                                                  {50, p::starting},
                                                  {52, p::downloading},
                                                  {53, p::training},
                                                  {90, p::stopping},
                                                  {96, p::stopped}});
    plan.pending_until = at(30);
    const job_timeline t{plan, start, 1.0};
    expect_steps(t, {{0, p::pending}, {30, p::stopping}, {31, p::stopped}});
    EXPECT_NE(t[2].message.find("MaxPendingTimeInSeconds"), std::string_view::npos);
    plan.pending_until = at(50);  // in time
    EXPECT_EQ((job_timeline{plan, start, 1.0}[1].phase), p::starting);
}

TEST(training_timeline, slow_and_warm_starts) {
    auto plan = plan_of({attempt(ending::completes)});
    plan.attempts[0].slow_start = 10s;
    EXPECT_EQ((job_timeline{plan, start, 1.0}.training_start()), at(13));
    plan.attempts[0].slow_start = {};
    plan.warm_start = true;
    EXPECT_EQ((job_timeline{plan, start, 1.0}.training_start()), at(1.5));
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
