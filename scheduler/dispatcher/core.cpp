#include "scheduler/dispatcher/core.hpp"

#include <algorithm>

namespace trainyard::dispatcher {
namespace {

namespace quota = lifecycle::quota;

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};

lifecycle::tenant_rules rules_of(const config::fleet& f, const config::tenant& t) {
    lifecycle::tenant_rules r;
    r.roles = t.roles;
    for (const config::pool& p : f.pools) {
        if (!t.pools.empty() && std::find(t.pools.begin(), t.pools.end(), p.name) == t.pools.end()) continue;
        r.pools.push_back(p.name);
        r.accounts.push_back(p.account);
    }
    return r;
}

std::map<std::string, lifecycle::queue_rules> make_rules(const config::fleet& f) {
    std::map<std::string, lifecycle::queue_rules> out;
    for (const config::queue& q : f.queues) {
        lifecycle::queue_rules& r = out[q.name];
        r.queue = q.name;
        r.tenants = q.tenants;
        for (const config::tenant& t : f.tenants)
            if (std::find(q.tenants.begin(), q.tenants.end(), t.name) != q.tenants.end())
                r.rules[t.name] = rules_of(f, t);
        r.priorities = f.priorities;
        r.default_priority = f.default_priority;
        r.default_kind = q.default_kind;
        r.group_order = lifecycle::parse_group_rule(q.group_order).value_or(lifecycle::group_rule::none);
        r.priority_cap =
            std::max_element(f.priorities.begin(), f.priorities.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
            })->second;
        if (!q.max_priority.empty()) r.priority_cap = f.priorities.at(q.max_priority);
    }
    return out;
}

lifecycle::tracking_rules make_tracking(const config::fleet& f) {
    lifecycle::tracking_rules r;
    r.interval = f.reconcile;
    r.hint_spacing = std::min(r.hint_spacing, f.reconcile);
    return r;
}

// Looks that may wait for their budget, in seconds of it, before events bring a listing forward instead.
constexpr double looks_owed_seconds = 2;
// Starts of one kind that may wait for their budget, in seconds of it, while other kinds still start.
constexpr double creates_owed_seconds = 2;

std::size_t owed_max(const budget& b, double seconds) {
    return static_cast<std::size_t>(std::max(1.0, b.rate() * seconds));
}

}  // namespace

core::core(const config::fleet& f, lifecycle::timing t, std::uint64_t seed, instant now)
    : rules_(make_rules(f)),
      tracker_(make_tracking(f)),
      machine_(f.installation, t, seed),
      policy_(f.policy) {
    for (const config::pool& p : f.pools) {
        const auto make = [&](double rate) { return budget{rate, now.mono}; };
        const pool_budgets one{make(p.rates.create), make(p.rates.stop), make(p.rates.describe),
                               make(p.rates.list)};
        kind_budgets all{one, one, one, one, one, one};
        budgets_.emplace(p.name, std::move(all));
        pool_at_[{p.account, p.region}] = p.name;
    }
    std::map<std::string, lifecycle::outlets> outlets;
    for (const config::queue& q : f.queues)
        outlets[q.name] = {!q.reject_queue.empty(), !q.results_queue.empty()};
    machine_.set_outlets(std::move(outlets));
}

void core::restore(std::vector<lifecycle::job> jobs, std::map<std::string, int> marks, instant now) {
    machine_.restore_marks(std::move(marks));
    machine_.restore(std::move(jobs), now.wall);
}

policy::pending_job core::to_pending(const lifecycle::job_facts& facts) const {
    policy::pending_job p;
    p.id = facts.id;
    p.tenant = facts.tenant;
    p.priority = facts.priority;
    for (const lifecycle::demand_item& d : facts.demand) p.demand.push_back({d.resource, d.instances});
    p.pools = facts.pools;
    p.submitted = facts.accepted;
    p.runtime = std::chrono::seconds{facts.max_runtime_seconds};
    p.preemptible = facts.preemptible;
    p.kind = facts.kind;
    return p;
}

void core::obey(const lifecycle::quota_t& command, instant now) {
    const auto pending_of = [&](lifecycle::job_id id) { return to_pending(machine_.find(id)->facts); };
    std::visit(
        overloaded{
            [&](const quota::make_pending& c) {
                policy::pending_job p = pending_of(c.job);
                kinds_seen_.at(static_cast<std::size_t>(kind_of(machine_.find(c.job)->facts))) = true;
                if (const auto why = policy_.impossible(p))
                    return machine_.handle_impossible(c.job, *why, now.wall);
                policy_.add(std::move(p));
            },
            [&](const quota::withdraw& c) { policy_.remove(c.job); },
            [&](const quota::release& c) { policy_.release(c.job); },
            [&](const quota::restore& c) { policy_.restore(pending_of(c.job), machine_.find(c.job)->pool); },
            [&](const quota::block& c) {
                for (const auto& d : c.demand) policy_.block(c.pool, d.resource, now.wall + blocked_interval);
            },
            [&](const quota::refuse& c) {
                for (const auto& d : c.demand)
                    policy_.refuse(c.pool, d.resource, d.instances, now.wall + blocked_interval);
            },
            [&](const quota::accept& c) {
                for (const auto& d : c.demand) policy_.accept(c.pool, d.resource, c.job);
            },
        },
        command);
}

