// The parts of fleet.yaml that say what starts next: the policy section, and quota and order of tenants and
// pools.
#pragma once

#include "scheduler/config/node.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::config {

// A number is a ceiling that is never exceeded; {nominal, borrowing_limit, lending_limit} is a quota that may
// be borrowed above and lent.
std::map<std::string, policy::quota> read_quota(const node& n);
std::map<std::string, policy::amount> read_amounts(const node& n);
policy::amount read_jobs_max(const node& n);
// Keys of a tenant: weight, quota, max_jobs, order, preempt_within, preempt_reclaim.
void read_tenant_policy(const node& n, policy::tenant_config& c);
// True for `discover`; anything else that is no mapping is an error.
bool read_discover(const node& limits);
// Keys of an account: limits, max_jobs, preference, prices, order, backfill. `c.discovers` is what holds when
// its limits say nothing of it.
void read_pool_policy(const node& n, policy::pool_config& c);
void read_policy(const node& n, policy::settings& s);
// What holds between tenants: the depth of the tree.
void check_tree(const node& n, const policy::settings& s);

}  // namespace trainyard::config
