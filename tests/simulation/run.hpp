// One seed from its first event to its last, and what is found of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/verdict.hpp"

namespace trainyard::simulation {

struct outcome {
    std::uint64_t hash = 0, events = 0;
    duration simulated{};
    std::size_t messages = 0, crashes = 0;
    std::uint64_t creates = 0, lost_creates = 0;  // accepted by SageMaker; sent, and their answer lost
    std::vector<std::size_t> by_state;            // jobs at the end, by lifecycle::state
    std::vector<verdict::violation> violations;
};

outcome run(const plan& p, trace::reader reader = {});

}  // namespace trainyard::simulation
