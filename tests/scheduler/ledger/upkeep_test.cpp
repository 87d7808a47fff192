// What keeps a ledger small, current and copied while it works: rows that follow their steps, migration,
// online backup, restore, the archive.
#include <sqlite3.h>

#include <fstream>
#include <future>

#include "tests/scheduler/ledger/fault_vfs.hpp"
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    ASSERT_EQ(sqlite3_close(db), SQLITE_OK);
}

void commit(ledger& l, const std::vector<record>& records) {
    ASSERT_TRUE(ok(l.commit(records)));
}

// Three jobs: 1 has ended, 2 runs, 3 waits.
void three_jobs(ledger& l) {
    commit(l, {accept(1, "one"), accept(2, "two"), accept(3, "three")});
    commit(l, {step(1, state::starting), step(2, state::starting), step(1, state::running)});
    commit(l, {step(2, state::running), step(1, state::succeeded)});
}

void expect_three_jobs(ledger& l) {
    const auto jobs = l.load();
    ASSERT_TRUE(jobs) << jobs.error().message;
    ASSERT_EQ(jobs->size(), 3U);
    EXPECT_EQ((*jobs)[0].state, state::succeeded);
    EXPECT_EQ((*jobs)[1].state, state::running);
    EXPECT_EQ((*jobs)[1].sagemaker_name, step(2, state::running).sagemaker_name);
    EXPECT_EQ((*jobs)[2].state, state::pending);
    EXPECT_EQ(l.history(1)->size(), 4U);
    EXPECT_EQ(l.history(2)->size(), 3U);
}

TEST(ledger_apply, rows_follow_in_steps_and_every_reader_sees_the_last_step) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        three_jobs(*l);
        EXPECT_EQ(l->unapplied(), 2U);
        expect_three_jobs(*l);
        ASSERT_TRUE(ok(l->apply(1)));
        EXPECT_TRUE(l->applying());
        EXPECT_EQ(l->unapplied(), 1U);
        expect_three_jobs(*l);
        commit(*l, {step(3, state::starting)});  // during the pass
        ASSERT_TRUE(ok(l->apply(100)));
        EXPECT_FALSE(l->applying());
        EXPECT_EQ(l->unapplied(), 1U) << "what came during the pass waits for the next";
        EXPECT_EQ(l->load()->back().state, state::starting);
    }
    const auto l = open(dir / "l");
    EXPECT_EQ(l->unapplied(), 1U) << "opening finds it again";
    EXPECT_EQ(l->load()->back().state, state::starting);
    ASSERT_TRUE(ok(l->apply(100)));
    EXPECT_EQ(l->unapplied(), 0U);
    EXPECT_EQ(l->load()->back().state, state::starting);
    EXPECT_EQ(l->history(3)->size(), 2U);
}

TEST(ledger_apply, the_thread_leaves_nothing_behind) {
    const directory dir;
    {
        ledger_thread t{open(dir / "l")};
        for (job_id n = 1; n <= 50; ++n)
            ASSERT_TRUE(t.submit(scripted(n), [](result<void> r) { EXPECT_TRUE(ok(r)); }));
    }
    const auto l = open(dir / "l");
    EXPECT_EQ(l->unapplied(), 0U);
    EXPECT_EQ(scripted_prefix(*l), 50U);
}

TEST(ledger_apply, a_step_of_a_job_that_is_gone_stops_the_ledger) {
    const directory dir;
    three_jobs(*open(dir / "l"));
    run_sql(dir / "l", "DELETE FROM jobs WHERE id=2");
    const auto l = open(dir / "l");
    const auto applied = l->apply(10);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, errc::corrupt);
    EXPECT_NE(applied.error().message.find("which is missing"), std::string::npos) << applied.error().message;
    EXPECT_FALSE(l->load());
}

// A file as the first version wrote it, by that version's own tables.
constexpr const char* schema_1 = R"(
PRAGMA journal_mode=WAL; PRAGMA application_id=0x54794c67;
CREATE TABLE meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE jobs(
  id INTEGER PRIMARY KEY, last INTEGER NOT NULL,
  state TEXT NOT NULL, attempt INTEGER NOT NULL, pool TEXT NOT NULL, sagemaker_name TEXT NOT NULL,
  reason TEXT NOT NULL, not_before INTEGER, updated INTEGER NOT NULL,
  queue TEXT NOT NULL, message_id TEXT NOT NULL, dedup_key TEXT NOT NULL, tenant TEXT NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, priority_class TEXT NOT NULL, priority INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
  preemptible INTEGER NOT NULL, pools TEXT NOT NULL, demand TEXT NOT NULL, max_runtime_seconds INTEGER NOT NULL,
  spec_hash TEXT NOT NULL, accepted INTEGER NOT NULL) STRICT;
