// What an operator stops from starting, and lets start again.
#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {

// Room that victims leave is kept for nobody who may not take it: others would wait for it in vain.
void scheduler::impl::drop_paused_claims() {
    std::vector<std::uint64_t> paused;
    for (const auto& [job, claim] : preemption.claims)
        if (tenants.is_paused(shapes[claim.shape].key->leaf) || fleet.pools()[claim.pool].paused)
            paused.push_back(job);
    for (const std::uint64_t job : paused) end_claim(job);
}

bool scheduler::pause_tenant(const std::string& tenant, bool paused) {
    impl& x = *impl_;
    const auto t = tenant.empty() ? std::optional{policy::tenants::root} : x.tenants.find(tenant);
    TY_CHECK(t, "the tenant is not in the fleet");
    if (!x.tenants.set_paused(*t, paused)) return false;
    x.drop_paused_claims();
    for (const auto& l : x.lanes) l->jobs.rebuild();
    x.stir();
    return true;
}

bool scheduler::pause_pool(const std::string& pool, bool paused) {
    impl& x = *impl_;
    if (!x.fleet.set_paused(x.known_pool(pool), paused)) return false;
    x.drop_paused_claims();
    x.stir();
    return true;
}

bool scheduler::has_tenant(const std::string& tenant) const {
    return !tenant.empty() && impl_->tenants.find(tenant).has_value();
}

bool scheduler::has_pool(const std::string& pool) const {
    return impl_->fleet.pool_names().find(pool).has_value();
}

}  // namespace trainyard::policy
