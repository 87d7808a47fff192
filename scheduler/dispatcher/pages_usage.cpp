// Who uses what: pools, tenants and queues; and what was decided lately.
#include "engine/base/json.hpp"
#include "scheduler/dispatcher/pages.hpp"

namespace trainyard::dispatcher {
namespace {

using amounts = std::map<std::string, policy::amount>;

std::string_view why_text(policy::reason r) {
    switch (r) {
        case policy::reason::in_order: return "in_order";
        case policy::reason::backfilled: return "backfilled";
        case policy::reason::gang: return "gang";
        case policy::reason::preempted: return "preempted";
    }
    return "unknown";
}

void write_amount(json::writer& w, policy::amount a) {
    if (a.is_unlimited())
        w.null();
    else
        w.integer(a.count());
}

policy::amount amount_of(const amounts& from, const std::string& resource) {
    const auto found = from.find(resource);
    return found == from.end() ? policy::amount{} : found->second;
}

std::string_view to_word(policy::limit_source s) {
    switch (s) {
        case policy::limit_source::file: return "file";
        case policy::limit_source::discovered: return "discovered";
        case policy::limit_source::learned: return "learned";
    }
    return "";
}

void write_resource(json::writer& w, const policy::pool_usage& p, const std::string& resource) {
    const auto source = p.sources.find(resource);
    const auto learned = p.learned.find(resource);
    const bool by_refusal = source != p.sources.end() && source->second == policy::limit_source::learned &&
                            learned != p.learned.end();
    w.begin_object().member("resource", resource).key("limit");
    write_amount(w, by_refusal ? learned->second : amount_of(p.limits, resource));
    w.member("source", source == p.sources.end() ? "" : to_word(source->second));
    w.member("in_use", amount_of(p.used, resource).count());
    if (by_refusal) {
        w.key("granted");
        write_amount(w, amount_of(p.limits, resource));
    }
    if (const auto until = p.blocked.find(resource); until != p.blocked.end())
        w.member("blocked_until", to_unix_seconds(until->second));
    w.end_object();
}

void write_budget(json::writer& w, std::string_view operation, budget of, std::size_t owed, mono_time now) {
    w.key(operation).begin_object().member("per_second", of.rate()).member("now", of.available(now));
    w.member("owed", owed).end_object();
}

void write_budgets(json::writer& w, const core& c, const std::string& pool, mono_time now) {
    w.key("budgets").begin_object();
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k) {
        const auto kind = static_cast<lifecycle::kind>(k);
        const pool_budgets& b = c.budgets(pool, kind);
        w.key(lifecycle::to_string(kind)).begin_object();
        write_budget(w, "create", b.create, b.creates_owed, now);
        write_budget(w, "stop", b.stop, 0, now);
        write_budget(w, "describe", b.describe, b.looks_owed, now);
        write_budget(w, "list", b.list, 0, now);
        w.end_object();
    }
    w.end_object();
}

}  // namespace

// A pool that only jobs of an earlier fleet file still hold has no budgets.
std::string pools_page(const core& c, instant now) {
    json::writer w;
    w.begin_object().key("pools").begin_array();
    for (const policy::pool_usage& p : c.policy().pools()) {
        w.begin_object().member("pool", p.pool).member("running", p.jobs.count()).key("max_jobs");
        write_amount(w, p.jobs_max);
        w.member("paused", p.paused).key("resources").begin_array();
        for (const auto& [resource, used] : p.used) write_resource(w, p, resource);
        w.end_array();
        if (c.has_budgets(p.pool)) write_budgets(w, c, p.pool, now.mono);
        w.end_object();
    }
    w.end_array().end_object();
    return w.take() + "\n";
}

std::string tenants_page(const core& c) {
    json::writer w;
    w.begin_object().member("starts_paused", c.pauses().contains({}));
    w.key("tenants").begin_array();
    for (const policy::tenant_usage& t : c.policy().tenants()) {
        w.begin_object().member("tenant", t.tenant).member("parent", t.parent);
        w.member("pending", t.pending).member("running", t.jobs.count()).key("max_jobs");
        write_amount(w, t.jobs_max);
        w.member("paused", t.paused).member("share", t.share).key("resources").begin_array();
        amounts all = t.used;
        all.insert(t.quota.begin(), t.quota.end());
        for (const auto& [resource, any] : all) {
            w.begin_object().member("resource", resource);
            w.member("in_use", amount_of(t.used, resource).count());
            w.member("borrowed", amount_of(t.borrowed, resource).count());
            if (t.quota.contains(resource)) {
                for (const auto& [name, from] :
                     {std::pair{"nominal", &t.quota}, std::pair{"borrowing_limit", &t.borrowing_limit},
                      std::pair{"lending_limit", &t.lending_limit}}) {
                    w.key(name);
                    write_amount(w, amount_of(*from, resource));
                }
            }
            w.end_object();
        }
        w.end_array().end_object();
    }
    w.end_array().end_object();
    return w.take() + "\n";
}

std::string decisions_page(const core& c) {
    json::writer w;
    w.begin_object().key("decisions").begin_array();
    for (const policy::recent_decision& d : c.policy().recent()) {
        w.begin_object().member("at", to_unix_seconds(d.at)).member("job", lifecycle::to_text(d.job));
        w.member("why", std::string{why_text(d.why)}).member("tenant", d.tenant).member("pool", d.pool);
        w.member("share", d.share);
        if (d.beneficiary != 0) w.member("beneficiary", lifecycle::to_text(d.beneficiary));
        if (d.reserved_for != 0) w.member("reserved_for", lifecycle::to_text(d.reserved_for));
        w.key("scores").begin_array();
        for (const policy::pool_score& s : d.scores) {
            w.begin_object().member("pool", s.pool).key("preference").integer(s.preference);
            w.key("refusals").integer(s.refusals).key("price").integer(s.price).key("budget");
            write_amount(w, s.budget);
            w.key("fullness").integer(s.fullness).end_object();
        }
        w.end_array().end_object();
    }
    w.end_array().end_object();
    return w.take() + "\n";
}

std::string queues_page(const core& c, const std::map<std::string, queue_report>& queues, instant now) {
    json::writer w;
    w.begin_object().key("queues").begin_array();
    for (const auto& [name, q] : queues) {
        w.begin_object().member("queue", name).key("seconds_since_last_poll");
        if (q.last_poll)
            w.number(std::chrono::duration<double>(now.mono - *q.last_poll).count());
        else
            w.null();
        w.member("paused", c.pauses().contains({lifecycle::pause::of::queue, name}));
        w.member("open_polls", q.open_polls);
        w.key("received").integer(static_cast<std::int64_t>(q.received));
        w.key("recorded").integer(static_cast<std::int64_t>(q.recorded));
        w.key("deleted").integer(static_cast<std::int64_t>(q.deleted)).end_object();
    }
    w.end_array().end_object();
    return w.take() + "\n";
}

}  // namespace trainyard::dispatcher
