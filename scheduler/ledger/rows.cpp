#include "scheduler/ledger/rows.hpp"

#include <charconv>
#include <limits>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::ledger {
namespace {

using lifecycle::record;

std::int64_t to_column(lifecycle::job_id id) {
    return static_cast<std::int64_t>(id);
}

std::optional<std::int64_t> to_column(std::optional<wall_time> t) {
    if (!t) return std::nullopt;
    return to_unix_millis(*t);
}

std::optional<wall_time> optional_time(std::optional<std::int64_t> millis) {
    if (!millis) return std::nullopt;
    return from_unix_millis(*millis);
}

// An empty list is the empty text: most jobs name no pools.
std::string pools_text(const std::vector<std::string>& pools) {
    if (pools.empty()) return {};
    json::writer w;
    w.begin_array();
    for (const auto& p : pools) w.string(p);
    return w.end_array().take();
}

std::string demand_text(const std::vector<lifecycle::demand_item>& demand) {
    if (demand.empty()) return {};
    json::writer w;
    w.begin_array();
    for (const auto& d : demand) w.begin_array().string(d.resource).integer(d.instances).end_array();
    return w.end_array().take();
}

bool parse_pools(std::string_view text, std::vector<std::string>& out) {
    if (text.empty()) return true;
    const auto doc = json::document::parse(text);
    if (!doc || !doc->root().is_array()) return false;
    for (const auto v : doc->root().elements()) {
        if (!v.is_string()) return false;
        out.emplace_back(*v.string());
    }
    return true;
}

// One resource whose name needs no escape, as nearly every job has it: a million of them are read at a start.
bool parse_one_demand(std::string_view text, std::vector<lifecycle::demand_item>& out) {
    constexpr std::string_view front = "[[\"", middle = "\",", back = "]]";
    if (!text.starts_with(front) || !text.ends_with(back)) return false;
    text.remove_prefix(front.size());
    text.remove_suffix(back.size());
    const auto end = text.find_first_of("\"\\");
    if (end == std::string_view::npos || !text.substr(end).starts_with(middle)) return false;
    const std::string_view number = text.substr(end + middle.size());
    std::int64_t instances = 0;
    const auto [stop, failed] = std::from_chars(number.data(), number.data() + number.size(), instances);
    if (failed != std::errc{} || stop != number.data() + number.size()) return false;
    out.push_back({std::string(text.substr(0, end)), instances});
    return true;
}

bool parse_demand(std::string_view text, std::vector<lifecycle::demand_item>& out) {
    if (text.empty() || parse_one_demand(text, out)) return true;
    const auto doc = json::document::parse(text);
    if (!doc || !doc->root().is_array()) return false;
    for (const auto v : doc->root().elements()) {
        const auto resource = v.at(0).string();
        const auto instances = v.at(1).integer();
        if (!resource || !instances) return false;
        out.push_back({std::string(*resource), *instances});
    }
    return true;
}

error damaged(std::string_view table, std::int64_t row, std::string_view column) {
    return {errc::corrupt, "ledger: column " + std::string(column) + " of row " + std::to_string(row) +
                               " in " + std::string(table) +
                               " holds what was never written; restore a backup"};
}

bool to_int(std::int64_t v, int& out) {
    out = static_cast<int>(v);
    return out == v;
}

}  // namespace

result<void> check_record(const record& r) {
    const auto refuse = [&](std::string_view why) {
        return error{errc::invalid_argument,
                     "record of job " + lifecycle::to_text(r.id) + ": " + std::string(why)};
    };
    if (r.pausing) {
        if (r.id != 0 || r.mark || r.accepted) return refuse("a pause belongs to no job");
        if (!lifecycle::parse_pause(lifecycle::to_text(r.pausing->which))) return refuse("it pauses nothing");
        return {};
    }
    if (r.mark && r.mark->key.empty()) return refuse("it marks a message without a key");
    if (r.mark && r.id == 0) return {};
    if (r.id == 0 || r.id > static_cast<lifecycle::job_id>(std::numeric_limits<std::int64_t>::max()))
        return refuse("the id is outside 1 to 2^63-1");
    if (!lifecycle::parse_state(lifecycle::to_string(r.to))) return refuse("the state is unknown");
    if (r.accepted && r.accepted->id != r.id) return refuse("it accepts another job id");
    if (!r.accepted && !r.body.empty()) return refuse("only the accepting record carries a body");
    return {};
}

