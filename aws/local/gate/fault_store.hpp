// The fault rules in force, and what they do to a call. Pure: each rule has a generator of its own, seeded by
// the rule, so that the same calls meet the same faults.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "aws/local/gate/fault_rule.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local {

class fault_store {
public:
    struct entry {
        fault_rule rule;
        rng random;
        std::int64_t matched = 0, fired = 0;
    };
    // What happens to one call. The rule lives until the rules change.
    struct fault {
        const fault_rule* rule = nullptr;
        std::chrono::milliseconds latency{0};
    };

    // Adds the rule, or replaces the one of its name, with counts of zero. errc::limit beyond
    // fault_rules_max.
    result<void> put(fault_rule rule);
    bool erase(std::string_view name);
    void clear() { rules_.clear(); }
    bool empty() const { return rules_.empty(); }
    const std::vector<entry>& rules() const { return rules_; }

    // The first rule, in the order they were added, that fires. Rules behind it do not count the call.
    fault decide(const call_site& call, wall_time now);

private:
    std::vector<entry> rules_;
};

}  // namespace trainyard::aws::local
