// Jobs of a workload as the scheduler wants them, each shape looked up once. Private to the folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "scheduler/policy/scheduler.hpp"
#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

class shape_cache {
public:
    shape_cache(const workload& w, policy::scheduler& s) : w_(w), scheduler_(s), known_(less{w}) {}

    policy::scheduler::shape_id of(index job) { return entry(job).shape; }
    // Why the job can never start; null when it can.
    const std::string* impossible(index job) {
        const known& k = entry(job);
        return k.impossible ? &*k.impossible : nullptr;
    }
    policy::pending_job pending(index job, duration runtime) const;

private:
    // Jobs are compared by what makes a shape.
    struct less {
        const workload& w;
        bool operator()(index a, index b) const;
    };
    struct known {
        policy::scheduler::shape_id shape = 0;
        std::optional<std::string> impossible;
    };
    const known& entry(index job);
    const workload& w_;
    policy::scheduler& scheduler_;
    std::map<index, known, less> known_;  // by the first job of its shape
};

}  // namespace trainyard::sim
