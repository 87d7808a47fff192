#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "scheduler/lifecycle/admission.hpp"
#include "scheduler/sim/lines.hpp"
#include "scheduler/sim/read.hpp"

namespace trainyard::sim {
namespace {

// What a simulation needs to know beside the message itself.
constexpr std::array<std::string_view, 12> own_members{"job",      "submit", "run",      "start",
                                                       "started",  "end",    "ended",    "accepted",
                                                       "estimate", "class",  "attempts", "state"};

json::value first_of(json::value v, std::initializer_list<std::string_view> keys) {
    for (const std::string_view k : keys)
        if (const json::value found = v.find(k); !found.is_null()) return found;
    return {};
}

std::string text_of(json::value v) {
    if (const auto s = v.string()) return std::string{*s};
    return std::string{v.number_text()};
}

// What only an installation knows, roles and accounts, is taken as allowed. Depth is bounded by the JSON
// limits.
void allow_arns(json::value v, lifecycle::tenant_rules& rules) {
    if (const auto text = v.string(); text && text->starts_with("arn:")) {
        rules.roles.emplace_back(*text);
        std::string_view rest = *text;
        for (int colons = 0; colons < 4 && !rest.empty(); ++colons)
            rest.remove_prefix(
                std::min(rest.size(), rest.find(':') == rest.npos ? rest.size() : rest.find(':') + 1));
        rules.accounts.emplace_back(rest.substr(0, rest.find(':')));
    }
    for (const json::value e : v.elements()) allow_arns(e, rules);
    for (const json::value m : v.members()) allow_arns(m, rules);
}

class reader {
public:
    explicit reader(const read_options& o) : o_(o) {}

    result<void> take(std::string_view line, std::size_t at) {
        if (w_.jobs.size() == jobs_max)
            return error{errc::limit, fmt::format("{}: more than {} jobs", o_.file, jobs_max)};
        const auto document = json::document::parse(line, {.bytes = line_bytes_max});
        if (!document) return bad_line(o_, at, document.error().message);
        const json::value v = document->root();
        if (!v.is_object()) return bad_line(o_, at, "must be a JSON object");
        // The summaries that `simulate --json` ends with describe no job.
        if (v.find("summary").is_object() && v.size() == 1) return {};
        job j;
        std::string why;
        if (auto r = read_times(v, at, j, why); !r) return r;
        if (auto r = v.find("request").is_object() ? read_message(v, at, j) : read_plain(v, at, j); !r)
            return r;
        if (why.empty() && j.needs.empty()) why = "no units";
        if (!why.empty()) {
            leave_out(w_, o_, at, why);
            return {};
        }
        if (auto r = read_name(v, at, j); !r) return r;
        w_.jobs.push_back(std::move(j));
        return {};
    }
    workload done() { return std::move(w_); }

private:
    result<std::optional<double>> time(json::value v, std::size_t at, std::string_view what) const {
        if (v.is_null()) return std::optional<double>{};
        const auto t = time_of(text_of(v));
        if (!t) return bad_line(o_, at, fmt::format("\"{}\" is no time (seconds or ISO 8601)", what));
        return t;
    }

    // `why`: what is missing when there is nothing to simulate.
    result<void> read_times(json::value v, std::size_t at, job& j, std::string& why) const {
        const auto submit = time(first_of(v, {"submit", "accepted"}), at, "submit");
        const auto run = time(v.find("run"), at, "run");
        const auto start = time(first_of(v, {"start", "started"}), at, "start");
        const auto end = time(first_of(v, {"end", "ended"}), at, "end");
        const auto estimate = time(v.find("estimate"), at, "estimate");
        for (const auto* t : {&submit, &run, &start, &end, &estimate})
            if (!*t) return t->error();
        std::optional<double> length = *run;
        if (!length && *start && *end) length = **end - **start;
        if (!*submit)
            why = "no \"submit\" time";
        else if (!length || *length < 0)
            why = "no \"run\" time, nor \"start\" and \"end\"";
        j.submit = from_seconds(submit->value_or(0));
        j.run = from_seconds(std::max(0.0, length.value_or(0)));
        j.requested = from_seconds(std::max(0.0, estimate->value_or(0)));
        return {};
    }

    void take_facts(const std::string& tenant, const std::string& job_class, job& j) {
        j.tenant = w_.tenants.intern(tenant.empty() ? "all" : tenant);
        j.job_class = w_.classes.intern(job_class.empty() ? "all" : job_class);
    }

    // The production code reads the message; what only an installation knows (roles, accounts, its
    // priorities) is taken as allowed.
    result<void> read_message(json::value v, std::size_t at, job& j) {
        json::writer body;
        body.begin_object();
        for (auto m = v.members().begin(); m != v.members().end(); ++m)
            if (!std::ranges::count(own_members, m.key())) body.key(m.key()).copy(*m);
        body.end_object();
        lifecycle::queue_rules rules;
        const std::string tenant = text_of(v.find("tenant"));
        rules.tenants = {tenant.empty() ? "all" : tenant};
        lifecycle::tenant_rules& allowed = rules.rules[rules.tenants.front()];
        for (const json::value p : v.find("pools").elements()) allowed.pools.push_back(text_of(p));
        allow_arns(v.find("request"), allowed);
        rules.priorities = o_.priorities;
        for (const auto& [name, rank] : o_.priorities)
            rules.priority_cap = std::max(rules.priority_cap, rank);
        rules.default_priority = o_.priorities.contains("normal") || o_.priorities.empty()
                                     ? "normal"
                                     : o_.priorities.begin()->first;
        rules.priorities.try_emplace(rules.default_priority, 0);
        const lifecycle::admission a = lifecycle::admit(
            {.queue = {}, .message_id = {}, .deduplication_id = {}, .body = body.take(), .attributes = {}},
            rules);
        if (a.refused) return bad_line(o_, at, fmt::format("{} {}", a.refused->pointer, a.refused->reason));
        const std::string own_class = text_of(v.find("class"));
        take_facts(a.facts.tenant, own_class.empty() ? a.facts.priority_class : own_class, j);
        j.priority = a.facts.priority;
        j.max_attempts = a.facts.max_attempts;
        j.preemptible = a.facts.preemptible;
        if (j.requested == duration::zero()) j.requested = std::chrono::seconds{a.facts.max_runtime_seconds};
        for (const lifecycle::demand_item& d : a.facts.demand) need(j, d.resource, d.instances);
        for (const std::string& p : a.facts.pools) j.pools.push_back(w_.pools.intern(p));
        return {};
    }

