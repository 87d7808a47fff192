// Everything the dispatcher decides, in one synchronous and pure place: lifecycle, policy and API budgets
// together. The driver feeds lifecycle events into machine(), then calls turn() and obeys what it gives.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/config/fleet.hpp"
#include "scheduler/dispatcher/budget.hpp"
#include "scheduler/lifecycle/machine.hpp"
#include "scheduler/policy/scheduler.hpp"

namespace trainyard::dispatcher {

// One reading of both clocks; a turn never sees time move.
struct instant {
    wall_time wall;
    mono_time mono;
};

struct pool_budgets {
    budget create, stop, describe, list;
};

class core {
public:
    static constexpr duration blocked_interval =
        std::chrono::seconds{30};  // one probe per interval after a refusal

    core(const config::fleet& f, lifecycle::timing t, std::uint64_t seed, instant now);

    void restore(std::vector<lifecycle::job> jobs, instant now);
    lifecycle::machine& machine() { return machine_; }
    const lifecycle::machine& machine() const { return machine_; }
    const policy::scheduler& policy() const { return policy_; }
    pool_budgets& budgets(const std::string& pool) { return budgets_.at(pool); }
    const lifecycle::queue_rules& rules(const std::string& queue) const { return rules_.at(queue); }

    // Lets time pass, obeys the quota commands, decides starts. Records and effects of the result are the
    // driver's.
    // At most `starts_max` jobs are started.
    lifecycle::batch turn(instant now, std::size_t starts_max);
    // When turn() could do more although nothing else happens.
    std::optional<duration> next_wakeup(instant now);

private:
    void obey(const lifecycle::quota_t& command, instant now);
    policy::pending_job to_pending(const lifecycle::job_facts& facts) const;

    std::map<std::string, lifecycle::queue_rules> rules_;
    std::map<std::string, pool_budgets> budgets_;
    lifecycle::machine machine_;
    policy::scheduler policy_;
};

}  // namespace trainyard::dispatcher