void core::owe(const lifecycle::effect_t& e) {
    namespace effect = lifecycle::effect;
    if (const auto* c = std::get_if<effect::create>(&e)) {
        ++budgets(c->pool, c->kind).creates_owed;
    } else if (const auto* v = std::get_if<effect::verify>(&e)) {
        ++budgets(v->pool, v->kind).looks_owed;
    } else if (const auto* d = std::get_if<effect::describe>(&e)) {
        ++budgets(d->pool, d->kind).looks_owed;
    }
}

bool core::pay(const std::string& pool, lifecycle::kind k, budget pool_budgets::* which, instant now) {
    pool_budgets& b = budgets(pool, k);
    if (!(b.*which).take(now.mono)) return false;
    if (which == &pool_budgets::create && b.creates_owed > 0) --b.creates_owed;
    if (which == &pool_budgets::describe && b.looks_owed > 0) --b.looks_owed;
    return true;
}

// The policy chooses among jobs of every kind and knows one budget for a pool: what the best kind has left,
// but nothing once the starts of any kind wait for more than a moment.
std::int64_t core::starts_allowed(kind_budgets& budgets, instant now) const {
    std::int64_t best = 0;
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k) {
        if (!kinds_seen_[k]) continue;
        pool_budgets& b = budgets[k];
        if (b.creates_owed > owed_max(b.create, creates_owed_seconds)) return 0;
        best = std::max(best, b.create.available(now.mono) - static_cast<std::int64_t>(b.creates_owed));
    }
    return best;
}

std::vector<lifecycle::page_request> core::pages_due(instant now) {
    const auto oldest = [this](const lifecycle::stream& s) { return machine_.oldest_start(s); };
    return tracker_.due(machine_.streams(), oldest, now.wall, now.mono);
}

void core::handle_page(const lifecycle::page_request& asked, const lifecycle::page_answer& a, instant now) {
    const auto done = tracker_.handle_page(asked.where, a, now.mono);
    if (done && done->whole) machine_.handle_listing_complete(asked.where, done->began);
}

void core::handle_event(const lifecycle::job_event& e, instant now) {
    const auto pool = pool_at_.find({e.account, e.region});
    if (pool == pool_at_.end()) return;
    const pool_budgets& b = budgets(pool->second, e.kind);
    const bool looks_wait = b.looks_owed > owed_max(b.describe, looks_owed_seconds);
    if (!looks_wait || e.kind == lifecycle::kind::pipeline) {
        machine_.handle_hint(pool->second, e.kind, e.name, e.status);
    } else {
        tracker_.handle_hint({pool->second, e.kind}, now.mono);
    }
}

// A victim that is still starting is stopped once it runs; one that has ended needs no stopping.
void core::preempt(instant now) {
    for (auto i = victims_.begin(); i != victims_.end();) {
        const lifecycle::job* j = machine_.find(*i);
        const bool waits = j != nullptr && j->state == lifecycle::state::starting;
        if (waits) {
            ++i;
            continue;
        }
        machine_.handle_preempt(*i, "preempted", now.wall);
        i = victims_.erase(i);
    }
}

lifecycle::batch core::turn(instant now, std::size_t starts_max) {
    machine_.handle_time(now.wall);
    lifecycle::batch all;
    std::size_t started = 0;
    for (;;) {
        preempt(now);
        lifecycle::batch b = machine_.take();
        for (const auto& command : b.quota) obey(command, now);
        std::move(b.records.begin(), b.records.end(), std::back_inserter(all.records));
        for (const lifecycle::effect_t& e : b.effects) owe(e);
        std::move(b.effects.begin(), b.effects.end(), std::back_inserter(all.effects));
        std::vector<policy::start> starts;
        const std::size_t waiting = victims_.size();
        if (started < starts_max) {
            for (auto& [pool, budgets] : budgets_)
                policy_.set_start_budget(pool, starts_allowed(budgets, now));
            policy::decision d = policy_.decide(now.wall, starts_max - started);
            starts = std::move(d.starts);
            for (const policy::preemption& p : d.preemptions) victims_.insert(p.victim);
        }
        for (const policy::start& s : starts) {
            machine_.handle_start(s.job, s.pool, now.wall);
        }
        started += starts.size();
        if (b.empty() && starts.empty() && victims_.size() == waiting) return all;
    }
}

// When starts_allowed() is above nothing again by itself. Nothing while starts wait for more than a moment:
// the one that is paid for is the event that helps then.
std::optional<mono_time> core::next_start(kind_budgets& budgets, instant now) const {
    if (starts_allowed(budgets, now) > 0) return std::nullopt;
    std::optional<mono_time> soonest;
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k) {
        if (!kinds_seen_[k]) continue;
        pool_budgets& b = budgets[k];
        if (b.creates_owed > owed_max(b.create, creates_owed_seconds)) return std::nullopt;
        if (b.creates_owed > 0) continue;
        const mono_time t = b.create.next(now.mono);
        soonest = soonest ? std::min(*soonest, t) : t;
    }
    return soonest;
}

std::optional<duration> core::next_wakeup(instant now) {
    std::optional<duration> soonest;
    const auto consider = [&](duration d) { soonest = soonest ? std::min(*soonest, d) : d; };
    if (const auto t = machine_.next_time()) consider(std::max(duration{0}, *t - now.wall));
    if (const auto t = policy_.next_wakeup()) consider(std::max(duration{0}, *t - now.wall));
    if (policy_.pending() > 0)
        for (auto& [pool, budgets] : budgets_)
            if (const auto t = next_start(budgets, now)) consider(*t - now.mono);
    return soonest;
}

}  // namespace trainyard::dispatcher
