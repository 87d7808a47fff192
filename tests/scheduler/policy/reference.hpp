// The scheduler's rules again, written to be read and not to be fast: every question is answered from the
// list of all jobs. The property tests hold the real one to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/policy/scheduler.hpp"

namespace trainyard::policy::test {

class reference {
public:
    explicit reference(settings s) : s_(std::move(s)) {}

    void add(const pending_job& j) { jobs_[j.id] = {j, {}}; }
    void remove(std::uint64_t id) { jobs_.erase(id); }
    void restore(const pending_job& j, const std::string& pool) { jobs_[j.id] = {j, pool}; }
    void release(std::uint64_t id);
    void requeue(std::uint64_t id);
    void set_start_budget(const std::string& pool, std::int64_t n) { budget_[pool] = n < 0 ? 0 : n; }
    void block(const std::string& pool, const std::string& resource, wall_time until);
    void unblock(const std::string& pool, const std::string& resource) {
        gates_.erase({pool, resource});
        refusals_[{pool, resource}] /= 2;
    }
    // The empty name: every tenant.
    void pause_tenant(const std::string& tenant, bool paused) { set(paused_tenants_, tenant, paused); }
    void pause_pool(const std::string& pool, bool paused) { set(paused_pools_, pool, paused); }
    decision decide(wall_time now, std::size_t max);

    bool tenant_allows(const pending_job& j) const;
    bool pool_takes(const pending_job& j, const pool_config& p, wall_time now) const;
    std::vector<std::uint64_t> waiting() const;
    std::vector<std::uint64_t> started() const;
    const pending_job& job(std::uint64_t id) const { return jobs_.at(id).first; }
    const settings& config() const { return s_; }

private:
    struct fraction {
        std::int64_t above = 0, below = 1;
        bool operator<(const fraction& o) const { return above * o.below < o.above * below; }
    };
    struct gate {
        wall_time until;
        bool due = false;
        std::optional<std::uint64_t> probe;
    };
    std::int64_t used(const std::string& tenant, const std::string& pool, const std::string& resource) const;
    std::int64_t running(const std::string& tenant, const std::string& pool) const;
    fraction share(const tenant_config& t) const;
    std::int64_t rank(const pending_job& j) const;
    const tenant_config& tenant_of(const pending_job& j) const;
    bool before(const pending_job& a, const pending_job& b) const;
    const pool_config* place(const pending_job& j, wall_time now) const;
    void probe_ended(std::uint64_t id);

    static void set(std::set<std::string>& names, const std::string& name, bool in) {
        if (in)
            names.insert(name);
        else
            names.erase(name);
    }

    settings s_;
    std::set<std::string> paused_tenants_, paused_pools_;
    std::map<std::uint64_t, std::pair<pending_job, std::string>> jobs_;  // pool empty: waits
    std::map<std::string, std::int64_t> budget_;
    std::map<std::pair<std::string, std::string>, gate> gates_;
    std::map<std::pair<std::string, std::string>, std::int64_t> refusals_;
};

}  // namespace trainyard::policy::test
