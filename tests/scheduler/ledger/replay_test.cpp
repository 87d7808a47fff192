// Every invariant of the audit, violated on purpose: in the steps, and in files.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <set>

#include "scheduler/ledger/audit.hpp"
#include "scheduler/lifecycle/reconcile.hpp"
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

// Two jobs through `replay`, with whatever a test changes in the steps before.
struct played {
    struct entry {
        std::int64_t seq, prev;
        record r;
    };
    std::vector<entry> steps;
    std::vector<lifecycle::job> rows;
    std::vector<std::int64_t> last;
    std::vector<job_id> bodies{1, 2};
    std::int64_t applied = 1'000;

    // Job 1: an attempt that is refused, one that fails and is repeated, one that succeeds. Job 2 waits.
    played() {
        add(accept(1));
        add(accept(2));
        add(move(1, state::starting, 1));
        add(move(1, state::pending, 0));
        add(move(1, state::starting, 1));
        add(move(1, state::running, 1));
        add(move(1, state::pending, 1));
        add(move(1, state::starting, 2));
        add(move(1, state::running, 2));
        add(move(1, state::succeeded, 2));
        for (const job_id id : {job_id{1}, job_id{2}}) {
            lifecycle::job j;
            j.facts = *accept(id).accepted;
            j.facts.max_attempts = 3;
            rows.push_back(j);
        }
        rows[0].state = state::succeeded;
        rows[0].attempt = 2;
        last = {10, 2};
    }
    static record move(job_id id, state to, int attempt) {
        record r = step(id, to, attempt);
        r.pool = "pool";
        return r;
    }
    void add(record r) {
        std::int64_t prev = 0;
        for (const entry& e : steps)
            if (e.r.id == r.id) prev = e.seq;
        steps.push_back({static_cast<std::int64_t>(steps.size()) + 1, prev, std::move(r)});
    }
    verdict play() const {
        replay p{100};
        for (const entry& e : steps) p.step(e.seq, e.prev, e.r);
        for (std::size_t i = 0; i < rows.size(); ++i) p.job(rows[i], last[i], applied);
        for (const job_id id : bodies) p.body(id);
        return p.finish();
    }
};

TEST(replay, finds_nothing_wrong_where_nothing_is) {
    const verdict v = played{}.play();
    EXPECT_EQ(v.violations_total, 0U) << v.violations.front().what;
    EXPECT_EQ(v.jobs, 2U);
    EXPECT_EQ(v.steps, 10U);
    EXPECT_EQ(v.starts, 3U);
    EXPECT_EQ(v.jobs_by_state, (std::map<std::string, std::uint64_t>{{"pending", 1}, {"succeeded", 1}}));
}

struct planted {
    const char* name;
    const char* invariant;
    damage kind;
    std::function<void(played&)> plant;
};

class replay_planted : public ::testing::TestWithParam<planted> {};

TEST_P(replay_planted, is_found_and_named) {
    played p;
    GetParam().plant(p);
    const verdict v = p.play();
    ASSERT_GT(v.violations_total, 0U);
    EXPECT_EQ(v.violations.size(), v.violations_total);
    const auto found = std::find_if(v.violations.begin(), v.violations.end(), [&](const violation& x) {
        return x.invariant == GetParam().invariant && x.kind == GetParam().kind;
    });
    ASSERT_NE(found, v.violations.end())
        << v.violations.front().invariant << ": " << v.violations.front().what;
    EXPECT_FALSE(found->what.empty());
    EXPECT_GT(v.by_invariant.at(GetParam().invariant), 0U);
    EXPECT_GT(v.by_damage.at(GetParam().kind), 0U);
}

