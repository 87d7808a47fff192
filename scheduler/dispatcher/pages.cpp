#include "scheduler/dispatcher/pages.hpp"

#include <fmt/format.h>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::dispatcher {
namespace {

using lifecycle::state;

constexpr std::size_t candidates_max = 10;

void write_facts(json::writer& w, const lifecycle::job& j) {
    w.member("job", lifecycle::to_text(j.facts.id)).member("name", j.facts.name);
    w.member("kind", j.facts.kind).member("queue", j.facts.queue).member("tenant", j.facts.tenant);
    w.member("priority", j.facts.priority_class).member("state", lifecycle::to_string(j.state));
    w.member("attempts", j.attempt).member("pool", j.pool).member("sagemaker_name", j.sagemaker_name);
    w.member("reason", j.reason).member("message_id", j.facts.message_id);
    w.member("accepted", to_unix_seconds(j.facts.accepted)).member("updated", to_unix_seconds(j.updated));
}

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& p : parts) out += (out.empty() ? "" : ", ") + p;
    return out;
}

// The policy knows nothing of a job that waits for others, for its group or for its next attempt, nor of one
// that has ended.
std::string summary_of(const lifecycle::job& j, const std::vector<std::string>& waits_for,
                       const std::string& held_by, const policy::explanation& e) {
    if (is_terminal(j.state))
        return fmt::format("It {}{}{}.", j.state == state::vanished ? "has " : "is ", to_string(j.state),
                           j.reason.empty() ? "" : ": " + j.reason);
    if (e.known) return e.summary;
    if (!waits_for.empty()) return "Waiting for jobs that it depends on: " + join(waits_for) + ".";
    if (!held_by.empty()) return "It " + held_by + ".";
    if (j.not_before)
        return "Waiting until " + to_iso8601(*j.not_before) + " before it is tried again" +
               (j.reason.empty() ? "" : ": " + j.reason) + ".";
    return e.summary;
}

std::string_view outcome_of(const lifecycle::job& before, const lifecycle::job& after, bool& changed) {
    changed = before.state != after.state || before.progress.cause != after.progress.cause;
    if (after.state == state::cancelled && changed) return "cancelled before it had started";
    if (is_terminal(after.state)) return "it had ended before";
    if (!changed) return "it was cancelled before, and is being stopped";
    if (after.state == state::starting) return "it is starting, and is stopped as soon as it runs";
    return "it is being stopped";
}

}  // namespace

found_job find_job(const core& c, std::string_view id_or_name) {
    if (const auto id = lifecycle::parse_job_id(id_or_name))
        if (const lifecycle::job* j = c.machine().find(*id)) return {j, 200, {}};
    found_job out;
    std::size_t count = 0;
    std::string list;
    for (const auto& [id, j] : c.machine().jobs()) {
        if (j.facts.name.empty() || j.facts.name != id_or_name) continue;
        out.job = &j;
        if (++count <= candidates_max)
            list +=
                fmt::format("{}{} ({})", count > 1 ? ", " : "", lifecycle::to_text(id), to_string(j.state));
    }
    if (count == 1) return out;
    const std::string name = printable(id_or_name, 80);
    if (count == 0) return {nullptr, 404, "no job has the id or the name '" + name + "'"};
    return {nullptr, 409,
            fmt::format("{} jobs have the name '{}'; give the id of one: {}{}", count, name, list,
                        count > candidates_max ? ", ..." : "")};
}

std::string job_line(const lifecycle::job& j) {
    json::writer w;
    w.begin_object();
    write_facts(w, j);
    w.end_object();
    return w.take();
}

std::string explanation_page(const core& c, const lifecycle::job& j, wall_time now) {
    const policy::explanation e = c.policy().explain(j.facts.id, now);
    const std::vector<std::string> waits_for = c.machine().waits_for(j.facts.id);
    json::writer w;
    w.begin_object();
    write_facts(w, j);
    w.member("max_attempts", j.facts.max_attempts).member("uncharged_attempts", j.progress.uncharged);
    if (j.not_before) w.member("not_before", to_unix_seconds(*j.not_before));
    w.member("summary", summary_of(j, waits_for, c.machine().held_by(j.facts.id), e))
        .member("tenant_reason", e.tenant_reason);
    w.member("limited_at", e.limited_at).key("waits_for").begin_array();
    for (const std::string& other : waits_for) w.string(other);
    w.end_array().member("ahead", e.ahead).key("next").begin_array();
    for (const std::uint64_t id : e.next) w.string(lifecycle::to_text(id));
    w.end_array();
    if (e.reserved_for != 0) w.member("reserved_for", lifecycle::to_text(e.reserved_for));
    w.key("pools").begin_object();
    for (const auto& [pool, why] : e.pool_reasons) w.member(pool, std::string_view{why});
    w.end_object().key("open_pools").begin_array();
    for (const policy::pool_score& s : e.scores) w.string(s.pool);
    w.end_array();
    if (e.estimated_start)
        w.member("estimated_start", to_unix_seconds(*e.estimated_start))
            .member("estimated_from", e.estimated_from);
    w.end_object();
    return w.take() + "\n";
}

std::string cancel_page(const lifecycle::job& before, const lifecycle::job& after) {
    bool changed = false;
    const std::string_view outcome = outcome_of(before, after, changed);
    json::writer w;
    w.begin_object().member("job", lifecycle::to_text(after.facts.id)).member("name", after.facts.name);
    w.member("was", lifecycle::to_string(before.state)).member("state", lifecycle::to_string(after.state));
    w.member("changed", changed).member("outcome", outcome).end_object();
    return w.take() + "\n";
}

result<lifecycle::pause> read_pause(std::string_view query) {
    using lifecycle::pause;
    if (query.empty()) return pause{};
    const auto equals = query.find('=');
    const std::string_view key = query.substr(0, equals);
    for (const auto what : {pause::of::tenant, pause::of::pool, pause::of::queue}) {
        if (equals == std::string_view::npos || key != to_string(what)) continue;
        // One thing at a time: of several, some could be unknown.
        auto name = percent_decode(query.substr(equals + 1));
        if (!name || name->empty() || query.find('&') != std::string_view::npos) break;
        return pause{what, std::move(*name)};
    }
    return error{errc::invalid_argument, "give one of tenant=NAME, pool=NAME, queue=NAME, or nothing"};
}

std::string pause_page(const core& c, const lifecycle::pause& which, bool changed) {
    const auto since = c.pauses().find(which);
    json::writer w;
    w.begin_object().member("what", to_string(which.what)).member("name", which.name);
    w.member("paused", since != c.pauses().end()).member("changed", changed);
    if (since != c.pauses().end()) w.member("since", to_unix_seconds(since->second));
    w.end_object();
    return w.take() + "\n";
}

}  // namespace trainyard::dispatcher
