#include "scheduler/dispatcher/core.hpp"

#include <algorithm>
#include <utility>

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

std::set<std::string> pools_that_discover(const config::fleet& f) {
    std::set<std::string> out;
    for (const policy::pool_config& p : f.policy.pools)
        if (p.discovers) out.insert(p.name);
    return out;
}

// Where any pool discovers, jobs need their use of a resource beside the resource; what the file states has
// no limit of its uses.
policy::settings with_uses(const config::fleet& f) {
    policy::settings s = f.policy;
    if (pools_that_discover(f).empty()) return s;
    for (policy::pool_config& p : s.pools) {
        const auto stated = p.limits;
        for (const auto& [resource, limit] : stated)
            for (const std::string& use : uses_of(resource)) p.limits[use] = policy::amount::unlimited();
    }
    return s;
}

// Looks that may wait for their budget, in seconds of it, before events bring a listing forward instead.
constexpr double looks_owed_seconds = 2;
// So long before a start can be paid for its intent may be recorded, so that the call leaves the moment it
// may.
constexpr duration start_lead = std::chrono::milliseconds{100};

std::size_t owed_max(const budget& b, double seconds) {
    return static_cast<std::size_t>(std::max(1.0, b.rate() * seconds));
}

}  // namespace

core::core(const config::fleet& f, lifecycle::timing t, std::uint64_t seed, instant now)
    : rules_(make_rules(f)),
      discovering_(pools_that_discover(f)),
      quota_watch_(discovering_, f.discover_every, now.mono),
      tracker_(make_tracking(f)),
      machine_(f.installation, t, seed),
      policy_(with_uses(f)) {
    for (const config::pool& p : f.pools) {
        const auto make = [&](double rate) { return budget{rate, now.mono}; };
        const pool_budgets one{make(p.rates.create), make(p.rates.stop), make(p.rates.describe),
                               make(p.rates.list)};
        pool_numbers_.emplace(p.name, pools_.size());
        pools_.push_back(p.name);
        budgets_.insert(budgets_.end(), lifecycle::kind_count, {one, false, {}});
        pool_at_[{p.account, p.region}] = p.name;
    }
    std::map<std::string, lifecycle::outlets> outlets;
    for (const config::queue& q : f.queues)
        outlets[q.name] = {!q.reject_queue.empty(), !q.results_queue.empty()};
    machine_.set_outlets(std::move(outlets));
}

void core::restore(std::vector<lifecycle::job> jobs, std::map<std::string, int> crashes, instant now) {
    machine_.restore_crashes(std::move(crashes));
    machine_.restore(std::move(jobs), now.wall);
}

std::string core::counted_as(const std::string& resource, lifecycle::kind k) const {
    if (discovering_.empty()) return resource;
    return use_of(resource, k).value_or(resource);
}

// AWS states the limit of one use. A type is counted by use where pools discover and for spot; elsewhere all
// its uses are counted together, and that is the same only while all jobs are of one.
bool core::counts_one_use(const std::string& resource, const std::string& counted) const {
    if (counted != resource || resource.ends_with(spot_suffix)) return true;
    std::set<std::string> uses;
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k)
        if (budgets_[k].seen) uses.insert(use_of(resource, static_cast<lifecycle::kind>(k)).value_or(""));
    return uses.size() == 1;
}

void core::apply_limits(const std::string& pool, const std::string& resource) {
    if (const auto limit = quotas_.limit(pool, resource)) policy_.set_limit(pool, resource, *limit);
}

void core::meet(const std::string& resource) {
    if (discovering_.empty() || !met_.insert(resource).second) return;
    for (const std::string& pool : discovering_) apply_limits(pool, resource);
}

void core::handle_quotas(const std::string& pool, const std::vector<aws::quotas::quota>& applied,
                         const std::vector<aws::quotas::quota>& defaults, std::string problem, instant now) {
    quota_watch_.handle(pool, problem.empty(), now.mono);
    if (problem.empty())
        quota_problems_.erase(pool);
    else
        quota_problems_[pool] = std::move(problem);
    quotas_.set(pool, applied, defaults);
    for (const std::string& r : met_) apply_limits(pool, r);
}

void core::handle_quotas_unreadable(const std::string& pool, std::string why, instant now) {
    quota_watch_.handle(pool, false, now.mono);
    quota_problems_[pool] = std::move(why);
    quotas_.set_unreadable(pool);
    for (const std::string& r : met_) apply_limits(pool, r);
}