result<void> insert_job(sqlite::statement& s, const record& r, std::int64_t seq) {
    const lifecycle::job_facts& f = *r.accepted;
    const std::string terms = lifecycle::to_text(f.terms), progress = lifecycle::to_text(r.progress);
    const std::string pools = pools_text(f.pools);
    const std::string demand = demand_text(f.demand);
    s.start().integer(to_column(r.id)).integer(seq);
    s.text(to_string(r.to)).integer(r.attempt).text(r.pool).text(r.sagemaker_name).text(r.reason);
    s.integer(to_column(r.not_before)).integer(to_unix_millis(r.when));
    s.text(f.queue).text(f.message_id).text(f.dedup_key).text(f.tenant).text(f.kind).text(f.name);
    s.text(f.priority_class).integer(f.priority).integer(f.max_attempts).integer(f.preemptible ? 1 : 0);
    s.text(pools)
        .text(demand)
        .integer(f.max_runtime_seconds)
        .text(f.spec_hash)
        .integer(to_unix_millis(f.accepted))
        .text(terms)
        .text(progress);
    if (auto done = s.execute(); !done) return done.error();
    return {};
}

result<void> insert_transition(sqlite::statement& s, const record& r, std::int64_t seq, std::int64_t prev) {
    const std::string progress = lifecycle::to_text(r.progress);
    s.start().integer(seq).integer(to_column(r.id)).text(to_string(r.to)).integer(r.attempt).text(r.pool);
    s.text(r.sagemaker_name).text(r.reason).integer(to_column(r.not_before)).integer(to_unix_millis(r.when));
    s.text(progress).integer(prev);
    if (auto done = s.execute(); !done) return done.error();
    return {};
}

result<std::vector<phantom>> select_phantoms(sqlite::connection& db) {
    auto rows = db.prepare("SELECT pool, name, job, attempt, status, seen FROM phantoms ORDER BY job, name");
    if (!rows) return rows.error();
    std::vector<phantom> out;
    rows->start();
    for (;;) {
        auto row = rows->step();
        if (!row) return row.error();
        if (!*row) return out;
        phantom p;
        p.pool = rows->next_text();
        p.name = rows->next_text();
        p.job = static_cast<lifecycle::job_id>(rows->next_integer());
        p.attempt = static_cast<int>(rows->next_integer());
        p.status = rows->next_text();
        p.seen = from_unix_millis(rows->next_integer());
        out.push_back(std::move(p));
    }
}

result<job_row> read_job(sqlite::statement& s) {
    job_row row;
    lifecycle::job& j = row.job;
    lifecycle::job_facts& f = j.facts;
    const std::int64_t id = s.next_integer();
    if (id <= 0) return damaged("jobs", id, "id");
    f.id = static_cast<lifecycle::job_id>(id);
    row.last = s.next_integer();
    const auto state = lifecycle::parse_state(s.next_text());
    if (!state) return damaged("jobs", id, "state");
    j.state = *state;
    if (!to_int(s.next_integer(), j.attempt)) return damaged("jobs", id, "attempt");
    j.pool = s.next_text();
    j.sagemaker_name = s.next_text();
    j.reason = s.next_text();
    j.not_before = optional_time(s.next_optional());
    j.updated = from_unix_millis(s.next_integer());
    f.queue = s.next_text();
    f.message_id = s.next_text();
    f.dedup_key = s.next_text();
    f.tenant = s.next_text();
    f.kind = s.next_text();
    f.name = s.next_text();
    f.priority_class = s.next_text();
    if (!to_int(s.next_integer(), f.priority)) return damaged("jobs", id, "priority");
    if (!to_int(s.next_integer(), f.max_attempts)) return damaged("jobs", id, "max_attempts");
    f.preemptible = s.next_integer() != 0;
    if (!parse_pools(s.next_text(), f.pools)) return damaged("jobs", id, "pools");
    if (!parse_demand(s.next_text(), f.demand)) return damaged("jobs", id, "demand");
    f.max_runtime_seconds = s.next_integer();
    f.spec_hash = s.next_text();
    f.accepted = from_unix_millis(s.next_integer());
    auto terms = lifecycle::parse_terms(s.next_text());
    if (!terms) return damaged("jobs", id, "terms");
    f.terms = std::move(*terms);
    auto progress = lifecycle::parse_progress(s.next_text());
    if (!progress) return damaged("jobs", id, "progress");
    j.progress = std::move(*progress);
    return row;
}

result<transition_row> read_transition(sqlite::statement& s) {
    transition_row row;
    record& r = row.record;
    row.prev = s.next_integer();
    const std::int64_t id = s.next_integer();
    r.id = static_cast<lifecycle::job_id>(id);
    const auto state = lifecycle::parse_state(s.next_text());
    if (!state) return damaged("transitions", id, "state");
    r.to = *state;
    if (!to_int(s.next_integer(), r.attempt)) return damaged("transitions", id, "attempt");
    r.pool = s.next_text();
    r.sagemaker_name = s.next_text();
    r.reason = s.next_text();
    r.not_before = optional_time(s.next_optional());
    r.when = from_unix_millis(s.next_integer());
    auto progress = lifecycle::parse_progress(s.next_text());
    if (!progress) return damaged("transitions", id, "progress");
    r.progress = std::move(*progress);
    return row;
}

}  // namespace trainyard::ledger
