#include "scheduler/ledger/audit.hpp"

#include <sqlite3.h>

#include <filesystem>

#include "scheduler/ledger/rows.hpp"
#include "scheduler/ledger/schema.hpp"

namespace trainyard::ledger {
namespace {

constexpr const char* file_sound = "S18 sound file";

// Every row of the statement; `read` gives an error to stop.
template <class F>
result<void> for_each(sqlite::connection& db, const char* sql, F read) {
    auto rows = db.prepare(sql);
    if (!rows) return rows.error();
    rows->start();
    for (;;) {
        const auto row = rows->step();
        if (!row) return row.error();
        if (!*row) return {};
        if (result<void> done = read(*rows); !done) {
            rows->finish();
            return done;
        }
    }
}

result<void> read_meta(sqlite::connection& db, audited& out, std::int64_t& applied) {
    const auto schema = db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='schema'");
    if (!schema) return schema.error();
    out.schema = *schema;
    const auto restored = db.integer("SELECT count(*) FROM meta WHERE key='restored'");
    if (!restored) return restored.error();
    out.restored = *restored != 0;
    if (out.schema == 1) {  // every row was current
        applied = INT64_MAX;
        return {};
    }
    const auto until = db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='applied'");
    if (!until) return until.error();
    applied = *until;
    const auto phantoms = db.integer("SELECT count(*) FROM phantoms");
    if (!phantoms) return phantoms.error();
    out.phantoms = static_cast<std::uint64_t>(*phantoms);
    return {};
}

}  // namespace

result<std::vector<phantom>> read_phantoms(const std::string& path) {
    auto db = sqlite::connection::open(path, "ledger");
    if (!db) return db.error();
    const auto schema = db->integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='schema'");
    if (!schema) return schema.error();
    if (*schema < 2) return std::vector<phantom>{};
    return select_phantoms(*db);
}

result<audited> audit(const std::string& given, std::size_t keep_violations, const on_job& each) {
    std::error_code ec;
    const std::string path = std::filesystem::absolute(given, ec).string();
    if (!std::filesystem::is_regular_file(path, ec))
        return error{errc::invalid_argument, "ledger " + path + " does not exist"};
    audited out;
    auto owner = read_installation(path);
    if (!owner) return owner.error();
    out.installation = std::move(*owner);
    auto db = sqlite::connection::open(path, "ledger");
    if (!db) return db.error();
    std::int64_t applied = 0;
    if (auto done = read_meta(*db, out, applied); !done) return done.error();

    replay steps{keep_violations};
    auto done = for_each(*db, select_transitions_sql, [&](sqlite::statement& s) -> result<void> {
        const std::int64_t seq = s.next_integer();
        const auto row = read_transition(s);
        if (!row) return row.error();
        steps.step(seq, row->prev, row->record);
        return {};
    });
    if (!done) return done.error();
    auto later = db->prepare(select_transition_sql);
    if (!later) return later.error();
    done = for_each(*db, select_jobs_sql, [&](sqlite::statement& s) -> result<void> {
        auto row = read_job(s);
        if (!row) return row.error();
        steps.job(row->job, row->last, applied);
        if (!each) return {};
        const std::int64_t last = steps.last_step(row->job.facts.id);
        if (last > row->last) {
            const auto there = later->start().integer(last).step();
            if (!there) return there.error();
            auto step = read_transition(*later);
            later->finish();
            if (!step) return step.error();
            lifecycle::apply(std::move(step->record), row->job);
        }
        each(row->job);
        return {};
    });
    if (!done) return done.error();
    done = for_each(*db, "SELECT id FROM bodies ORDER BY id", [&](sqlite::statement& s) -> result<void> {
        steps.body(static_cast<lifecycle::job_id>(s.next_integer()));
        return {};
    });
    if (!done) return done.error();
    out.verdict = steps.finish();
    out.verdict.by_invariant.try_emplace(file_sound, 0);
    done = for_each(*db, "PRAGMA quick_check(20)", [&](sqlite::statement& s) -> result<void> {
        if (std::string text = s.next_text(); text != "ok")
            out.verdict.add({file_sound, damage::none, 0, std::move(text)}, keep_violations);
        return {};
    });
    if (!done) return done.error();
    return out;
}

}  // namespace trainyard::ledger
