// Short ways to write fleets, jobs and expectations.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/policy/scheduler.hpp"

namespace trainyard::policy::test {

inline const wall_time t0{std::chrono::hours{24 * 365 * 56}};  // a multiple of every aging step used here

inline pool_config pool(std::string name, std::map<std::string, amount> limits, int preference = 0) {
    pool_config p;
    p.name = std::move(name);
    p.limits = std::move(limits);
    p.preference = preference;
    return p;
}

inline tenant_config tenant(std::string name, double weight = 1.0,
                            std::map<std::string, policy::quota> quota = {}) {
    tenant_config t;
    t.name = std::move(name);
    t.weight = weight;
    t.quota = std::move(quota);
    return t;
}

inline settings fleet(std::vector<tenant_config> tenants, std::vector<pool_config> pools,
                      order o = order::fair) {
    settings s;
    s.order = o;
    s.tenants = std::move(tenants);
    s.pools = std::move(pools);
    return s;
}

inline pending_job job(std::uint64_t id, std::string who, std::int64_t instances = 1, int priority = 0,
                       wall_time submitted = t0, std::string resource = "g") {
    pending_job j;
    j.id = id;
    j.tenant = std::move(who);
    j.priority = priority;
    j.demand = {{std::move(resource), instances}};
    j.submitted = submitted;
    return j;
}

inline std::vector<std::uint64_t> ids(const decision& d) {
    std::vector<std::uint64_t> out;
    for (const start& s : d.starts) out.push_back(s.job);
    return out;
}

// "id@pool" in the order of the decision.
inline std::vector<std::string> placed(const decision& d) {
    std::vector<std::string> out;
    for (const start& s : d.starts) out.push_back(std::to_string(s.job) + "@" + s.pool);
    return out;
}

// Why the pool refuses the job; empty when it does not.
inline std::string refusal(const scheduler& s, std::uint64_t id, wall_time now,
                           const std::string& pool = "p") {
    for (const auto& [name, reason] : s.explain(id, now).pool_reasons)
        if (name == pool) return reason;
    return {};
}

}  // namespace trainyard::policy::test
