// The questions asked of the scheduler that change nothing: could it ever start, why not yet, who uses what.
#include <algorithm>
#include <iterator>

#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

std::string text(amount a) {
    return a.is_unlimited() ? "unlimited" : std::to_string(a.count());
}

std::string in_use(const std::string& what, amount used, amount limit, amount needed) {
    return what + ": " + text(used) + " of " + text(limit) + " in use, " + text(needed) + " needed";
}

amount needed_of(const needs& n, index resource) {
    const auto it = std::ranges::find(n, resource, &need::resource);
    return it == n.end() ? amount{} : it->instances;
}

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& p : parts) out += (out.empty() ? "" : ", ") + p;
    return out;
}

}  // namespace

std::string scheduler::impl::describe(const obstacle& o, index tenant, index pool, const needs& n) const {
    using kind = obstacle::kind;
    const tenant_state& t = fleet.tenants()[tenant];
    if (o.what == kind::none) return {};
    if (o.what == kind::tenant_jobs) return in_use("jobs of the tenant", t.jobs, t.jobs_max, amount{1});
    const std::string& resource =
        fleet.resource_names().size() ? fleet.resource_names().name(o.resource) : "";
    if (o.what == kind::tenant_quota) {
        const tenant_line& l = t.lines[o.resource];
        return in_use("the tenant's quota of " + resource, l.used, l.quota, needed_of(n, o.resource));
    }
    const pool_state& p = fleet.pools()[pool];
    switch (o.what) {
        case kind::not_offered: return resource + " is not offered";
        case kind::pool_jobs: return in_use("jobs of the pool", p.jobs, p.jobs_max, amount{1});
        case kind::room: {
            const pool_line& l = p.lines[o.resource];
            return in_use(resource, l.used, l.limit, needed_of(n, o.resource));
        }
        case kind::blocked:
            return resource + ": AWS answered ResourceLimitExceeded; blocked until " +
                   to_iso8601(p.lines[o.resource].gate.until);
        case kind::probing: return resource + ": blocked while a single start probes it";
        default: return "the start budget is spent";
    }
}

std::optional<std::string> scheduler::impossible(const pending_job& j) const {
    const fleet_state& f = impl_->fleet;
    const auto tenant = f.tenant_names().find(j.tenant);
    if (!tenant) return "tenant " + j.tenant + " is not configured";
    std::map<index, amount> merged;
    for (const demand_line& d : j.demand) {
        if (d.instances < 1 || d.instances > demand_max)
            return d.resource + ": " + std::to_string(d.instances) + " instances; ask for 1 to " +
                   std::to_string(demand_max);
        const auto r = f.resource_names().find(d.resource);
        if (!r) return "no pool offers " + d.resource;
        merged[*r] += amount{d.instances};
    }
    const tenant_state& t = f.tenants()[*tenant];
    if (t.jobs_max < amount{1}) return "tenant " + j.tenant + " may run no job";
    for (const auto& [r, n] : merged)
        if (n > t.lines[r].quota)
            return f.resource_names().name(r) + ": " + text(n) + " needed, the quota of tenant " + j.tenant +
                   " is " + text(t.lines[r].quota);
    const std::vector<index> pools = impl_->allowed_pools(t.pools, j.pools);
    if (pools.empty())
        return "tenant " + j.tenant + " may use none of the pools " +
               (j.pools.empty() ? std::string("of the fleet") : join(j.pools));
    std::vector<std::string> reasons;
    for (const index p : pools) {
        const pool_state& x = f.pools()[p];
        std::string reason;
        if (x.jobs_max < amount{1}) reason = "runs no job";
        for (const auto& [r, n] : merged) {
            if (!reason.empty()) break;
            const pool_line& l = x.lines[r];
            if (!l.offered)
                reason = "does not offer " + f.resource_names().name(r);
            else if (n > l.limit)
                reason =
                    "has " + text(l.limit) + " " + f.resource_names().name(r) + ", " + text(n) + " needed";
        }
        if (reason.empty()) return std::nullopt;
        reasons.push_back(f.pool_names().name(p) + " " + reason);
    }
    return "no pool could ever hold the job: " + join(reasons);
}

explanation scheduler::explain(std::uint64_t id, wall_time now) const {
    explanation out;
    const auto it = impl_->jobs.find(id);
    if (it == impl_->jobs.end()) {
        out.summary = "The scheduler does not know this job.";
        return out;
    }
    const fleet_state& f = impl_->fleet;
    const job_state& j = it->second;
    out.known = true;
    if (j.pool) {
        out.summary = "The job has started in " + f.pool_names().name(*j.pool) + ".";
        return out;
    }
    out.pending = true;
    const shape_key& k = *impl_->shapes[j.shape].key;
    out.tenant_reason = impl_->describe(f.tenant_obstacle(k.tenant, k.demand), k.tenant, 0, k.demand);
    std::vector<std::string> open;
    for (index p = 0; p < f.pools().size(); ++p) {
        const std::string& name = f.pool_names().name(p);
        const obstacle o = f.pool_obstacle(p, k.demand, now);
        if (!std::ranges::binary_search(k.pools, p) && f.can_hold(p, k.demand))
            out.pool_reasons.emplace_back(name, "not among the pools this job may use");
        else if (o)
            out.pool_reasons.emplace_back(name, impl_->describe(o, k.tenant, p, k.demand));
        else
            open.push_back(name);
    }
    for (const shape_state& s : impl_->shapes)
        if (s.key && s.key->tenant == k.tenant)
            out.ahead += static_cast<std::size_t>(std::distance(s.queue.begin(), s.queue.lower_bound(j.key)));
    const std::string ahead = std::to_string(out.ahead) + " of its tenant's jobs are tried before it";
    if (!out.tenant_reason.empty())
        out.summary = "Waiting for its tenant (" + out.tenant_reason + "); " + ahead + ".";
    else if (open.empty())
        out.summary = "Waiting for room in a pool; " + ahead + ".";
    else
        out.summary = "Fits in " + join(open) + " and waits for its turn; " + ahead + ".";
    return out;
}

std::vector<pool_usage> scheduler::pools() const {
    const fleet_state& f = impl_->fleet;
    std::vector<pool_usage> out;
    for (index p = 0; p < f.pools().size(); ++p) {
        const pool_state& x = f.pools()[p];
        pool_usage u{f.pool_names().name(p), {}, {}, x.jobs, x.jobs_max};
        for (index r = 0; r < x.lines.size(); ++r) {
            const pool_line& l = x.lines[r];
            if (l.offered) u.limits[f.resource_names().name(r)] = l.limit;
            if (l.offered || l.used > amount{}) u.used[f.resource_names().name(r)] = l.used;
        }
        out.push_back(std::move(u));
    }
    return out;
}

std::vector<tenant_usage> scheduler::tenants() const {
    const fleet_state& f = impl_->fleet;
    std::vector<tenant_usage> out;
    for (index t = 0; t < f.tenants().size(); ++t) {
        const tenant_state& x = f.tenants()[t];
        tenant_usage u{f.tenant_names().name(t), {}, {}, x.jobs, x.jobs_max, impl_->tenant_queues[t].pending,
                       x.share.value()};
        for (index r = 0; r < x.lines.size(); ++r) {
            const tenant_line& l = x.lines[r];
            if (!l.quota.is_unlimited()) u.quota[f.resource_names().name(r)] = l.quota;
            if (!l.quota.is_unlimited() || l.used > amount{}) u.used[f.resource_names().name(r)] = l.used;
        }
        out.push_back(std::move(u));
    }
    return out;
}

}  // namespace trainyard::policy
