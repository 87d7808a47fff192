// What people ask for in a simulated world: messages of every kind, right and wrong ones, and what must stand
// in an account before they can run.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/rng.hpp"
#include "scheduler/lifecycle/kinds.hpp"
#include "tests/simulation/plan.hpp"

namespace trainyard::simulation {

inline constexpr const char* demanded_resource = "ml.m5.large";
// In the body of a message that ends the program which reads it.
inline constexpr std::string_view poison_mark = "poison";

std::string make_message(const plan& p, rng& r);
// Operations and their inputs.
std::vector<std::pair<std::string, std::string>> preparations(const std::string& account);
// A request of somebody else that takes the name.
std::string strangers_request(lifecycle::kind k, std::string_view name, const std::string& account);

}  // namespace trainyard::simulation