    static void need_units(job& j, index resource, std::int64_t units) {
        const auto same = std::ranges::find(j.needs, resource, &demand::resource);
        if (same == j.needs.end())
            j.needs.push_back({resource, units});
        else
            same->units = std::min(units_max, same->units + units);
    }
    void need(job& j, std::string_view resource, std::int64_t units) {
        need_units(j, w_.resources.intern(resource), units);
    }

    result<void> read_demand(json::value v, std::size_t at, job& j) {
        const auto count = [&](json::value n) -> std::optional<std::int64_t> {
            const auto units = n.integer();
            return units && *units >= 0 && *units <= units_max ? units : std::nullopt;
        };
        const auto wrong = [&](std::string_view what) {
            return bad_line(o_, at,
                            fmt::format("\"{}\" must hold whole numbers from 0 to {}", what, units_max));
        };
        if (const json::value units = v.find("units"); !units.is_null()) {
            const auto n = count(units);
            if (!n) return wrong("units");
            if (*n > 0) need(j, o_.resource, *n);
        }
        const json::value d = v.find("demand");
        for (auto m = d.members().begin(); m != d.members().end(); ++m) {
            const auto n = count(*m);
            if (!n) return wrong("demand");
            if (*n > 0) need(j, m.key(), *n);
        }
        for (const json::value item : d.elements()) {
            const auto n = count(item.find("instances"));
            if (!n || !item.find("resource").is_string()) return wrong("demand");
            if (*n > 0) need(j, *item.find("resource").string(), *n);
        }
        return {};
    }

    result<void> read_plain(json::value v, std::size_t at, job& j) {
        if (auto r = read_demand(v, at, j); !r) return r;
        const json::value rank = v.find("priority");
        const std::string named = rank.string() ? std::string{*rank.string()} : std::string{};
        if (const auto n = rank.integer(); n && *n >= -1'000'000 && *n <= 1'000'000)
            j.priority = static_cast<int>(*n);
        else if (const auto found = o_.priorities.find(named); found != o_.priorities.end())
            j.priority = found->second;
        else if (!rank.is_null())
            return bad_line(o_, at, fmt::format("there is no priority '{}'", printable(text_of(rank), 40)));
        const std::string own_class = text_of(v.find("class"));
        take_facts(text_of(v.find("tenant")), own_class.empty() ? named : own_class, j);
        if (const json::value n = v.find("max_attempts"); !n.is_null()) {
            if (!n.integer() || *n.integer() < 1 || *n.integer() > 1000)
                return bad_line(o_, at, "\"max_attempts\" must be a whole number from 1 to 1000");
            j.max_attempts = static_cast<int>(*n.integer());
        }
        j.preemptible = v.find("preemptible").boolean().value_or(false);
        for (const json::value p : v.find("pools").elements())
            if (p.is_string()) j.pools.push_back(w_.pools.intern(*p.string()));
        return {};
    }

    // Jobs may name those that must come before them, which stand above them.
    result<void> read_name(json::value v, std::size_t at, job& j) {
        j.name = text_of(first_of(v, {"job", "name", "id"}));
        if (j.name.empty()) j.name = fmt::format("{}", w_.jobs.size() + 1);
        for (const json::value d : v.find("depends_on").elements()) {
            const auto known = by_name_.find(text_of(d));
            if (known == by_name_.end())
                return bad_line(
                    o_, at,
                    fmt::format("depends on '{}', which no line above names", printable(text_of(d), 60)));
            if (w_.jobs[known->second].submit > j.submit)
                return bad_line(
                    o_, at,
                    fmt::format("depends on '{}', which is submitted later", printable(text_of(d), 60)));
            if (!std::ranges::count(j.depends_on, known->second)) j.depends_on.push_back(known->second);
        }
        by_name_[j.name] = static_cast<index>(w_.jobs.size());
        return {};
    }

    const read_options& o_;
    workload w_;
    std::map<std::string, index, std::less<>> by_name_;
};

}  // namespace

result<workload> read_jsonl(std::string_view text, const read_options& o) {
    reader r{o};
    line_reader lines{text};
    std::string_view line;
    while (lines.next(line)) {
        if (line.size() > line_bytes_max)
            return bad_line(o, lines.number(), fmt::format("longer than {} bytes", line_bytes_max));
        if (trimmed(line).empty()) continue;
        if (auto taken = r.take(line, lines.number()); !taken) return taken.error();
    }
    workload w = r.done();
    w.source = o.file;
    return finish(std::move(w), o);
}

}  // namespace trainyard::sim
