// Old jobs leave the ledger for a file of JSON lines. The order makes every crash harmless: the lines are
// synced before the rows go, and the rows go in the transaction that says how much of the file counts. What
// stands behind that is of a compaction that did not get there, and is cut off by the next.
#include <fcntl.h>

#include <algorithm>

#include "engine/base/json.hpp"
#include "scheduler/ledger/files.hpp"
#include "scheduler/ledger/impl.hpp"

namespace trainyard::ledger {
namespace {

using lifecycle::job_id;
using lifecycle::record;

constexpr int looked_at_max = 1'000;  // rows of one call, archived or not

struct old_job {
    job_id id;
    std::vector<std::int64_t> steps;
};

void write_step(const record& r, json::writer& w) {
    w.begin_object().member("state", lifecycle::to_string(r.to)).member("attempt", r.attempt);
    w.member("pool", r.pool).member("sagemaker_name", r.sagemaker_name).member("reason", r.reason);
    w.member("progress", lifecycle::to_text(r.progress));
    w.member("at_ms", to_unix_millis(r.when)).end_object();
}

std::string archive_line(const lifecycle::job& j, const std::vector<record>& steps, std::string_view body) {
    const lifecycle::job_facts& f = j.facts;
    json::writer w;
    w.begin_object().member("job", lifecycle::to_text(f.id)).member("state", lifecycle::to_string(j.state));
    w.member("reason", j.reason).member("attempts", j.attempt).member("pool", j.pool);
    w.member("queue", f.queue).member("message_id", f.message_id).member("dedup_key", f.dedup_key);
    w.member("tenant", f.tenant).member("kind", f.kind).member("name", f.name);
    w.member("priority_class", f.priority_class).member("priority", f.priority);
    w.member("max_attempts", f.max_attempts).member("preemptible", f.preemptible);
    w.key("pools").begin_array();
    for (const auto& p : f.pools) w.string(p);
    w.end_array().key("demand").begin_array();
    for (const auto& d : f.demand) w.begin_array().string(d.resource).integer(d.instances).end_array();
    w.end_array().member("max_runtime_seconds", f.max_runtime_seconds).member("spec_hash", f.spec_hash);
    w.member("terms", lifecycle::to_text(f.terms)).member("progress", lifecycle::to_text(j.progress));
    w.member("accepted_ms", to_unix_millis(f.accepted)).member("updated_ms", to_unix_millis(j.updated));
    w.key("steps").begin_array();
    for (const record& r : steps) write_step(r, w);
    w.end_array().member("request", body).end_object();
    return w.take() + "\n";
}

// Appends behind what counts and syncs; gives the new length.
result<std::size_t> append(const std::string& path, std::size_t counts, const std::string& lines) {
    auto archive = file::open(path, O_CREAT | O_WRONLY | O_APPEND);
    if (!archive) return archive.error();
    auto size = archive->size();
    if (!size) return size;
    if (*size == 0) {  // new, or taken away by the operator
        if (auto done = sync_directory_of(path); !done) return done.error();
        counts = 0;
    }
    if (*size < counts)
        return error{errc::corrupt, path + " has lost its end: " + std::to_string(*size) + " of " +
                                        std::to_string(counts) +
                                        " bytes are left; move it away, a new one begins"};
    if (*size > counts)
        if (auto done = archive->truncate(counts); !done) return done.error();
    if (auto done = archive->write(lines); !done) return done.error();
    if (auto done = archive->sync(); !done) return done.error();
    return counts + lines.size();
}

result<void> delete_each(sqlite::connection& db, const char* sql, const std::vector<std::int64_t>& keys) {
    auto s = db.prepare(sql);
    if (!s) return s.error();
    for (const std::int64_t k : keys)
        if (auto done = s->start().integer(k).execute(); !done) return done.error();
    return {};
}

}  // namespace

result<ledger::compacted> ledger::compact(wall_time before, std::size_t jobs_max) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    // Ids carry the time of acceptance, and a job that ended was accepted before.
    const auto until = static_cast<std::int64_t>(
        static_cast<job_id>(std::max<std::int64_t>(0, to_unix_millis(before))) << 19U);
    auto rows =
        i.db.prepare("SELECT id, state, updated FROM jobs WHERE id > ? AND id < ? ORDER BY id LIMIT ?");
    if (!rows) return i.stop(rows.error());
    rows->start().integer(static_cast<std::int64_t>(i.compacted)).integer(until).integer(looked_at_max);
    compacted done;
    std::vector<job_id> old;
    int looked = 0;
    while (old.size() < jobs_max) {
        const auto row = rows->step();
        if (!row) return i.stop(row.error());
        if (!*row) break;
        ++looked;
        i.compacted = static_cast<job_id>(rows->next_integer());
        const auto state = lifecycle::parse_state(rows->next_text());
        if (state && is_terminal(*state) && from_unix_millis(rows->next_integer()) < before)
            old.push_back(i.compacted);
    }
    rows->finish();
    done.complete = old.size() < jobs_max && looked < looked_at_max;
    if (done.complete) i.compacted = 0;
    done.jobs = old.size();
    if (old.empty()) return done;

    std::string lines;
    std::vector<std::int64_t> ids, steps;
    for (const job_id id : old) {
        const auto job = i.read_current(id);
        if (!job) return i.stop(job.error());
        const auto history = i.steps_of(id, *job, &steps);
        if (!history) return i.stop(history.error());
        const auto body = bodies({&id, 1});
        if (!body) return body.error();
        lines += archive_line(job->job, *history, body->front());
        ids.push_back(static_cast<std::int64_t>(id));
    }
    const auto counts = i.db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='archived'");
    if (!counts) return i.stop(counts.error());
    const auto length = append(archive_file(i.db.path()), static_cast<std::size_t>(*counts), lines);
    if (!length) {
        i.compacted = 0;
        return length.error();
    }
    const auto remove = [&]() -> result<void> {
        if (auto r = i.begin.start().execute(); !r) return r.error();
        if (auto r = delete_each(i.db, "DELETE FROM transitions WHERE seq=?", steps); !r) return r;
        if (auto r = delete_each(i.db, "DELETE FROM bodies WHERE id=?", ids); !r) return r;
        if (auto r = delete_each(i.db, "DELETE FROM jobs WHERE id=?", ids); !r) return r;
        const std::string value = std::to_string(*length);
        if (auto r = i.set_meta.start().text(value).text("archived").execute(); !r) return r.error();
        if (auto r = i.end.start().execute(); !r) return r.error();
        return {};
    };
    if (auto removed = remove(); !removed) return i.stop(removed.error());
    for (const job_id id : old) i.ahead.erase(id);
    i.statistics.archived += old.size();
    return done;
}

}  // namespace trainyard::ledger
