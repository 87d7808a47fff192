// What only a simulation reads: policies by name, and fleets that do not exist.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::config {

// "easy", "fair+conservative", "priority+easy+pack": words for order, backfill and packing, joined by '+',
// over what `s` holds. A word for backfill alone means fifo ("easy" is fifo+easy); "fifo" alone and "fcfs"
// are first come, first served; any other order alone is greedy. An error lists the words.
result<void> apply_policy_name(std::string_view name, policy::settings& s);

struct simulated_fleet {
    policy::settings policy;
    std::map<std::string, int> priorities{{"low", 0}, {"normal", 100}, {"high", 200}};
};

// A fleet file of `run` (it has `accounts`), or a few lines, whose pools and tenants take what accounts and
// tenants take there as far as the policy knows it:
//
//     pools:   [{name: a, limits: {unit: 164}, max_jobs: 500, preference: 1, prices: {unit: 3}}]
//     tenants: [{name: vision, weight: 2, quota: {unit: {nominal: 119, borrowing_limit: 40}}, pools: [a]}]
//     policy:  {order: fair, backfill: easy}
//     priorities: {low: 0, normal: 100, high: 200}
//
// Errors as parse_fleet's.
result<simulated_fleet> parse_simulated_fleet(std::string_view yaml, const std::string& file,
                                              const std::map<std::string, std::string>& environment);

// A file with the members of `policy:`, at its top or below `policy:`, in the place of the policy in `s`.
result<void> parse_policy_file(std::string_view yaml, const std::string& file,
                               const std::map<std::string, std::string>& environment, policy::settings& s);

}  // namespace trainyard::config
