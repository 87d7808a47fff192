#include "aws/local/gate/fault_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::aws::local {
namespace {

bool is_for(const fault_rule& r, const call_site& c, wall_time now) {
    return (!r.from || now >= *r.from) && (!r.until || now < *r.until) &&
           glob_matches(r.service, c.service) && glob_matches(r.operation, c.operation) &&
           glob_matches(r.account, c.account) && glob_matches(r.region, c.region) &&
           glob_matches(r.resource, c.resource);
}

bool is_due(const fault_rule& r, std::int64_t matched) {
    return (!r.first || matched <= *r.first) && (!r.every || matched % *r.every == 0);
}

}  // namespace

result<void> fault_store::put(fault_rule rule) {
    entry fresh{std::move(rule), rng{0}};
    fresh.random = rng{fresh.rule.seed}.split("fault");
    const auto old = std::find_if(rules_.begin(), rules_.end(),
                                  [&](const entry& e) { return e.rule.name == fresh.rule.name; });
    if (old != rules_.end()) {
        *old = std::move(fresh);
        return {};
    }
    if (rules_.size() >= fault_rules_max)
        return error{errc::limit, fmt::format("there are {} fault rules already", fault_rules_max)};
    rules_.push_back(std::move(fresh));
    return {};
}

bool fault_store::erase(std::string_view name) {
    return std::erase_if(rules_, [&](const entry& e) { return e.rule.name == name; }) > 0;
}

fault_store::fault fault_store::decide(const call_site& call, wall_time now) {
    for (entry& e : rules_) {
        if (!is_for(e.rule, call, now)) continue;
        ++e.matched;
        if (!is_due(e.rule, e.matched)) continue;
        // Certain and impossible rules draw too: changing a probability shifts no other draw.
        if (!e.random.chance(e.rule.probability)) continue;
        ++e.fired;
        const auto latency = e.random.between(e.rule.latency_low.count(), e.rule.latency_high.count());
        return {&e.rule, std::chrono::milliseconds{latency}};
    }
    return {};
}

}  // namespace trainyard::aws::local