CREATE TABLE bodies(id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE transitions(
  seq INTEGER PRIMARY KEY, prev INTEGER NOT NULL, job INTEGER NOT NULL,
  state TEXT NOT NULL, attempt INTEGER NOT NULL, pool TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL,
  not_before INTEGER, at INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES('schema', '1'), ('installation', 'test-installation');
)";

void make_schema_1(const std::string& path) {
    const std::string source = path + ".source";
    {
        const auto l = open(source);
        three_jobs(*l);
        while (l->unapplied() > 0) ASSERT_TRUE(ok(l->apply(100)));
    }
    const std::string jobs =
        "id, last, state, attempt, pool, sagemaker_name, reason, not_before, updated, queue,"
        "message_id, dedup_key, tenant, kind, name, priority_class, priority, max_attempts,"
        "preemptible, pools, demand, max_runtime_seconds, spec_hash, accepted";
    std::ofstream{path};
    run_sql(
        path,
        schema_1 + ("ATTACH '" + source + "' AS s; INSERT INTO jobs SELECT " + jobs + " FROM s.jobs;") +
            "INSERT INTO bodies SELECT * FROM s.bodies; INSERT INTO transitions SELECT seq, prev, job, state,"
            "attempt, pool, name, reason, not_before, at FROM s.transitions;");
}

TEST(ledger_migration, a_file_of_schema_1_opens_as_it_was_and_goes_on) {
    const directory dir;
    make_schema_1(dir / "l");
    {
        const auto l = open(dir / "l");
        ASSERT_NE(l, nullptr);
        EXPECT_EQ(l->unapplied(), 0U);
        expect_three_jobs(*l);
        EXPECT_TRUE(l->phantoms()->empty());
        commit(*l, {step(3, state::starting)});
    }
    const auto l = open(dir / "l");
    EXPECT_EQ(l->load()->back().state, state::starting);
    EXPECT_EQ(l->history(3)->size(), 2U);
}

TEST(ledger_migration, is_whole_or_not_at_all_whatever_fails) {
    int failed = 0;
    bool reached = true;
    for (std::uint64_t number = 1; reached; ++number) {
        const directory dir;
        make_schema_1(dir / "l");
        {
            fault_vfs vfs;
            vfs.fail(number, true);
            failed += ledger::open(dir / "l", installation) ? 0 : 1;
            reached = vfs.reached();
        }
        SCOPED_TRACE("operation " + std::to_string(number));
        const auto l = open(dir / "l");
        ASSERT_NE(l, nullptr);
        expect_three_jobs(*l);
        if (HasFailure()) return;
    }
    EXPECT_GT(failed, 5);
}

TEST(ledger_backup, holds_what_was_committed_while_it_was_taken) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        std::vector<record> records;
        for (job_id id = 1; id <= 200; ++id) records.push_back(accept(id, std::string(9'000, 'b')));
        commit(*l, records);
        ASSERT_TRUE(ok(l->begin_backup(dir / "copy")));
        EXPECT_TRUE(l->backing_up());
        const auto second = l->begin_backup(dir / "other");
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, errc::already_exists);
        int steps = 0;
        for (job_id next = 201;; ++next, ++steps) {
            EXPECT_FALSE(std::filesystem::exists(dir / "copy")) << "not before it is complete";
            const auto complete = l->backup_step(20);
            ASSERT_TRUE(complete) << complete.error().message;
            if (*complete) break;
            commit(*l, {accept(next), step(1, state::starting, static_cast<int>(next))});
            if (steps % 5 == 0) {
                ASSERT_TRUE(ok(l->apply(10)));
                ASSERT_TRUE(ok(l->checkpoint()));
            }
        }
        EXPECT_GT(steps, 10);
        EXPECT_FALSE(l->backing_up());
        EXPECT_FALSE(std::filesystem::exists(dir / "copy.partial"));
        EXPECT_EQ(open(dir / "copy")->load()->size(), 200U + static_cast<std::size_t>(steps));
        EXPECT_EQ(open(dir / "copy")->load()->front().attempt, 200 + steps);
    }
}

TEST(ledger_backup, that_cannot_be_written_leaves_the_ledger_at_work) {
    const directory dir;
    const auto l = open(dir / "l");
    three_jobs(*l);
    EXPECT_FALSE(l->begin_backup(dir / "none/copy"));
    EXPECT_FALSE(l->backup_step(1));
    expect_three_jobs(*l);
    commit(*l, {step(3, state::starting)});
}

TEST(ledger_backup, runs_beside_the_commits_of_the_thread) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    std::promise<result<void>> copied;
    for (job_id n = 1; n <= 100; ++n)
        ASSERT_TRUE(t.submit(scripted(n), [](result<void> r) { EXPECT_TRUE(ok(r)); }));
    t.backup(dir / "copy", [&](result<void> r) { copied.set_value(std::move(r)); });
    for (job_id n = 101; n <= 200; ++n)
        ASSERT_TRUE(t.submit(scripted(n), [](result<void> r) { EXPECT_TRUE(ok(r)); }));
    EXPECT_TRUE(ok(copied.get_future().get()));
    t.close();
    EXPECT_GE(scripted_prefix(*open(dir / "copy")), 100U);
    result<void> after;
    t.backup(dir / "late", [&](result<void> r) { after = std::move(r); });
    EXPECT_FALSE(after);
}

