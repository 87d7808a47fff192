#include "scheduler/policy/fleet_state.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/check.hpp"

namespace trainyard::policy {

std::optional<index> name_table::find(const std::string& name) const {
    const auto it = by_name_.find(name);
    if (it == by_name_.end()) return std::nullopt;
    return it->second;
}

index name_table::intern(const std::string& name) {
    const auto [it, fresh] = by_name_.try_emplace(name, static_cast<index>(names_.size()));
    if (fresh) names_.push_back(name);
    return it->second;
}

fleet_state::fleet_state(const settings& s) {
    for (const pool_config& c : s.pools) {
        TY_CHECK(!pool_names_.find(c.name), "pool names must be unique");
        const index p = pool_index(c.name);
        for (const auto& [resource, limit] : c.limits) {
            const index r = resource_index(resource);
            pools_[p].lines[r].offered = true;
            pools_[p].lines[r].limit = limit;
            capacity_[r] += limit;
        }
        pools_[p].jobs_max = c.jobs_max;
        pools_[p].preference = c.preference;
        jobs_capacity_ += c.jobs_max;
    }
    for (const tenant_config& c : s.tenants) {
        TY_CHECK(!tenant_names_.find(c.name), "tenant names must be unique");
        TY_CHECK(c.weight > 0, "a tenant's weight must be above 0");
        const index t = tenant_index(c.name);
        for (const auto& [resource, quota] : c.quota) {
            const index r = resource_index(resource);
            tenants_[t].lines[r].quota = quota.nominal;
        }
        tenants_[t].jobs_max = c.jobs_max;
        tenants_[t].weight = scaled_weight(c.weight);
        std::set<index> allowed;
        for (const std::string& name : c.pools) {
            const auto p = pool_names_.find(name);
            TY_CHECK(p, "a tenant names a pool that does not exist");
            allowed.insert(*p);
        }
        if (c.pools.empty())
            for (index p = 0; p < s.pools.size(); ++p) allowed.insert(p);
        tenants_[t].pools.assign(allowed.begin(), allowed.end());
    }
}

index fleet_state::tenant_index(const std::string& name) {
    const index t = tenant_names_.intern(name);
    if (t == tenants_.size()) tenants_.emplace_back().lines.resize(resource_names_.size());
    return t;
}

index fleet_state::pool_index(const std::string& name) {
    const index p = pool_names_.intern(name);
    if (p == pools_.size()) pools_.emplace_back().lines.resize(resource_names_.size());
    return p;
}

index fleet_state::resource_index(const std::string& name) {
    const index r = resource_names_.intern(name);
    if (r == capacity_.size()) {
        capacity_.emplace_back();
        for (pool_state& p : pools_) p.lines.emplace_back();
        for (tenant_state& t : tenants_) t.lines.emplace_back();
    }
    return r;
}

needs fleet_state::intern(const std::vector<demand_line>& demand) {
    std::map<index, amount> merged;
    for (const demand_line& d : demand)
        if (d.instances > 0) merged[resource_index(d.resource)] += amount{d.instances};
    needs out;
    for (const auto& [r, n] : merged) out.push_back({r, std::min(n, amount{demand_max})});
    return out;
}

obstacle fleet_state::tenant_obstacle(index tenant, const needs& n) const {
    const tenant_state& t = tenants_[tenant];
    if (t.jobs + amount{1} > t.jobs_max) return {obstacle::kind::tenant_jobs, 0};
    for (const need& x : n)
        if (t.lines[x.resource].used + x.instances > t.lines[x.resource].quota)
            return {obstacle::kind::tenant_quota, x.resource};
    return {};
}

// What lasts longest is reported first.
obstacle fleet_state::pool_obstacle(index pool, const needs& n, wall_time now) const {
    const pool_state& p = pools_[pool];
    for (const need& x : n)
        if (!p.lines[x.resource].offered) return {obstacle::kind::not_offered, x.resource};
    if (p.jobs + amount{1} > p.jobs_max) return {obstacle::kind::pool_jobs, 0};
    for (const need& x : n)
        if (p.lines[x.resource].used + x.instances > p.lines[x.resource].limit)
            return {obstacle::kind::room, x.resource};
    for (const need& x : n) {
        const gate& g = p.lines[x.resource].gate;
        if (g.now == gate::state::blocked && g.until > now) return {obstacle::kind::blocked, x.resource};
        if (g.now == gate::state::probing) return {obstacle::kind::probing, x.resource};
    }
    if (p.budget && *p.budget <= 0) return {obstacle::kind::budget, 0};
    return {};
}

bool fleet_state::can_hold(index pool, const needs& n) const {
    const pool_state& p = pools_[pool];
    return p.jobs_max > amount{} && std::ranges::all_of(n, [&](const need& x) {
               const pool_line& l = p.lines[x.resource];
               return l.offered && x.instances <= l.limit;
           });
}

// The fullest of the demanded resources; where nothing is limited, the number of jobs tells pools apart.
share fleet_state::utilisation(const pool_state& p, const needs& n) const {
    share worst{p.jobs, amount::unlimited(), weight_unit};
    for (const need& x : n) {
        const pool_line& l = p.lines[x.resource];
        if (!l.limit.is_unlimited()) worst = std::max(worst, share{l.used, l.limit, weight_unit});
    }
    return worst;
}

std::optional<index> fleet_state::place(const std::vector<index>& pools, const needs& n,
                                        wall_time now) const {
    std::optional<index> best;
    share best_use;
    for (const index i : pools) {
        if (pool_obstacle(i, n, now)) continue;
        const pool_state& p = pools_[i];
        const share use = utilisation(p, n);
        if (best) {
            const pool_state& b = pools_[*best];
            const auto left = [](const pool_state& x) {
                return x.budget ? amount{*x.budget} : amount::unlimited();
            };
            if (p.preference != b.preference) {
                if (p.preference < b.preference) continue;
            } else if (left(p) != left(b)) {
                if (left(p) < left(b)) continue;
            } else if (use >= best_use) {
                continue;
            }
        }
        best = i;
        best_use = use;
    }
    return best;
}

// Unlimited resources have no share; a job slot counts as a resource, so that tenants of unlimited ones still
// take turns.
share fleet_state::compute_share(const tenant_state& t) const {
    share worst{t.jobs, jobs_capacity_, t.weight};
    for (std::size_t r = 0; r < t.lines.size(); ++r)
        if (t.lines[r].used > amount{} && !capacity_[r].is_unlimited())
            worst = std::max(worst, share{t.lines[r].used, capacity_[r], t.weight});
    return worst;
}

void fleet_state::count(index tenant, index pool, const needs& n, bool restored) {
    pool_state& p = pools_[pool];
    tenant_state& t = tenants_[tenant];
    p.jobs += amount{1};
    t.jobs += amount{1};
    if (restored) {
        p.restored_jobs += amount{1};
        t.restored_jobs += amount{1};
    }
    for (const need& x : n) {
        p.lines[x.resource].used += x.instances;
        t.lines[x.resource].used += x.instances;
        if (!restored) continue;
        p.lines[x.resource].restored += x.instances;
        t.lines[x.resource].restored += x.instances;
    }
    t.share = compute_share(t);
}

void fleet_state::reserve(std::uint64_t job, index tenant, index pool, const needs& n) {
    count(tenant, pool, n, false);
    pool_state& p = pools_[pool];
    if (p.budget) --*p.budget;
    for (const need& x : n) {
        gate& g = p.lines[x.resource].gate;
        if (g.now == gate::state::free) continue;
        if (g.now == gate::state::blocked) timers_.erase({g.until, pool, x.resource});
        g = {gate::state::probing, {}, job};
    }
}

void fleet_state::restore(index tenant, index pool, const needs& n) {
    count(tenant, pool, n, true);
}

void fleet_state::give_back(std::uint64_t job, bool restored, index tenant, index pool, const needs& n) {
    pool_state& p = pools_[pool];
    tenant_state& t = tenants_[tenant];
    p.jobs -= amount{1};
    t.jobs -= amount{1};
    if (restored) {
        p.restored_jobs -= amount{1};
        t.restored_jobs -= amount{1};
    }
    for (const need& x : n) {
        pool_line& l = p.lines[x.resource];
        tenant_line& m = t.lines[x.resource];
        l.used -= x.instances;
        m.used -= x.instances;
        if (restored) {
            l.restored -= x.instances;
            m.restored -= x.instances;
        }
        // A probe that ends without a verdict leaves the question open: another one may ask.
        if (l.gate.now == gate::state::probing && l.gate.probe == job)
            l.gate = {gate::state::probe_due, {}, 0};
    }
    t.share = compute_share(t);
    mark_pool(pool);
    mark_tenant(tenant);
}

void fleet_state::set_budget(index pool, std::int64_t starts) {
    pool_state& p = pools_[pool];
    const bool helps = p.budget && *p.budget <= 0 && starts > 0;
    p.budget = std::max<std::int64_t>(0, starts);
    if (helps) mark_pool(pool);
}

void fleet_state::block(index pool, index resource, wall_time until) {
    gate& g = pools_[pool].lines[resource].gate;
    if (g.now == gate::state::blocked) {
        until = std::max(until, g.until);
        timers_.erase({g.until, pool, resource});
    }
    g = {gate::state::blocked, until, 0};
    timers_.insert({until, pool, resource});
}

void fleet_state::unblock(index pool, index resource) {
    gate& g = pools_[pool].lines[resource].gate;
    if (g.now == gate::state::free) return;
    if (g.now == gate::state::blocked) timers_.erase({g.until, pool, resource});
    g = {};
    mark_pool(pool);
}

void fleet_state::open_gates(wall_time now) {
    while (!timers_.empty() && std::get<0>(*timers_.begin()) <= now) {
        const auto [until, pool, resource] = *timers_.begin();
        timers_.erase(timers_.begin());
        pools_[pool].lines[resource].gate = {gate::state::probe_due, {}, 0};
        mark_pool(pool);
    }
}

void fleet_state::mark_pool(index pool) {
    if (!std::exchange(pools_[pool].dirty, true)) dirty_pools_.push_back(pool);
}

void fleet_state::mark_tenant(index tenant) {
    if (!std::exchange(tenants_[tenant].dirty, true)) dirty_tenants_.push_back(tenant);
}

void fleet_state::clear_dirty() {
    for (const index p : dirty_pools_) pools_[p].dirty = false;
    for (const index t : dirty_tenants_) tenants_[t].dirty = false;
    dirty_pools_.clear();
    dirty_tenants_.clear();
}

}  // namespace trainyard::policy
