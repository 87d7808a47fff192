// Durable memory on SQLite: append-only transitions plus the current state of every job.
// WAL, synchronous=FULL, one exclusive connection (SQLite 3.40.1 can corrupt a WAL that two connections
// checkpoint), no memory map. A failed write is never retried in place: the ledger refuses everything after
// it and the process stops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::ledger {

struct stats {
    std::uint64_t commits = 0, records = 0, checkpoints = 0, archived = 0;
    double last_commit_seconds = 0;
    double cpu_seconds = 0;  // of the ledger's thread
};

// A job in SageMaker that carries this installation's tags and that the ledger does not know: it was started
// after the backup from which the ledger was restored. It is never started again.
struct phantom {
    std::string pool, name;
    lifecycle::job_id job = 0;
    int attempt = 0;
    std::string status;  // SageMaker's, when it was found
    wall_time seen{};
};

// Used from one thread at a time; every call blocks on the disk.
class ledger {
public:
    // Creates the file, or opens it and checks schema version and installation name. Errors:
    // errc::already_exists when another process has it open, errc::corrupt, errc::io, errc::invalid_argument
    // (another installation's ledger, or a newer schema); each message names the file and what to do.
    static result<std::unique_ptr<ledger>> open(const std::string& path, const std::string& installation);
    ~ledger();
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;

    // Every job's current state in id order, without bodies.
    result<std::vector<lifecycle::job>> load();
    // Messages in whose reading the program ended, and how often: record::mark.
    result<std::map<std::string, int>> marks();
    // What is paused: record::pausing.
    result<lifecycle::pauses> pauses();
    // All of them durably or none. After an error every further call fails with the same error; that includes
    // errc::invalid_argument for a record of an unknown job and for a job accepted twice. Times keep
    // milliseconds.
    result<void> commit(std::span<const lifecycle::record> records);
    // In the order asked for; errc::not_found names a missing one.
    result<std::vector<std::string>> bodies(std::span<const lifecycle::job_id> ids);
    // Every record of one job, oldest first, without the body; errc::not_found when there is no such job.
    result<std::vector<lifecycle::record>> history(lifecycle::job_id id);
    // Moves committed pages into the main file. Called off the commit path, when the writer is idle or the
    // WAL has grown.
    result<void> checkpoint();
    std::size_t wal_pages() const;

    // Rows of jobs follow their steps lazily, at most so many in one call; a pass over all that wait takes
    // several. Nothing is lost when it is never called: opening then finds the steps again.
    result<void> apply(std::size_t jobs_max);
    std::size_t unapplied() const;
    bool applying() const;  // a pass is under way

    // A copy of the ledger as it is at the end, in steps of so many pages between commits. It appears under
    // its name when it is complete and synced. The first step that answers true was the last. An error ends
    // the backup (one is already under way, the target's disk is full, ...), not the ledger.
    result<void> begin_backup(const std::string& path);
    result<bool> backup_step(int pages_max);
    bool backing_up() const;

    // Moves up to `jobs_max` jobs that were accepted and ended before `before` to the archive, one JSON
    // object a line in "<ledger>.archive.jsonl", which is synced before their rows go. Gives how many, and
    // whether this was all. What is archived is no longer known to deduplication. An archive that cannot be
    // written is an error of this call alone.
    struct compacted {
        std::size_t jobs = 0;
        bool complete = false;
    };
    result<compacted> compact(wall_time before, std::size_t jobs_max);

    // When this file was put in place by restore() and not reconciled with SageMaker since.
    result<std::optional<wall_time>> restored();
    // What comparing with SageMaker gave, and the end of restored(), in one transaction.
    result<void> reconciled(std::span<const lifecycle::record> records, std::span<const phantom> phantoms);
    result<std::vector<phantom>> phantoms();

    const trainyard::ledger::stats& statistics() const;

private:
    ledger();
    struct impl;
    std::unique_ptr<impl> impl_;
};

// Owns the ledger on a thread of its own: what arrives while a commit is under way goes into the next one
// together (group commit). Bounded: submit() refuses beyond `queued_records_max`.
class ledger_thread {
public:
    // Records submitted and not yet answered, and the bytes of their bodies: whichever is reached first.
    static constexpr std::size_t queued_records_max = 100'000, queued_bytes_max = 256U << 20U;
    // One transaction takes at most so many (a larger single submit() goes alone): a long queue is answered
    // in parts.
    static constexpr std::size_t group_records_max = 5'000;
    // Pages of 4 KiB in the WAL at which it is moved to the main file: when nothing waits, and whatever
    // waits.
    static constexpr std::size_t checkpoint_pages_idle = 1'000, checkpoint_pages_max = 16'384;
    // Jobs whose rows are behind their steps at which they follow: when nothing waits, and whatever waits.
    static constexpr std::size_t apply_jobs_idle = 8'192, apply_jobs_max = 65'536;
    // One step of a chore: the longest that a commit waits behind it is a few milliseconds.
    static constexpr std::size_t apply_jobs_step = 256, compact_jobs_step = 50;
    static constexpr int backup_pages_step = 64;

    // Callbacks run on the ledger's thread, in the order of the calls; they must only hand over to another
    // thread.
    using on_committed = std::function<void(result<void>)>;
    using on_bodies = std::function<void(result<std::vector<std::string>>)>;

    explicit ledger_thread(std::unique_ptr<ledger> l);
    ~ledger_thread();  // finishes what was submitted, then joins

    // False when the bound is reached or after close() (nothing was taken). Each call's records are committed
    // together or not at all; after an error every later call is answered with that error.
    bool submit(std::vector<lifecycle::record> records, on_committed done);
    // Sees everything submitted before it. After close() answered at once, on the caller's thread, with
    // errc::cancelled.
    void read_bodies(std::vector<lifecycle::job_id> ids, on_bodies done);
    // As ledger::begin_backup() and backup_step(), to its end, between commits. After close() or when the end
    // comes first: errc::cancelled.
    void backup(std::string path, on_committed done);
    // As ledger::compact(), to its end, between commits. Answered with the number of jobs archived.
    using on_compacted = std::function<void(result<std::size_t>)>;
    void compact(wall_time before, on_compacted done);
    // Waits until everything submitted so far was answered, checkpoints, closes the file. Idempotent; never
    // from a callback.
    void close();
    stats statistics() const;  // a snapshot, from any thread

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// Where compact() writes.
inline std::string archive_file(const std::string& ledger) {
    return ledger + ".archive.jsonl";
}

// Puts a copy of `backup` in the place of `path` and marks it, so that restored() says so. What stood there
// is kept beside it as "<path>.replaced-<milliseconds>" (and its "-wal"). Nobody may have either open.
// Interrupted at any point, the ledger either is as it was or refuses to open until the restore is repeated.
result<void> restore(const std::string& path, const std::string& backup, wall_time now);

}  // namespace trainyard::ledger