TEST(ledger_restore, puts_the_backup_in_place_marks_it_and_keeps_what_was_there) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        three_jobs(*l);
        ASSERT_TRUE(ok(l->begin_backup(dir / "copy")));
        while (!*l->backup_step(1'000)) {
        }
        commit(*l, {accept(4)});
    }
    const wall_time now = from_unix_millis(epoch);
    ASSERT_TRUE(ok(restore(dir / "l", dir / "copy", now)));
    EXPECT_EQ(open(dir / ("l.replaced-" + std::to_string(epoch)))->load()->size(), 4U);
    {
        const auto l = open(dir / "l");
        expect_three_jobs(*l);
        EXPECT_EQ(*l->restored(), now);
        EXPECT_EQ(*open(dir / "copy")->restored(), std::nullopt) << "the backup stays as it was";
        record adopted = step(3, state::starting);
        ASSERT_TRUE(ok(l->reconciled(std::vector{adopted},
                                     std::vector<phantom>{{"p", "ty-x", 9, 2, "InProgress", now}})));
    }
    const auto l = open(dir / "l");
    EXPECT_EQ(*l->restored(), std::nullopt);
    EXPECT_EQ(l->load()->back().state, state::starting);
    ASSERT_EQ(l->phantoms()->size(), 1U);
    EXPECT_EQ(l->phantoms()->front().name, "ty-x");
    EXPECT_EQ(l->phantoms()->front().job, 9U);
    EXPECT_EQ(l->phantoms()->front().attempt, 2);
    EXPECT_EQ(l->phantoms()->front().seen, now);
}

TEST(ledger_restore, refuses_what_is_no_backup_and_a_ledger_in_use) {
    const directory dir;
    const wall_time now = from_unix_millis(epoch);
    three_jobs(*open(dir / "l"));
    const auto refused = [&](const std::string& backup, std::string_view words) {
        const auto r = restore(dir / "l", backup, now);
        ASSERT_FALSE(r) << backup;
        EXPECT_NE(r.error().message.find(words), std::string::npos) << r.error().message;
        expect_three_jobs(*open(dir / "l"));
    };
    refused(dir / "none", "does not exist");
    refused(dir / "l", "the same file");
    std::ofstream(dir / "text") << std::string(5'000, 'x');
    refused(dir / "text", "is not a ledger");
    run_sql(dir / "foreign", "CREATE TABLE t(x)");
    refused(dir / "foreign", "is no ledger");
    const auto other = open(dir / "other");
    three_jobs(*other);
    refused(dir / "other", "-wal file beside it");
    ASSERT_TRUE(ok(other->begin_backup(dir / "copy")));
    while (!*other->backup_step(1'000)) {
    }
    const auto holder = open(dir / "l");
    const auto busy = restore(dir / "l", dir / "copy", now);
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, errc::already_exists) << busy.error().message;
    expect_three_jobs(*holder);
}

TEST(ledger_restore, frames_of_a_killed_ledger_never_reach_the_new_one) {
    const directory dir;
    {
        const auto l = open(dir / "source");
        three_jobs(*l);
        ASSERT_TRUE(ok(l->begin_backup(dir / "copy")));
        while (!*l->backup_step(1'000)) {
        }
        commit(*l, {accept(4), accept(5), step(3, state::starting)});
        for (const char* suffix : {"", "-wal"})  // as a kill leaves it
            std::filesystem::copy(dir / (std::string("source") + suffix), dir / (std::string("l") + suffix));
    }
    ASSERT_GT(std::filesystem::file_size(dir / "l-wal"), 0U);
    ASSERT_TRUE(ok(restore(dir / "l", dir / "copy", from_unix_millis(epoch))));
    expect_three_jobs(*open(dir / "l"));
    EXPECT_EQ(open(dir / ("l.replaced-" + std::to_string(epoch)))->load()->size(), 5U) << "kept with its WAL";
}

TEST(ledger_restore, interrupted_the_ledger_refuses_until_it_is_repeated) {
    const directory dir;
    three_jobs(*open(dir / "l"));
    {
        const auto l = open(dir / "l");
        ASSERT_TRUE(ok(l->begin_backup(dir / "copy")));
        while (!*l->backup_step(1'000)) {
        }
    }
    // As a kill leaves it once the WAL of the old file is gone.
    std::filesystem::copy(dir / "copy", dir / "l.restoring");
    const auto l = ledger::open(dir / "l", installation);
    ASSERT_FALSE(l);
    EXPECT_NE(l.error().message.find("a restore was interrupted"), std::string::npos) << l.error().message;
    ASSERT_TRUE(ok(restore(dir / "l", dir / "copy", from_unix_millis(epoch))));
    expect_three_jobs(*open(dir / "l"));
}

}  // namespace
}  // namespace trainyard::ledger::testing
