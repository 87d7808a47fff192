// A ledger beside SageMaker: what each kind of difference is called.
#include "scheduler/dispatcher/compare.hpp"

#include <gtest/gtest.h>

#include "scheduler/lifecycle/request.hpp"

namespace trainyard::dispatcher {
namespace {

using ledger::damage;
using lifecycle::state;

lifecycle::job make_job(lifecycle::job_id id, state s, int attempt) {
    lifecycle::job j;
    j.facts.id = id;
    j.facts.name = "n";
    j.state = s;
    j.attempt = attempt;
    if (attempt > 0) {
        j.pool = "east";
        j.sagemaker_name = lifecycle::sagemaker_name("n", id, attempt);
    }
    return j;
}

seen_job seen(lifecycle::job_id id, int attempt, const char* status = "InProgress", const char* pool = "east",
              const char* owner = nullptr) {
    seen_job s{pool, lifecycle::sagemaker_name("n", id, attempt), status, {}};
    if (owner != nullptr) s.tags["trainyard:owner"] = owner;
    return s;
}

comparison look(const std::vector<lifecycle::job>& jobs, const std::vector<seen_job>& there) {
    ledger_view view;
    for (const auto& j : jobs) view.add(j);
    return compare("us", view, there, {{"east", lifecycle::sagemaker_name("n", 8, 1)}});
}

void expect_one(const comparison& c, damage kind, std::string_view words) {
    ASSERT_EQ(c.violations.size(), 1U);
    EXPECT_EQ(c.violations[0].kind, kind) << c.violations[0].what;
    EXPECT_NE(c.violations[0].what.find(words), std::string::npos) << c.violations[0].what;
}

TEST(compare, agreement_is_no_violation) {
    const auto c = look(
        {make_job(1, state::running, 2), make_job(2, state::succeeded, 1), make_job(3, state::pending, 0),
         make_job(4, state::starting, 1), make_job(5, state::cancelled, 0)},
        {seen(1, 1, "Failed"), seen(1, 2), seen(2, 1, "Completed"), seen(4, 1)});
    EXPECT_TRUE(c.violations.empty()) << c.violations[0].what;
    EXPECT_EQ(c.listed, 4U);
    EXPECT_EQ(c.recovered, 1U) << "the Create of job 4 took effect, and the ledger does not know it yet";
}

TEST(compare, what_the_ledger_never_meant_to_start_is_a_phantom) {
    expect_one(look({}, {seen(1, 1, "InProgress", "east", "us")}), damage::phantom, "never meant to start");
    expect_one(look({make_job(1, state::pending, 0)}, {seen(1, 1, "InProgress", "east", "us")}),
               damage::phantom, "never meant to start");
    const auto c = look(
        {}, {seen(1, 1, "InProgress", "east", "them"), seen(2, 1), seen(8, 1, "InProgress", "east", "us")});
    EXPECT_TRUE(c.violations.empty()) << c.violations[0].what;
    EXPECT_EQ(c.foreign, 2U);
    EXPECT_EQ(c.recorded, 1U);
}

TEST(compare, two_that_run_are_duplicated) {
    expect_one(look({make_job(1, state::running, 2)}, {seen(1, 1), seen(1, 2)}), damage::duplicated,
               "while attempt 2 is running");
    expect_one(look({make_job(1, state::running, 1)}, {seen(1, 1), seen(1, 1, "InProgress", "west")}),
               damage::duplicated, "in west");
}

TEST(compare, what_sagemaker_no_longer_has_is_lost) {
    expect_one(look({make_job(1, state::running, 1)}, {}), damage::lost, "no longer has");
    expect_one(look({make_job(1, state::succeeded, 1)}, {}), damage::lost, "no longer has");
}

TEST(compare, ends_that_differ_are_told) {
    expect_one(look({make_job(1, state::failed, 1)}, {seen(1, 1)}), damage::none, "the ledger says failed");
    expect_one(look({make_job(1, state::succeeded, 1)}, {seen(1, 1, "Failed")}), damage::none,
               "says succeeded");
}

}  // namespace
}  // namespace trainyard::dispatcher