const planted all_planted[] = {
    {"request_gone", "S1 durable before delete", damage::lost, [](played& p) { p.bodies = {1}; }},
    {"row_gone", "S1 durable before delete", damage::lost,
     [](played& p) {
         p.rows.pop_back();
         p.last.pop_back();
     }},
    {"two_ends", "S2 one terminal", damage::none,
     [](played& p) { p.add(played::move(1, state::failed, 2)); }},
    {"restart_after_end", "S2 one terminal", damage::duplicated,
     [](played& p) { p.add(played::move(1, state::starting, 3)); }},
    {"never_accepted", "S3 no phantom", damage::phantom,
     [](played& p) { p.steps.push_back({11, 0, played::move(3, state::running, 1)}); }},
    {"no_message", "S3 no phantom", damage::phantom, [](played& p) { p.rows[1].facts.message_id.clear(); }},
    {"request_without_job", "S3 no phantom", damage::phantom, [](played& p) { p.bodies.push_back(9); }},
    {"runs_without_intent", "S3 intent before start", damage::phantom,
     [](played& p) { p.add(played::move(2, state::running, 1)); }},
    {"succeeds_without_intent", "S3 intent before start", damage::phantom,
     [](played& p) { p.add(played::move(2, state::succeeded, 0)); }},
    {"runs_elsewhere", "S3 intent before start", damage::phantom,
     [](played& p) { p.steps[8].r.pool = "another pool"; }},
    {"runs_under_another_name", "S3 intent before start", damage::phantom,
     [](played& p) { p.steps[8].r.sagemaker_name = "ty-x"; }},
    {"two_alive", "S4 at most one start", damage::duplicated,
     [](played& p) { p.steps[6].r = played::move(1, state::starting, 2); }},
    {"number_used_again", "S4 at most one start", damage::duplicated,
     [](played& p) { p.steps[7].r = played::move(1, state::starting, 1); }},
    {"number_skipped", "S4 at most one start", damage::lost,
     [](played& p) { p.steps[7].r = played::move(1, state::starting, 3); }},
    {"number_given_back_after_running", "S4 at most one start", damage::duplicated,
     [](played& p) { p.steps[6].r = played::move(1, state::pending, 0); }},
    {"name_of_another_attempt", "S4 at most one start", damage::duplicated,
     [](played& p) { p.steps[7].r.sagemaker_name = step(1, state::starting, 1).sagemaker_name; }},
    {"runs_again_while_stopping", "S8 monotone status", damage::none,
     [](played& p) {
         p.steps[8].r = played::move(1, state::stopping, 2);
         p.steps[9].r = played::move(1, state::running, 2);
     }},
    {"two_jobs_of_a_message", "S10 one job of a message", damage::duplicated,
     [](played& p) { p.rows[1].facts.dedup_key = p.rows[0].facts.dedup_key; }},
    {"too_many_attempts", "S11 bounded retries", damage::duplicated,
     [](played& p) { p.rows[0].facts.max_attempts = 1; }},
    {"row_of_another_state", "S12 conservation", damage::none,
     [](played& p) { p.rows[0].state = state::failed; }},
    {"row_behind_although_applied", "S12 conservation", damage::none,
     [](played& p) {
         p.last[0] = 9;
         p.rows[0].state = state::running;
     }},
    {"step_gone", "S18 unbroken history", damage::lost,
     [](played& p) { p.steps.erase(p.steps.begin() + 5); }},
    {"first_step_gone", "S18 unbroken history", damage::lost,
     [](played& p) { p.steps.erase(p.steps.begin()); }},
    {"accepted_again", "S18 unbroken history", damage::duplicated,
     [](played& p) { p.steps.push_back({11, 0, accept(2)}); }},
    {"no_step_left", "S18 unbroken history", damage::lost,
     [](played& p) { p.steps.erase(p.steps.begin() + 1); }},
};
INSTANTIATE_TEST_SUITE_P(each, replay_planted, ::testing::ValuesIn(all_planted),
                         [](const auto& i) { return std::string(i.param.name); });

