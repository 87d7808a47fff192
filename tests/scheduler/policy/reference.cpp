#include "tests/scheduler/policy/reference.hpp"

#include <algorithm>

namespace trainyard::policy::test {

std::int64_t reference::used(const std::string& tenant, const std::string& pool,
                             const std::string& resource) const {
    std::int64_t sum = 0;
    for (const auto& [id, j] : jobs_) {
        if (j.second.empty() || (!tenant.empty() && j.first.tenant != tenant) ||
            (!pool.empty() && j.second != pool))
            continue;
        for (const demand_line& d : j.first.demand) sum += d.resource == resource ? d.instances : 0;
    }
    return sum;
}

std::int64_t reference::running(const std::string& tenant, const std::string& pool) const {
    return std::ranges::count_if(jobs_, [&](const auto& x) {
        const auto& [j, where] = x.second;
        return !where.empty() && (tenant.empty() || j.tenant == tenant) && (pool.empty() || where == pool);
    });
}

const tenant_config& reference::tenant_of(const pending_job& j) const {
    return *std::ranges::find(s_.tenants, j.tenant, &tenant_config::name);
}

reference::fraction reference::share(const tenant_config& t) const {
    const auto weight = static_cast<std::int64_t>(t.weight * 2);  // the tests use halves
    amount slots;
    std::map<std::string, amount> capacity;
    for (const pool_config& p : s_.pools) {
        slots += p.jobs_max;
        for (const auto& [r, limit] : p.limits) capacity[r] += limit;
    }
    fraction worst{0, 1};
    if (!slots.is_unlimited())
        worst = {running(t.name, ""), std::max<std::int64_t>(1, slots.count()) * weight};
    for (const auto& [r, c] : capacity) {
        if (c.is_unlimited()) continue;
        const fraction f{used(t.name, "", r), std::max<std::int64_t>(1, c.count()) * weight};
        if (worst < f) worst = f;
    }
    return worst;
}

std::int64_t reference::rank(const pending_job& j) const {
    return s_.aging_step <= duration::zero() ? j.priority
                                             : j.priority - j.submitted.time_since_epoch() / s_.aging_step;
}

bool reference::tenant_allows(const pending_job& j) const {
    const tenant_config& t = tenant_of(j);
    if (paused_tenants_.contains("") || paused_tenants_.contains(t.name)) return false;
    if (amount{running(t.name, "") + 1} > t.jobs_max) return false;
    return std::ranges::all_of(j.demand, [&](const demand_line& d) {
        const auto q = t.quota.find(d.resource);
        return q == t.quota.end() || amount{used(t.name, "", d.resource) + d.instances} <= q->second.nominal;
    });
}

bool reference::pool_takes(const pending_job& j, const pool_config& p, wall_time now) const {
    const tenant_config& t = tenant_of(j);
    if (paused_pools_.contains(p.name)) return false;
    const auto names = [&](const std::vector<std::string>& v) {
        return v.empty() || std::ranges::count(v, p.name) > 0;
    };
    if (!names(t.pools) || !names(j.pools)) return false;
    if (amount{running("", p.name) + 1} > p.jobs_max) return false;
    if (const auto b = budget_.find(p.name); b != budget_.end() && b->second <= 0) return false;
    return std::ranges::all_of(j.demand, [&](const demand_line& d) {
        const auto l = p.limits.find(d.resource);
        if (l == p.limits.end() || amount{used("", p.name, d.resource) + d.instances} > l->second)
            return false;
        const auto g = gates_.find({p.name, d.resource});
        return g == gates_.end() || (!g->second.probe && (g->second.due || g->second.until <= now));
    });
}

const pool_config* reference::place(const pending_job& j, wall_time now) const {
    const auto left = [&](const pool_config& p) {
        const auto b = budget_.find(p.name);
        return b == budget_.end() ? amount::unlimited() : amount{b->second};
    };
    const auto fullness = [&](const pool_config& p) {
        fraction worst{running("", p.name), std::int64_t{1} << 40U};
        for (const demand_line& d : j.demand) {
            const amount limit = p.limits.at(d.resource);
            if (limit.is_unlimited()) continue;
            const fraction f{used("", p.name, d.resource), std::max<std::int64_t>(1, limit.count())};
            if (worst < f) worst = f;
        }
        return worst;
    };
    const auto refusals = [&](const pool_config& p) {
        std::int64_t sum = 0;
        for (const demand_line& d : j.demand)
            if (const auto it = refusals_.find({p.name, d.resource}); it != refusals_.end())
                sum += it->second;
        return sum;
    };
    const pool_config* best = nullptr;
    for (const pool_config& p : s_.pools) {
        if (!pool_takes(j, p, now)) continue;
        if (!best) {
            best = &p;
        } else if (p.preference != best->preference) {
            if (p.preference > best->preference) best = &p;
        } else if (refusals(p) != refusals(*best)) {
            if (refusals(p) < refusals(*best)) best = &p;
        } else if (left(p) != left(*best)) {
            if (left(p) > left(*best)) best = &p;
        } else if (fullness(p) < fullness(*best)) {
            best = &p;
        }
    }
    return best;
}

// The order among jobs that can start now.
bool reference::before(const pending_job& a, const pending_job& b) const {
    if (s_.order == order::fifo) return std::pair{a.submitted, a.id} < std::pair{b.submitted, b.id};
    const bool same = a.tenant == b.tenant;
    if ((same || s_.order != order::fair) && rank(a) != rank(b)) return rank(a) > rank(b);
    if (same) return std::pair{a.submitted, a.id} < std::pair{b.submitted, b.id};
    const fraction x = share(tenant_of(a)), y = share(tenant_of(b));
    if (x < y || y < x) return x < y;
    const fraction p{running(a.tenant, ""), static_cast<std::int64_t>(tenant_of(a).weight * 2)};
    const fraction q{running(b.tenant, ""), static_cast<std::int64_t>(tenant_of(b).weight * 2)};
    if (p < q || q < p) return p < q;
    return &tenant_of(a) < &tenant_of(b);
}

decision reference::decide(wall_time now, std::size_t max) {
    for (auto& [key, g] : gates_)
        if (g.until <= now) g.due = true;
    decision out;
    while (out.starts.size() < max) {
        const pending_job* best = nullptr;
        for (const auto& [id, j] : jobs_)
            if (j.second.empty() && (!best || before(j.first, *best)) && tenant_allows(j.first) &&
                place(j.first, now))
                best = &j.first;
        if (!best) break;
        const pool_config& p = *place(*best, now);
        if (const auto b = budget_.find(p.name); b != budget_.end()) --b->second;
        for (const demand_line& d : best->demand)
            if (const auto g = gates_.find({p.name, d.resource}); g != gates_.end())
                g->second.probe = best->id;
        jobs_[best->id].second = p.name;
        out.starts.push_back({best->id, p.name});
    }
    return out;
}

void reference::block(const std::string& pool, const std::string& resource, wall_time until) {
    ++refusals_[{pool, resource}];
    gate& g = gates_[{pool, resource}];
    if (!g.due && !g.probe) until = std::max(until, g.until);
    g = {until, false, std::nullopt};
}

void reference::probe_ended(std::uint64_t id) {
    for (auto& [key, g] : gates_)
        if (g.probe == id) g.probe.reset();
}

void reference::release(std::uint64_t id) {
    probe_ended(id);
    jobs_.erase(id);
}

void reference::requeue(std::uint64_t id) {
    probe_ended(id);
    jobs_.at(id).second.clear();
}

std::vector<std::uint64_t> reference::waiting() const {
    std::vector<std::uint64_t> out;
    for (const auto& [id, j] : jobs_)
        if (j.second.empty()) out.push_back(id);
    return out;
}

std::vector<std::uint64_t> reference::started() const {
    std::vector<std::uint64_t> out;
    for (const auto& [id, j] : jobs_)
        if (!j.second.empty()) out.push_back(id);
    return out;
}

}  // namespace trainyard::policy::test
