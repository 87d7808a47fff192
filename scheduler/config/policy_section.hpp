// The parts of a file that state a policy: its rules, quota, and the pools of a fleet that exists only in a
// simulation.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::config {

class node;

// The members of `policy:`, over what `s` already holds; a member that is not there changes nothing.
void read_policy_rules(const node& n, policy::settings& s);

// By resource: a number (a ceiling, never borrowed above), or {nominal, borrow, lend} with numbers or
// "unlimited".
std::map<std::string, policy::quota> read_quota(const node& n);

// "easy", "fair+conservative", "priority+easy+pack": words for order, backfill and packing, joined by '+',
// over what `s` holds. A word for backfill alone means first come, first served: "easy" is fifo+easy. An
// error lists the words.
result<void> apply_policy_name(std::string_view name, policy::settings& s);

struct simulated_fleet {
    policy::settings policy;
    std::map<std::string, int> priorities{{"low", 0}, {"normal", 100}, {"high", 200}};
};

// A fleet file of `run` (it has `accounts`), or one that only a simulation needs:
//
//     pools:   [{name: a, limits: {unit: 164}, max_jobs: 500, preference: 1, prices: {unit: 3}}]
//     tenants: [{name: vision, weight: 2, quota: {unit: {nominal: 119, borrow: unlimited, lend: 40}}}]
//     policy:  {order: fair, backfill: easy}
//     priorities: {low: 0, normal: 100, high: 200}
//
// Errors as parse_fleet's.
result<simulated_fleet> parse_simulated_fleet(std::string_view yaml, const std::string& file,
                                              const std::map<std::string, std::string>& environment);

// A file with the members of `policy:`, at its top or below `policy:`; over what `s` holds.
result<void> parse_policy_file(std::string_view yaml, const std::string& file,
                               const std::map<std::string, std::string>& environment, policy::settings& s);

}  // namespace trainyard::config
