// What a restored ledger forgot is found again in SageMaker, and never started a second time.
#include "scheduler/lifecycle/reconcile.hpp"

#include <gtest/gtest.h>

#include "scheduler/lifecycle/machine.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr const char* us = "test";
const wall_time now = from_unix_millis(1'790'000'000'000);

job make_job(job_id id, state s, int attempt) {
    job j;
    j.facts.id = id;
    j.facts.dedup_key = "key-" + std::to_string(id);
    j.facts.tenant = "vision";
    j.facts.name = "n";
    j.facts.max_attempts = 5;
    j.facts.spec_hash = "hash-" + std::to_string(id);
    j.state = s;
    j.attempt = attempt;
    if (attempt > 0) {
        j.pool = "east";
        j.sagemaker_name = sagemaker_name("n", id, attempt);
    }
    return j;
}

found_job make_found(const job& j, int attempt, const std::string& pool = "east",
                     const std::string& owner = us) {
    return {pool, sagemaker_name(j.facts.name, j.facts.id, attempt), "InProgress",
            owner_tags(owner, j.facts, attempt)};
}

TEST(reconcile, names_tell_job_and_attempt) {
    for (const job_id id : {job_id{1}, job_id{123'456'789'012'345}})
        for (const int attempt : {1, 12}) {
            const auto named = parse_sagemaker_name(sagemaker_name("a-name", id, attempt));
            ASSERT_TRUE(named);
            EXPECT_EQ(*named, (std::pair{id, attempt}));
        }
    for (const char* other :
         {"", "ty-", "ty-x", "resnet-0000000000001-1", "ty-n-0000000000001-0", "ty-n-0000000000001-x",
          "ty-n-000000000001-1", "ty-n-0000000000001-", "ty-n-000000000000Z-1", "ty0000000000001-1"})
        EXPECT_FALSE(parse_sagemaker_name(other)) << other;
}

TEST(reconcile, a_start_that_the_backup_does_not_know_becomes_an_intent) {
    std::vector<job> jobs{make_job(1, state::pending, 0), make_job(2, state::pending, 0)};
    const auto r = reconcile(us, jobs, {make_found(jobs[0], 1, "west")}, now);
    ASSERT_EQ(r.records.size(), 1U);
    EXPECT_EQ(r.records[0].id, 1U);
    EXPECT_EQ(r.records[0].to, state::starting);
    EXPECT_EQ(r.records[0].attempt, 1);
    EXPECT_EQ(r.records[0].pool, "west");
    EXPECT_EQ(r.records[0].sagemaker_name, sagemaker_name("n", 1, 1));
    EXPECT_TRUE(r.records[0].reason.starts_with(found_after_restore));
    EXPECT_EQ(jobs[0].state, state::starting);
    EXPECT_EQ(jobs[0].attempt, 1);
    EXPECT_EQ(jobs[1].state, state::pending);
    EXPECT_TRUE(r.phantoms.empty());
}

TEST(reconcile, the_machine_verifies_what_was_found_and_creates_nothing) {
    std::vector<job> jobs{make_job(1, state::pending, 0)};
    const auto found = make_found(jobs[0], 1);
    reconcile(us, jobs, {found}, now);
    machine m{us, {}, 1};
    m.restore(jobs, now);
    const batch b = m.take();
    ASSERT_EQ(b.effects.size(), 1U);
    ASSERT_TRUE(std::holds_alternative<effect::verify>(b.effects[0]));
    m.handle_verify(1, 1, look_outcome::found, {"Completed", "", ""}, found.tags, now);
    EXPECT_EQ(m.find(1)->state, state::succeeded);
    for (const auto& e : m.take().effects) EXPECT_FALSE(std::holds_alternative<effect::create>(e));
}

TEST(reconcile, of_several_attempts_the_latest_counts) {
    std::vector<job> jobs{make_job(1, state::running, 1)};
    const auto r =
        reconcile(us, jobs, {make_found(jobs[0], 1), make_found(jobs[0], 3), make_found(jobs[0], 2)}, now);
    ASSERT_EQ(r.records.size(), 1U);
    EXPECT_EQ(r.records[0].attempt, 3);
    EXPECT_EQ(r.known, 1U);
}

TEST(reconcile, what_the_ledger_knows_stays_as_it_is) {
    std::vector<job> jobs{make_job(1, state::starting, 1), make_job(2, state::running, 2),
                          make_job(3, state::succeeded, 1)};
    const auto r = reconcile(
        us, jobs,
        {make_found(jobs[0], 1), make_found(jobs[1], 1), make_found(jobs[1], 2), make_found(jobs[2], 1)},
        now);
    EXPECT_TRUE(r.records.empty());
    EXPECT_TRUE(r.phantoms.empty());
    EXPECT_EQ(r.known, 4U);
}

TEST(reconcile, an_attempt_that_waits_for_its_back_off_and_is_there_is_taken_up) {
    // The backup was taken between the end of attempt 1 as it was seen and a name used again after a refusal.
    std::vector<job> jobs{make_job(1, state::pending, 1)};
    jobs[0].not_before = now + std::chrono::hours{1};
    const auto r = reconcile(us, jobs, {make_found(jobs[0], 2)}, now);
    ASSERT_EQ(r.records.size(), 1U);
    EXPECT_EQ(jobs[0].attempt, 2);
    EXPECT_FALSE(jobs[0].not_before);
}

TEST(reconcile, strangers_and_forgeries_are_told_apart) {
    std::vector<job> jobs{make_job(1, state::pending, 0), make_job(2, state::cancelled, 0)};
    const job unknown = make_job(9, state::running, 1);
    job other_spec = jobs[0];
    other_spec.facts.spec_hash = "another";
    found_job untagged = make_found(jobs[0], 1);
    untagged.tags.clear();
    const auto r = reconcile(us, jobs,
                             {make_found(jobs[0], 1, "east", "another installation"), untagged,
                              make_found(unknown, 1), make_found(other_spec, 1), make_found(jobs[1], 1)},
                             now);
    EXPECT_EQ(r.foreign, 2U);
    EXPECT_TRUE(r.records.empty());
    ASSERT_EQ(r.phantoms.size(), 3U);
    EXPECT_EQ(r.phantoms[0].job, 9U);
    EXPECT_EQ(r.phantoms[1].job, 1U) << "the same id with another request is not the job that waits";
    EXPECT_EQ(r.phantoms[2].job, 2U) << "it ended before it began, says the ledger";
}

TEST(reconcile, tags_are_asked_for_only_where_the_name_leaves_doubt) {
    const std::vector<job> jobs{make_job(1, state::running, 2), make_job(2, state::pending, 0)};
    const std::map<job_id, const job*> by_id{{1, &jobs[0]}, {2, &jobs[1]}};
    EXPECT_FALSE(may_be_forgotten(make_found(jobs[0], 1), by_id));
    EXPECT_FALSE(may_be_forgotten(make_found(jobs[0], 2), by_id));
    EXPECT_TRUE(may_be_forgotten(make_found(jobs[0], 3), by_id));
    EXPECT_TRUE(may_be_forgotten(make_found(jobs[1], 1), by_id));
    EXPECT_TRUE(may_be_forgotten(make_found(make_job(7, state::running, 1), 1), by_id));
    EXPECT_FALSE(may_be_forgotten({"east", "ty-something-else", "InProgress", {}}, by_id));
}

}  // namespace
}  // namespace trainyard::lifecycle
