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
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::ledger {

struct stats {
    std::uint64_t commits = 0, records = 0, checkpoints = 0;
    double last_commit_seconds = 0;
};

// Used from one thread at a time; every call blocks on the disk.
class ledger {
public:
    // Creates the file, or opens it and checks schema version and installation name. Errors:
    // errc::already_exists when another process has it open, errc::corrupt, errc::io, errc::invalid_argument
    // (another installation's ledger, or a newer schema); each message names the file and what to do.
    static result<std::unique_ptr<ledger>> open(const std::string& path, const std::string& installation);
    // For reading beside nobody: refuses like open() when a process has it.
    ~ledger();
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;

    // Every job's current state in id order, without bodies.
    result<std::vector<lifecycle::job>> load();
    // Messages whose reading was begun and not concluded, and how often: record::mark.
    result<std::map<std::string, int>> marks();
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
    // Records submitted and not yet answered; about 100 MB at 1 kB each. Bodies' bytes are not counted.
    static constexpr std::size_t queued_records_max = 100'000;
    // One transaction takes at most so many (a larger single submit() goes alone): a long queue is answered
    // in parts.
    static constexpr std::size_t group_records_max = 5'000;
    // Pages of 4 KiB in the WAL at which it is moved to the main file: when nothing waits, and whatever
    // waits.
    static constexpr std::size_t checkpoint_pages_idle = 1'000, checkpoint_pages_max = 16'384;

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
    // Waits until everything submitted so far was answered, checkpoints, closes the file. Idempotent; never
    // from a callback.
    void close();
    stats statistics() const;  // a snapshot, from any thread

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::ledger