policy::pending_job core::to_pending(const lifecycle::job_facts& facts) {
    policy::pending_job p;
    p.id = facts.id;
    p.tenant = facts.tenant;
    p.priority = facts.priority;
    for (const lifecycle::demand_item& d : facts.demand) {
        p.demand.push_back({d.resource, d.instances});
        meet(d.resource);
        const std::string use = counted_as(d.resource, kind_of(facts));
        if (use == d.resource) continue;
        p.demand.push_back({use, d.instances});
        meet(use);
    }
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
                see_kind(kind_of(machine_.find(c.job)->facts));
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
                const lifecycle::kind k = kind_of(machine_.find(c.job)->facts);
                const auto stated = lifecycle::read_stated_limit(c.why);
                for (const auto& d : c.demand) {
                    std::optional<policy::amount> limit;
                    const std::string counted = counted_as(d.resource, k);
                    if (stated && d.resource.substr(0, d.resource.find(':')) == stated->instance_type &&
                        counts_one_use(d.resource, counted))
                        limit = policy::amount{stated->instances};
                    policy_.refuse(c.pool, counted, d.instances, now.wall + blocked_interval, limit);
                }
            },
            [&](const quota::accept& c) {
                const lifecycle::kind k = kind_of(machine_.find(c.job)->facts);
                for (const auto& d : c.demand) {
                    const std::string use = counted_as(d.resource, k);
                    policy_.accept(c.pool, use, c.job);
                    // Blocked for want of permission, which is told of the resource.
                    if (use != d.resource) policy_.accept(c.pool, d.resource, c.job);
                }
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

pool_budgets& core::budgets(const std::string& pool, lifecycle::kind k) {
    const std::size_t n = pool_numbers_.at(pool) * lifecycle::kind_count + static_cast<std::size_t>(k);
    touched_.insert(n);
    return budgets_[n].of;
}

// Kinds without jobs cost nothing.
void core::see_kind(lifecycle::kind k) {
    for (std::size_t n = static_cast<std::size_t>(k); n < budgets_.size(); n += lifecycle::kind_count) {
        if (budgets_[n].seen) return;
        budgets_[n].seen = true;
        touched_.insert(n);
    }
}

// Tells the policy how many starts each budget allows, where that has changed: what can be paid for now or in
// a moment, less what was commanded and is not paid for yet.
void core::offer_starts(instant now) {
    while (!next_starts_.empty() && next_starts_.begin()->first <= now.mono)
        touched_.insert(next_starts_.extract(next_starts_.begin()).value().second);
    for (const std::size_t n : touched_) {
        kind_in_pool& b = budgets_[n];
        if (b.next) next_starts_.erase({*b.next, n});
        b.next.reset();
        if (!b.seen) continue;
        const std::int64_t allowed =
            b.of.create.available(now.mono, start_lead) - static_cast<std::int64_t>(b.of.creates_owed);
        const auto kind = static_cast<lifecycle::kind>(n % lifecycle::kind_count);
        policy_.set_start_budget(pools_[n / lifecycle::kind_count], std::string{lifecycle::to_string(kind)},
                                 allowed);
        // While starts wait to be paid for, the payment is what changes it.
        if (b.of.creates_owed > 0 || b.of.create.is_full(now.mono, start_lead)) continue;
        b.next = b.of.create.next_gain(now.mono, start_lead);
        next_starts_.emplace(*b.next, n);
    }
    touched_.clear();
}

std::vector<lifecycle::page_request> core::pages_due(instant now) {
    for (const auto& change : machine_.take_stream_changes()) {
        if (change.begun)
            tracker_.begin_stream(change.where, now.mono);
        else if (!machine_.has_stream(change.where))
            tracker_.end_stream(change.where);
    }
    const auto oldest = [this](const lifecycle::stream& s) { return machine_.oldest_start(s); };
    return tracker_.due(oldest, now.wall, now.mono);
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
    all.records = std::exchange(pausing_, {});
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
            offer_starts(now);
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

std::optional<duration> core::next_wakeup(instant now) {
    std::optional<duration> soonest;
    const auto consider = [&](duration d) { soonest = soonest ? std::min(*soonest, d) : d; };
    if (const auto t = machine_.next_time()) consider(std::max(duration{0}, *t - now.wall));
    if (const auto t = policy_.next_wakeup()) consider(std::max(duration{0}, *t - now.wall));
    if (policy_.pending() > 0) {
        if (!touched_.empty()) offer_starts(now);
        if (!next_starts_.empty()) consider(std::max(duration{0}, next_starts_.begin()->first - now.mono));
    }
    return soonest;
}

}  // namespace trainyard::dispatcher