TEST(replay, every_invariant_has_its_planted_violation) {
    std::set<std::string> planted_ones;
    for (const planted& p : all_planted) planted_ones.insert(p.invariant);
    for (const auto& [name, n] : played{}.play().by_invariant)
        EXPECT_TRUE(planted_ones.contains(name)) << name;
}

TEST(replay, rows_that_follow_later_are_no_violation) {
    played p;
    p.applied = 9;
    p.last[0] = 6;
    p.rows[0].state = state::running;
    p.rows[0].attempt = 1;
    EXPECT_EQ(p.play().violations_total, 0U);
}

TEST(replay, an_attempt_found_after_a_restore_is_recovered_and_no_violation) {
    played p;
    record found = played::move(2, state::starting, 4);
    found.reason = lifecycle::found_after_restore;
    p.add(found);
    p.rows[1].state = state::starting;
    p.rows[1].attempt = 4;
    p.rows[1].facts.max_attempts = 5;
    p.last[1] = 11;
    const verdict v = p.play();
    EXPECT_EQ(v.violations_total, 0U) << v.violations.front().what;
    EXPECT_EQ(v.recovered, 1U);
}

TEST(replay, counts_what_it_does_not_keep) {
    replay p{2};
    for (job_id id = 1; id <= 10; ++id) p.body(id);
    const verdict v = p.finish();
    EXPECT_EQ(v.violations.size(), 2U);
    EXPECT_EQ(v.violations_total, 10U);
}

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    ASSERT_EQ(sqlite3_close(db), SQLITE_OK);
}

void write_two_jobs(const std::string& path) {
    const auto l = open(path);
    const std::vector<record> records{accept(1), accept(2), step(1, state::starting),
                                      step(1, state::running)};
    ASSERT_TRUE(ok(l->commit(records)));
}

TEST(ledger_audit, reads_a_file_and_changes_nothing_in_it) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        const std::vector<record> records{accept(1), accept(2), step(1, state::starting),
                                          step(1, state::running)};
        ASSERT_TRUE(ok(l->commit(records)));
        const auto busy = audit(dir / "l", 10);
        ASSERT_FALSE(busy);
        EXPECT_EQ(busy.error().code, errc::already_exists) << busy.error().message;
    }
    const auto written = std::filesystem::last_write_time(dir / "l");
    std::map<job_id, state> seen;
    const auto a = audit(dir / "l", 10, [&](const lifecycle::job& j) { seen[j.facts.id] = j.state; });
    ASSERT_TRUE(a) << a.error().message;
    EXPECT_EQ(a->verdict.violations_total, 0U);
    EXPECT_EQ(a->verdict.steps, 4U);
    EXPECT_EQ(a->installation, installation);
    EXPECT_EQ(seen, (std::map<job_id, state>{{1, state::running}, {2, state::pending}}))
        << "as the steps tell";
    EXPECT_EQ(std::filesystem::last_write_time(dir / "l"), written);
    EXPECT_FALSE(audit(dir / "none", 10));
}

TEST(ledger_audit, finds_what_was_changed_behind_its_back) {
    for (const auto& [sql, invariant] :
         {std::pair{"DELETE FROM bodies WHERE id=2", "S1 durable before delete"},
          std::pair{"DELETE FROM jobs WHERE id=2", "S1 durable before delete"},
          std::pair{"DELETE FROM transitions WHERE seq=3", "S18 unbroken history"},
          std::pair{"UPDATE jobs SET state='failed' WHERE id=2", "S12 conservation"},
          std::pair{"UPDATE jobs SET dedup_key='x'", "S10 one job of a message"}}) {
        const directory dir;
        write_two_jobs(dir / "l");
        run_sql(dir / "l", sql);
        const auto a = audit(dir / "l", 10);
        ASSERT_TRUE(a) << a.error().message;
        EXPECT_GT(a->verdict.by_invariant.at(invariant), 0U) << sql;
    }
}

}  // namespace
}  // namespace trainyard::ledger::testing
