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
        r.priority_cap =
            std::max_element(f.priorities.begin(), f.priorities.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
            })->second;
        if (!q.max_priority.empty()) r.priority_cap = f.priorities.at(q.max_priority);
    }
    return out;
}

}  // namespace

core::core(const config::fleet& f, lifecycle::timing t, std::uint64_t seed, instant now)
    : rules_(make_rules(f)), machine_(f.installation, t, seed), policy_(f.policy) {
    for (const config::pool& p : f.pools)
        budgets_.emplace(p.name,
                         pool_budgets{budget{p.rates.create, now.mono}, budget{p.rates.stop, now.mono},
                                      budget{p.rates.describe, now.mono}, budget{p.rates.list, now.mono}});
}

void core::restore(std::vector<lifecycle::job> jobs, instant now) {
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
    return p;
}

void core::obey(const lifecycle::quota_t& command, instant now) {
    const auto pending_of = [&](lifecycle::job_id id) { return to_pending(machine_.find(id)->facts); };
    std::visit(
        overloaded{
            [&](const quota::make_pending& c) {
                policy::pending_job p = pending_of(c.job);
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
            [&](const quota::unblock& c) {
                for (const auto& d : c.demand) policy_.unblock(c.pool, d.resource);
            },
        },
        command);
}

lifecycle::batch core::turn(instant now, std::size_t starts_max) {
    machine_.handle_time(now.wall);
    lifecycle::batch all;
    std::size_t started = 0;
    for (;;) {
        lifecycle::batch b = machine_.take();
        for (const auto& command : b.quota) obey(command, now);
        std::move(b.records.begin(), b.records.end(), std::back_inserter(all.records));
        std::move(b.effects.begin(), b.effects.end(), std::back_inserter(all.effects));
        std::vector<policy::start> starts;
        if (started < starts_max) {
            for (auto& [pool, budgets] : budgets_)
                policy_.set_start_budget(pool, budgets.create.available(now.mono));
            starts = policy_.decide(now.wall, starts_max - started).starts;
        }
        for (const policy::start& s : starts) {
            budgets_.at(s.pool).create.take(now.mono);
            machine_.handle_start(s.job, s.pool, now.wall);
        }
        started += starts.size();
        if (b.empty() && starts.empty()) return all;
    }
}

std::optional<duration> core::next_wakeup(instant now) {
    std::optional<duration> soonest;
    const auto consider = [&](duration d) { soonest = soonest ? std::min(*soonest, d) : d; };
    if (const auto t = machine_.next_time()) consider(std::max(duration{0}, *t - now.wall));
    if (const auto t = policy_.next_wakeup()) consider(std::max(duration{0}, *t - now.wall));
    if (policy_.pending() > 0)
        for (auto& [pool, budgets] : budgets_)
            if (budgets.create.available(now.mono) == 0) consider(budgets.create.next(now.mono) - now.mono);
    return soonest;
}

}  // namespace trainyard::dispatcher
