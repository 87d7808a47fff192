// What the parts of `ledger` share. Internal to this folder.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <vector>

#include "engine/sqlite/sqlite.hpp"
#include "scheduler/ledger/ledger.hpp"
#include "scheduler/ledger/rows.hpp"

namespace trainyard::ledger {

struct ledger::impl {
    explicit impl(sqlite::connection c) : db(std::move(c)) {}

    // Fail-stop: the first error is the answer to everything that follows.
    error stop(error e) {
        failed = std::move(e);
        db.checkpoint_on_close(false);
        return *failed;
    }
    result<void> prepare();
    result<void> store(const lifecycle::record& r);
    result<void> transaction(std::span<const lifecycle::record> records);
    result<std::int64_t> last_step(lifecycle::job_id id);  // 0: no such job
    result<transition_row> read_step(std::int64_t seq);
    result<job_row> read_current(lifecycle::job_id id);  // errc::not_found
    result<std::vector<lifecycle::record>> steps_of(lifecycle::job_id id, const job_row& job,
                                                    std::vector<std::int64_t>* numbers = nullptr);

    // apply.cpp
    result<void> find_ahead();
    result<void> apply(std::size_t jobs_max);

    sqlite::connection db;  // before the statements: they must be gone when it closes
    sqlite::statement begin, end, insert_job, insert_body, insert_transition, apply_job, set_meta;
    sqlite::statement select_jobs, select_job, select_last, select_body, select_transition;
    sqlite::statement set_mark, drop_mark, select_marks, set_pause, drop_pause, select_pauses;
    std::optional<error> failed;
    trainyard::ledger::stats statistics;
    std::size_t wal_pages = 0;
    std::int64_t next_seq = 1;
    lifecycle::job_id last_id = 0;

    // Steps that the row in `jobs` does not show yet: job to its last step.
    boost::unordered_flat_map<lifecycle::job_id, std::int64_t> ahead;
    std::int64_t applied = 0;             // every step up to this one is shown
    std::vector<lifecycle::job_id> pass;  // jobs of the pass under way, last first
    std::int64_t pass_until = 0;          // what `applied` becomes at its end

    struct copy;  // backup.cpp: an online backup under way
    struct copy_deleter {
        void operator()(copy* c) const;
    };
    std::unique_ptr<copy, copy_deleter> backup;

    lifecycle::job_id compacted = 0;  // compact.cpp: where the next look begins
};

}  // namespace trainyard::ledger
