// Jobs and records as rows. Times are stored in milliseconds since 1970, states as their words, lists as
// JSON. Internal to this folder.
#pragma once

#include <string>

#include "engine/sqlite/sqlite.hpp"
#include "scheduler/ledger/ledger.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::ledger {

// Why the record cannot be stored, whatever the ledger holds.
result<void> check_record(const lifecycle::record& r);

constexpr const char* insert_job_sql =
    "INSERT INTO jobs(id, last, state, attempt, pool, sagemaker_name, reason, not_before, updated, queue, "
    "message_id,"
    " dedup_key, tenant, kind, name, priority_class, priority, max_attempts, preemptible, pools, demand,"
    " max_runtime_seconds, spec_hash, accepted, terms, progress)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
result<void> insert_job(sqlite::statement& s, const lifecycle::record& r, std::int64_t seq);

// The row of job ?2 shows step ?1.
constexpr const char* apply_job_sql =
    "UPDATE jobs SET (last, state, attempt, pool, sagemaker_name, reason, not_before, updated, progress) ="
    " (SELECT seq, state, attempt, pool, name, reason, not_before, at, progress FROM transitions WHERE seq=?)"
    " WHERE id=?";

constexpr const char* insert_transition_sql =
    "INSERT INTO transitions(seq, job, state, attempt, pool, name, reason, not_before, at, progress, prev)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?)";
result<void> insert_transition(sqlite::statement& s, const lifecycle::record& r, std::int64_t seq,
                               std::int64_t prev);

#define TRAINYARD_LEDGER_JOB_COLUMNS                                                                         \
    "SELECT id, last, state, attempt, pool, sagemaker_name, reason, not_before, updated, queue, message_id," \
    " dedup_key, tenant, kind, name, priority_class, priority, max_attempts, preemptible, pools, demand,"    \
    " max_runtime_seconds, spec_hash, accepted, terms, progress FROM jobs"
constexpr const char* select_jobs_sql = TRAINYARD_LEDGER_JOB_COLUMNS " ORDER BY id";
constexpr const char* select_job_sql = TRAINYARD_LEDGER_JOB_COLUMNS " WHERE id=?";
#undef TRAINYARD_LEDGER_JOB_COLUMNS

// Messages that are being read, and how often the program began to: meta's keys with this prefix.
constexpr const char* set_mark_sql = "INSERT OR REPLACE INTO meta(key, value) VALUES('reading:' || ?, ?)";
constexpr const char* drop_mark_sql = "DELETE FROM meta WHERE key='reading:' || ?";
constexpr const char* select_marks_sql =
    "SELECT substr(key, 9), CAST(value AS INTEGER) FROM meta WHERE key >= 'reading:' AND key < 'reading;'";

// What an operator has paused, and since when in milliseconds: meta's keys with this prefix. They stand in
// the ledger because they are part of what a restart takes up, and of a backup.
constexpr const char* set_pause_sql = "INSERT OR REPLACE INTO meta(key, value) VALUES('paused:' || ?, ?)";
constexpr const char* drop_pause_sql = "DELETE FROM meta WHERE key='paused:' || ?";
constexpr const char* select_pauses_sql =
    "SELECT substr(key, 8), CAST(value AS INTEGER) FROM meta WHERE key >= 'paused:' AND key < 'paused;'";

struct job_row {
    lifecycle::job job;
    std::int64_t last = 0;
};
// Reads the row the statement stands on; errc::corrupt when a column holds what was never written.
result<job_row> read_job(sqlite::statement& s);

constexpr const char* select_transition_sql =
    "SELECT prev, job, state, attempt, pool, name, reason, not_before, at, progress FROM transitions WHERE "
    "seq=?";
// All of them, each behind its number.
constexpr const char* select_transitions_sql =
    "SELECT seq, prev, job, state, attempt, pool, name, reason, not_before, at, progress FROM transitions"
    " ORDER BY seq";
struct transition_row {
    lifecycle::record record;
    std::int64_t prev = 0;
};
result<transition_row> read_transition(sqlite::statement& s);

result<std::vector<phantom>> select_phantoms(sqlite::connection& db);

}  // namespace trainyard::ledger
