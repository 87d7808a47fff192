#include "scheduler/ledger/ledger.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>

#include "engine/base/encoding.hpp"
#include "scheduler/ledger/impl.hpp"
#include "scheduler/ledger/schema.hpp"

namespace trainyard::ledger {

using lifecycle::job_id;
using lifecycle::record;

result<void> ledger::impl::prepare() {
    const std::pair<sqlite::statement*, const char*> statements[] = {
        {&begin, "BEGIN IMMEDIATE"},
        {&end, "COMMIT"},
        {&insert_job, insert_job_sql},
        {&insert_body, "INSERT INTO bodies(id, body) VALUES(?,?)"},
        {&insert_transition, insert_transition_sql},
        {&apply_job, apply_job_sql},
        {&set_meta, "UPDATE meta SET value=? WHERE key=?"},
        {&select_jobs, select_jobs_sql},
        {&select_job, select_job_sql},
        {&select_last, "SELECT last FROM jobs WHERE id=?"},
        {&select_body, "SELECT body FROM bodies WHERE id=?"},
        {&select_transition, select_transition_sql},
        {&set_mark, set_mark_sql},
        {&drop_mark, drop_mark_sql},
        {&select_marks, select_marks_sql},
        {&set_pause, set_pause_sql},
        {&drop_pause, drop_pause_sql},
        {&select_pauses, select_pauses_sql},
    };
    for (const auto& [statement, sql] : statements) {
        auto prepared = db.prepare(sql);
        if (!prepared) return prepared.error();
        *statement = std::move(*prepared);
    }
    auto seq = db.integer("SELECT max(seq) FROM transitions");
    if (!seq) return seq.error();
    auto id = db.integer("SELECT max(id) FROM jobs");
    if (!id) return id.error();
    last_id = static_cast<job_id>(*id);
    if (auto found = find_ahead(); !found) return found;
    // The last steps may be archived; what `applied` covers must never come again.
    next_seq = std::max(*seq, applied) + 1;
    sqlite3_wal_hook(
        db.raw(),
        [](void* pages, sqlite3*, const char*, int in_wal) {
            *static_cast<std::size_t*>(pages) = static_cast<std::size_t>(in_wal);
            return SQLITE_OK;
        },
        &wal_pages);
    return {};
}

result<std::int64_t> ledger::impl::last_step(job_id id) {
    if (const auto found = ahead.find(id); found != ahead.end()) return found->second;
    auto row = select_last.start().integer(static_cast<std::int64_t>(id)).step();
    if (!row) return row.error();
    if (!*row) return std::int64_t{0};
    const std::int64_t seq = select_last.next_integer();
    select_last.finish();
    return seq;
}

result<void> ledger::impl::store(const record& r) {
    if (auto valid = check_record(r); !valid) return valid;
    const auto refuse = [&](const char* why) {
        return error{errc::invalid_argument, "record of job " + lifecycle::to_text(r.id) + ": " + why};
    };
    if (r.pausing) {
        const auto since = std::to_string(to_unix_millis(r.when)),
                   which = lifecycle::to_text(r.pausing->which);
        auto done = r.pausing->on ? set_pause.start().text(which).text(since).execute()
                                  : drop_pause.start().text(which).execute();
        if (!done) return done.error();
        return {};
    }
    if (r.mark) {
        const auto times = std::to_string(r.mark->times);
        auto done = r.mark->times > 0 ? set_mark.start().text(r.mark->key).text(times).execute()
                                      : drop_mark.start().text(r.mark->key).execute();
        if (!done) return done.error();
        if (r.id == 0) return {};
    }
    // Ids grow, so a new one needs no looking up.
    std::int64_t prev = 0;
    if (!r.accepted || r.id <= last_id) {
        const auto last = last_step(r.id);
        if (!last) return last.error();
        prev = *last;
    }
    if (r.accepted && prev != 0) return refuse("accepted twice");
    if (!r.accepted && prev == 0) return refuse("no such job");
    const std::int64_t seq = next_seq++;
    if (auto done = ::trainyard::ledger::insert_transition(insert_transition, r, seq, prev); !done)
        return done;
    if (!r.accepted) {
        ahead[r.id] = seq;
        return {};
    }
    last_id = std::max(last_id, r.id);
    if (auto done = ::trainyard::ledger::insert_job(insert_job, r, seq); !done) return done;
    auto done = insert_body.start().integer(static_cast<std::int64_t>(r.id)).blob(r.body).execute();
    if (!done) return done.error();
    return {};
}

result<void> ledger::impl::transaction(std::span<const record> records) {
    if (auto done = begin.start().execute(); !done) return done.error();
    for (const record& r : records)
        if (auto done = store(r); !done) return done;
    if (auto done = end.start().execute(); !done) return done.error();
    return {};
}

ledger::ledger() = default;
ledger::~ledger() = default;

result<std::unique_ptr<ledger>> ledger::open(const std::string& path, const std::string& installation) {
    auto db = open_file(path, installation);
    if (!db) return db.error();
    std::unique_ptr<ledger> l{new ledger};
    l->impl_ = std::make_unique<impl>(std::move(*db));
    if (auto ready = l->impl_->prepare(); !ready) return ready.error();
    l->impl_->db.checkpoint_on_close(true);
    return l;
}

result<std::vector<lifecycle::job>> ledger::load() {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    std::vector<lifecycle::job> jobs;
    i.select_jobs.start();
    for (;;) {
        auto row = i.select_jobs.step();
        if (!row) return i.stop(row.error());
        if (!*row) return jobs;
        auto job = read_job(i.select_jobs);
        if (!job) {
            i.select_jobs.finish();
            return i.stop(job.error());
        }
        if (const auto later = i.ahead.find(job->job.facts.id); later != i.ahead.end()) {
            auto step = i.read_step(later->second);
            if (!step) {
                i.select_jobs.finish();
                return i.stop(step.error());
            }
            lifecycle::apply(std::move(step->record), job->job);
        }
        jobs.push_back(std::move(job->job));
    }
}

result<std::map<std::string, int>> ledger::marks() {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    std::map<std::string, int> out;
    i.select_marks.start();
    for (;;) {
        auto row = i.select_marks.step();
        if (!row) return i.stop(row.error());
        if (!*row) return out;
        std::string key = i.select_marks.next_text();
        out[std::move(key)] = static_cast<int>(i.select_marks.next_integer());
    }
}

result<lifecycle::pauses> ledger::pauses() {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    lifecycle::pauses out;
    i.select_pauses.start();
    for (;;) {
        auto row = i.select_pauses.step();
        if (!row) return i.stop(row.error());
        if (!*row) return out;
        const std::string text = i.select_pauses.next_text();
        const auto which = lifecycle::parse_pause(text);
        if (!which) {
            i.select_pauses.finish();
            return i.stop({errc::corrupt, "ledger " + i.db.path() + ": \"" + printable(text) +
                                              "\" is no pause; restore a backup"});
        }
        out[*which] = from_unix_millis(i.select_pauses.next_integer());
    }
}

result<void> ledger::commit(std::span<const record> records) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    if (records.empty()) return {};
    const auto started = std::chrono::steady_clock::now();
    // A failed transaction is not rolled back here: nothing follows it, and closing or recovery forgets it.
    if (auto done = i.transaction(records); !done) return i.stop(done.error());
    i.statistics.last_commit_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    ++i.statistics.commits;
    i.statistics.records += records.size();
    return {};
}

