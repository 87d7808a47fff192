// What the operator decides once: tenants and their quota, pools, and the rules between them. README.md here
// states what each rule means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "scheduler/policy/amount.hpp"

namespace trainyard::policy {

// Which job goes first. Every order ends in submission time and job id, so it is total.
enum class order {
    fifo,      // submission, then id; tenants and priorities do not matter
    priority,  // rank (priority and aging) across tenants, then as fair
    fair,      // least weighted dominant share, at each level of the tree; then rank within a tenant
    fair_tree  // as fair, but the share is of past usage only and stays put between decay ticks (Slurm)
};

enum class backfill {
    none,          // the first job without room stops all that come after it (FCFS)
    greedy,        // a job without room is passed by all that fit; it holds nothing
    easy,          // the first job without room has a reservation; others pass if they do not delay it
    easy_sjbf,     // the same, and those that pass are tried shortest first (EASY-SJBF)
    conservative,  // every job without room has a reservation
};

// Whom a tenant's job may preempt: `within` its own tenant, and, to `reclaim` what others have borrowed,
// elsewhere.
enum class preempt_within { never, lower_priority, lower_or_newer_equal };
enum class preempt_reclaim { never, lower_priority, any };

// Of one resource. A resource that no tenant of a top-level subtree names is not governed there at all.
struct quota {
    quota() = default;
    // A plain number is a ceiling of its own: nothing is borrowed above it and nothing of it is lent.
    quota(amount ceiling)  // NOLINT(google-explicit-constructor)
        : nominal(ceiling), borrowing_limit(amount{0}), lending_limit(amount{0}) {}
    quota(amount n, amount borrowing, amount lending = amount::unlimited())
        : nominal(n), borrowing_limit(borrowing), lending_limit(lending) {}
    friend bool operator==(const quota&, const quota&) = default;

    amount nominal;
    amount borrowing_limit = amount::unlimited();  // how much above nominal
    amount lending_limit = amount::unlimited();    // how much of the unused nominal others may have
};

// A node of the quota tree. "vision/detection" lies under "vision", which is made with defaults when it is
// not listed; all top-level tenants lie under the fleet.
struct tenant_config {
    std::string name;
    double weight = 1.0;                         // above 0; against its siblings
    std::map<std::string, policy::quota> quota;  // by resource
    amount jobs_max = amount::unlimited();       // started at once in the whole subtree
    std::vector<std::string> pools;              // which it may use; empty: its parent's, in the end all
    std::optional<policy::order> order;          // between its children, or of its jobs; empty: its parent's
    std::optional<preempt_within> within;        // empty: its parent's
    std::optional<preempt_reclaim> reclaim;      // empty: its parent's
};

// Where a limit is known from: the configuration, the account's own quota, or what AWS refused.
enum class limit_source { file, discovered, learned };

struct pool_config {
    std::string name;                      // account/region
    std::map<std::string, amount> limits;  // by resource; a resource not named is not offered by the pool
    // Other resources are offered too, with what set_limit() says once it is known; until then nothing
    // starts.
    bool discovers = false;
    amount jobs_max = amount::unlimited();
    int preference = 0;                          // higher is tried first
    std::map<std::string, std::int64_t> prices;  // by resource, of one instance; any unit; not named: 0
    std::optional<policy::order> order;          // of the jobs that want this pool; empty: the fleet's
    std::optional<policy::backfill> backfill;    // empty: the fleet's
};

struct preemption_settings {
    preempt_within within = preempt_within::never;
    preempt_reclaim reclaim = preempt_reclaim::never;
    duration protected_runtime = std::chrono::minutes{10};  // a job that has run for less is no victim
    // Victims are looked for at most once in an interval; at most `victims_max` of them in each window, over
    // the whole fleet; what is over waits for the next window.
    duration interval = std::chrono::seconds{1};
    std::int64_t victims_max = 100;
    duration window = std::chrono::minutes{1};
    // True: reclaiming leaves a victim's tenant with its nominal quota at least. False: as in Kueue, it must
    // be above nominal before, and its last job may take it below.
    bool nominal_stays = true;
};

enum class packing {
    spread,  // the least full pool first
    pack     // the fullest pool that still has room first (best fit)
};

struct settings {
    policy::order order = policy::order::fair;
    policy::backfill backfill = policy::backfill::greedy;
    policy::packing packing = policy::packing::spread;
    std::vector<tenant_config> tenants;
    std::vector<pool_config> pools;
    // A waiting job gains one priority point per this time, so no job waits for ever behind higher classes; 0
    // disables.
    duration aging_step = std::chrono::minutes{10};
    // Usage counts half after this time; 0: fair counts what is in use now, and fair_tree never forgets.
    duration half_life = duration::zero();
    // A job whose expected runtime is not known counts as running so long.
    duration default_runtime = std::chrono::hours{24};
    preemption_settings preemption;
    std::map<std::string, amount> kinds_max;   // started jobs at once, by kind
    std::map<std::string, amount> groups_max;  // started jobs at once, by the group that a job names
    // How many waiting jobs a pass of easy_sjbf or conservative looks at, and explain() for its estimates.
    std::size_t lookahead = 100'000;
};

}  // namespace trainyard::policy
