// Synthetic workloads from a seed, each with the fleet that it is meant for. The same name, seed and count
// give the same jobs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/policy/settings.hpp"
#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

struct generator {
    std::string_view name;
    std::string_view what;     // one line
    std::size_t default_jobs;  // 0: the number is fixed
};
const std::vector<generator>& generators();

struct generated {
    workload jobs;
    policy::settings fleet;  // pools, tenants with their quota, and the policy that it is usually run with
};

// `jobs` 0: the generator's own number. Errors: an unknown name (the message lists them), a number for one
// whose number is fixed, more than jobs_max.
result<generated> generate(std::string_view name, std::uint64_t seed, std::size_t jobs);

}  // namespace trainyard::sim
