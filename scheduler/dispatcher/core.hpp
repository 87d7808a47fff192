// Everything the dispatcher decides, in one synchronous and pure place: lifecycle, policy and API budgets
// together. The driver feeds lifecycle events into machine(), then calls turn() and obeys what it gives.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/config/fleet.hpp"
#include "scheduler/dispatcher/budget.hpp"
#include "scheduler/dispatcher/quotas.hpp"
#include "scheduler/lifecycle/event.hpp"
#include "scheduler/lifecycle/machine.hpp"
#include "scheduler/lifecycle/tracker.hpp"
#include "scheduler/policy/scheduler.hpp"

namespace trainyard::dispatcher {

// One reading of both clocks; a turn never sees time move.
struct instant {
    wall_time wall;
    mono_time mono;
};

// Of one kind in one pool: SageMaker counts each operation of its own.
struct pool_budgets {
    budget create, stop, describe, list;
    // Commanded, and not yet paid for from the budget.
    std::size_t creates_owed = 0, looks_owed = 0;
};

class core {
public:
    // After a refusal one start a minute probes for more.
    static constexpr duration blocked_interval = std::chrono::minutes{1};

    core(const config::fleet& f, lifecycle::timing t, std::uint64_t seed, instant now);

    void restore(std::vector<lifecycle::job> jobs, std::map<std::string, int> crashes, instant now);
    lifecycle::machine& machine() { return machine_; }
    const lifecycle::machine& machine() const { return machine_; }
    const policy::scheduler& policy() const { return policy_; }
    pool_budgets& budgets(const std::string& pool, lifecycle::kind k);
    const pool_budgets& budgets(const std::string& pool, lifecycle::kind k) const {
        return budgets_[pool_numbers_.at(pool) * lifecycle::kind_count + static_cast<std::size_t>(k)].of;
    }
    bool has_budgets(const std::string& pool) const { return pool_numbers_.contains(pool); }
    // True when the budget allows the call now; it is then paid for.
    bool pay(const std::string& pool, lifecycle::kind k, budget pool_budgets::* which, instant now);

    // What an operator pauses and resumes; true when that changes something, errc::not_found when the fleet
    // has no such thing. It is durable with the records of the next turn.
    result<bool> set_paused(const lifecycle::pause& which, bool paused, instant now);
    // What the ledger holds, before the first turn. What the fleet no longer has stays, until it is resumed.
    void restore_pauses(lifecycle::pauses known);
    const lifecycle::pauses& pauses() const { return pauses_; }

    // Tracking: pages to ask for now, their answers, and the hints of events.
    std::vector<lifecycle::page_request> pages_due(instant now);
    void handle_page(const lifecycle::page_request& asked, const lifecycle::page_answer& a, instant now);
    std::optional<mono_time> next_page() const { return tracker_.next_time(); }
    void handle_event(const lifecycle::job_event& e, instant now);

    // Limits that accounts tell: pools to ask now, each ending in one handle_*(). Until a pool has answered
    // nothing starts on what it discovers; where it cannot be asked, what AWS refuses is learned.
    std::vector<std::string> quotas_due(instant now) { return quota_watch_.due(now.mono); }
    std::optional<mono_time> next_quotas() const { return quota_watch_.next_time(); }
    bool discovers() const { return !quota_watch_.empty(); }
    void handle_quotas(const std::string& pool, const std::vector<aws::quotas::quota>& applied,
                       const std::vector<aws::quotas::quota>& defaults, std::string problem, instant now);
    void handle_quotas_unreadable(const std::string& pool, std::string why, instant now);
    // By pool: why its quotas, or a part of them, could not be read the last time.
    const std::map<std::string, std::string>& quota_problems() const { return quota_problems_; }

    const lifecycle::queue_rules& rules(const std::string& queue) const { return rules_.at(queue); }

    // Lets time pass, obeys the quota commands, decides starts. Records and effects of the result are the
    // driver's.
    // At most `starts_max` jobs are started.
    lifecycle::batch turn(instant now, std::size_t starts_max);
    // When turn() could do more although nothing else happens.
    std::optional<duration> next_wakeup(instant now);

private:
    void owe(const lifecycle::effect_t& e);
    void obey(const lifecycle::quota_t& command, instant now);
    policy::pending_job to_pending(const lifecycle::job_facts& facts);
    // What SageMaker counts a line of a demand as.
    std::string counted_as(const std::string& resource, lifecycle::kind k) const;
    bool counts_one_use(const std::string& resource, const std::string& counted) const;
    void apply_limits(const std::string& pool, const std::string& resource);
    void meet(const std::string& resource);

    std::map<std::string, lifecycle::queue_rules> rules_;
    void see_kind(lifecycle::kind k);
    void offer_starts(instant now);
    void preempt(instant now);
    bool has(const lifecycle::pause& which) const;
    void apply_pause(const lifecycle::pause& which, bool paused);

    struct kind_in_pool {
        pool_budgets of;
        bool seen = false;              // jobs of the kind have come
        std::optional<mono_time> next;  // when it may start more; as in next_starts_
    };
    std::vector<std::string> pools_;
    std::unordered_map<std::string, std::size_t> pool_numbers_;  // order-free: looked up only
    std::vector<kind_in_pool> budgets_;                          // by pool and kind
    std::set<std::size_t> touched_;  // budgets that have changed since the last turn
    std::set<std::pair<mono_time, std::size_t>> next_starts_;
    std::map<std::pair<std::string, std::string>, std::string> pool_at_;  // by account and region
    std::set<lifecycle::job_id> victims_;                                 // chosen, and not told to stop yet
    std::set<std::string> discovering_;                                   // pools
    std::set<std::string> met_;  // resources that jobs have asked for, where pools discover
    quota_table quotas_;
    quota_watch quota_watch_;
    std::map<std::string, std::string> quota_problems_;
    lifecycle::pauses pauses_;
    std::vector<lifecycle::record> pausing_;  // for the next turn
    lifecycle::tracker tracker_;
    lifecycle::machine machine_;
    policy::scheduler policy_;
};

}  // namespace trainyard::dispatcher