result<std::vector<std::string>> ledger::bodies(std::span<const job_id> ids) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    std::vector<std::string> found;
    found.reserve(ids.size());
    for (const job_id id : ids) {
        auto row = i.select_body.start().integer(static_cast<std::int64_t>(id)).step();
        if (!row) return i.stop(row.error());
        if (!*row)
            return error{errc::not_found,
                         "ledger " + i.db.path() + ": no body of job " + lifecycle::to_text(id)};
        found.push_back(i.select_body.next_text());
        i.select_body.finish();
    }
    return found;
}

result<transition_row> ledger::impl::read_step(std::int64_t seq) {
    auto row = select_transition.start().integer(seq).step();
    if (!row) return row.error();
    if (!*row)
        return error{errc::corrupt, "ledger " + db.path() + ": step " + std::to_string(seq) +
                                        " is missing; restore a backup"};
    auto step = read_transition(select_transition);
    select_transition.finish();
    if (!step) return with_context(step.error(), "ledger " + db.path());
    return step;
}

result<job_row> ledger::impl::read_current(job_id id) {
    auto known = select_job.start().integer(static_cast<std::int64_t>(id)).step();
    if (!known) return known.error();
    if (!*known) return error{errc::not_found, "ledger " + db.path() + ": no job " + lifecycle::to_text(id)};
    auto job = read_job(select_job);
    select_job.finish();
    if (!job) return job;
    if (const auto later = ahead.find(id); later != ahead.end()) {
        auto step = read_step(later->second);
        if (!step) return step.error();
        job->last = later->second;
        lifecycle::apply(std::move(step->record), job->job);
    }
    return job;
}

result<std::vector<record>> ledger::impl::steps_of(job_id id, const job_row& job,
                                                   std::vector<std::int64_t>* numbers) {
    std::vector<record> steps;
    for (std::int64_t seq = job.last; seq != 0;) {
        auto step = read_step(seq);
        if (!step) return step.error();
        // A chain that leaves the job or does not lead backwards would never end.
        if (step->record.id != id || step->prev >= seq)
            return error{errc::corrupt, "ledger " + db.path() + ": the history of job " +
                                            lifecycle::to_text(id) + " is broken at step " +
                                            std::to_string(seq) + "; restore a backup"};
        if (numbers != nullptr) numbers->push_back(seq);
        seq = step->prev;
        steps.push_back(std::move(step->record));
    }
    std::reverse(steps.begin(), steps.end());
    if (!steps.empty()) steps.front().accepted = job.job.facts;
    return steps;
}

result<std::vector<record>> ledger::history(job_id id) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    const auto job = i.read_current(id);
    if (!job) return job.error().code == errc::not_found ? job.error() : i.stop(job.error());
    auto steps = i.steps_of(id, *job);
    if (!steps) return i.stop(steps.error());
    return steps;
}

result<void> ledger::checkpoint() {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    // PASSIVE leaves the file at its length: the next commits overwrite it, which is faster than appending.
    auto moved = i.db.checkpoint(SQLITE_CHECKPOINT_PASSIVE);
    if (!moved) return i.stop(moved.error());
    i.wal_pages = static_cast<std::size_t>(std::max(0, moved->wal_pages - moved->moved));
    ++i.statistics.checkpoints;
    return {};
}

std::size_t ledger::wal_pages() const {
    return impl_->wal_pages;
}
const stats& ledger::statistics() const {
    return impl_->statistics;
}

}  // namespace trainyard::ledger
