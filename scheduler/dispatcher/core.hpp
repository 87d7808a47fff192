// Everything the dispatcher decides, in one synchronous and pure place: lifecycle, policy and API budgets
// together. The driver feeds lifecycle events into machine(), then calls turn() and obeys what it gives.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduler/config/fleet.hpp"
#include "scheduler/dispatcher/budget.hpp"
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

    void restore(std::vector<lifecycle::job> jobs, std::map<std::string, int> marks, instant now);
    lifecycle::machine& machine() { return machine_; }
    const lifecycle::machine& machine() const { return machine_; }
    const policy::scheduler& policy() const { return policy_; }
    pool_budgets& budgets(const std::string& pool, lifecycle::kind k) {
        return budgets_.at(pool)[static_cast<std::size_t>(k)];
    }
    // True when the budget allows the call now; it is then paid for.
    bool pay(const std::string& pool, lifecycle::kind k, budget pool_budgets::* which, instant now);

    // Tracking: pages to ask for now, their answers, and the hints of events.
    std::vector<lifecycle::page_request> pages_due(instant now);
    void handle_page(const lifecycle::page_request& asked, const lifecycle::page_answer& a, instant now);
    std::optional<mono_time> next_page() const { return tracker_.next_time(); }
    void handle_event(const lifecycle::job_event& e, instant now);

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
    policy::pending_job to_pending(const lifecycle::job_facts& facts) const;

    std::map<std::string, lifecycle::queue_rules> rules_;
    using kind_budgets = std::array<pool_budgets, lifecycle::kind_count>;
    std::int64_t starts_allowed(kind_budgets& budgets, instant now) const;
    std::optional<mono_time> next_start(kind_budgets& budgets, instant now) const;
    void preempt(instant now);

    std::map<std::string, kind_budgets> budgets_;
    std::map<std::pair<std::string, std::string>, std::string> pool_at_;  // by account and region
    std::array<bool, lifecycle::kind_count> kinds_seen_{};
    std::set<lifecycle::job_id> victims_;  // chosen, and not told to stop yet
    lifecycle::tracker tracker_;
    lifecycle::machine machine_;
    policy::scheduler policy_;
};

}  // namespace trainyard::dispatcher
