// From a plan whose run finds a violation to the least plan that still does: fewer faults, less work, less
// time. Greedy; a fault that is switched off leaves the dice of the others alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/run.hpp"

namespace trainyard::simulation {

struct minimised {
    plan least;
    outcome found;                     // of its run
    std::vector<std::string> removed;  // what it does not need
    std::size_t runs = 0;
};

// `p` finds `invariant`. At most `runs_max` runs.
minimised minimise(plan p, const std::string& invariant, std::size_t runs_max = 200);

// The faults that are there, a line each: "answer_lost 0.1".
std::vector<std::string> describe(const fault_plan& f);

}  // namespace trainyard::simulation
