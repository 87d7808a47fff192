// What each tenant is entitled to: the weighted max-min share of a capacity, given what each demands, level
// by level of the tree of tenants (Bertsekas and Gallager 1992, 6.5.2). A yardstick for what a policy does,
// not a policy.
#pragma once

#include <string>
#include <vector>

#include "scheduler/policy/settings.hpp"
#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

struct claim {
    double demand = 0, weight = 1;
    double entitled = 0;
};
// Fills in `entitled`: nobody gets more than demanded, the sum is at most `capacity`, and nobody with a
// demand unmet has less for each unit of weight than another.
void share_out(double capacity, std::vector<claim>& claims);

class share_tree {
public:
    // Weights come from the settings; a tenant that they do not name weighs 1. "a/b" lies under "a".
    share_tree(const policy::settings& s, const name_list& tenants);
    // By tenant: of `capacity` for these demands (by tenant).
    std::vector<double> entitlements(double capacity, const std::vector<double>& demands) const;

private:
    struct node {
        std::string path;
        double weight = 1;
        std::size_t parent = 0;
        std::vector<std::size_t> children;
    };
    std::size_t find_or_make(const std::string& path);
    std::vector<node> nodes_;             // the fleet first; a parent before its children
    std::vector<std::size_t> of_tenant_;  // node by tenant
    std::map<std::string, std::size_t> by_path_;
};

}  // namespace trainyard::sim
