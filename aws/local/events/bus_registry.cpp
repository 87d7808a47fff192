#include "aws/local/events/bus_registry.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::aws::local::events {

std::string bus_key::arn() const {
    return fmt::format("arn:aws:events:{}:{}:event-bus/{}", region.str(), account.str(), name);
}

std::optional<bus_key> parse_bus_arn(std::string_view arn) {
    constexpr std::string_view head = "arn:aws:events:", middle = ":event-bus/";
    if (!arn.starts_with(head)) return std::nullopt;
    arn.remove_prefix(head.size());
    const auto colon = arn.find(':');
    const auto rest = colon == std::string_view::npos ? colon : arn.find(middle, colon + 1);
    if (rest == std::string_view::npos || rest + middle.size() == arn.size()) return std::nullopt;
    return bus_key{account_id{arn.substr(colon + 1, rest - colon - 1)}, region_name{arn.substr(0, colon)},
                   std::string{arn.substr(rest + middle.size())}};
}

bus* bus_registry::find(const bus_key& key) {
    const auto found = buses_.find(key);
    if (found != buses_.end()) return &found->second;
    if (key.name != default_bus) return nullptr;
    bus& made = buses_[key];
    made.key = key;
    return &made;
}

std::vector<bus*> bus_registry::list(const account_id& account, const region_name& region) {
    find({account, region, std::string{default_bus}});
    std::vector<bus*> out;
    for (auto at = buses_.lower_bound({account, region, ""});
         at != buses_.end() && at->first.account == account && at->first.region == region; ++at)
        out.push_back(&at->second);
    return out;
}

events_result<bus*> bus_registry::create(const bus_key& key, wall_time now) {
    if (find(key) != nullptr) return already_exists(fmt::format("Event bus {} already exists.", key.name));
    if (list(key.account, key.region).size() > max_buses)
        return limit_exceeded("The requested resource exceeds the maximum number allowed.");
    bus& made = buses_[key];
    made.key = key;
    made.created = made.modified = now;
    touched(key);
    return &made;
}

void bus_registry::stop(const bus& on, rule& r) {
    if (r.fires) timers_.erase({*r.fires, on.key, r.name});
    r.fires.reset();
}

void bus_registry::start(const bus& on, rule& r, wall_time now) {
    if (!r.times || !r.enabled()) return;
    r.fires = next_fire_time(*r.times, now, now);
    if (r.fires) timers_.insert({*r.fires, on.key, r.name});
}

rule& bus_registry::put(bus& on, rule r, wall_time now) {
    rule& kept = on.rules[r.name];
    stop(on, kept);
    if (!kept.name.empty()) {
        r.tags = std::move(kept.tags);
        r.targets = std::move(kept.targets);
    }
    kept = std::move(r);
    start(on, kept, now);
    touched(on, kept.name);
    return kept;
}

void bus_registry::set_state(bus& on, rule& r, std::string state, wall_time now) {
    if (r.state == state) return;
    stop(on, r);
    r.state = std::move(state);
    start(on, r, now);
    touched(on, r.name);
}

void bus_registry::remove_rule(bus& on, rule& r) {
    stop(on, r);
    touched(on, r.name);
    on.rules.erase(std::string{r.name});
}

std::vector<bus_registry::due_rule> bus_registry::take_due(wall_time now) {
    std::vector<due_rule> out;
    while (!timers_.empty() && timers_.begin()->when <= now) {
        const timer first = *timers_.begin();
        timers_.erase(timers_.begin());
        bus& on = buses_.at(first.on);
        rule& r = on.rules.at(first.rule);
        out.push_back({&on, &r, first.when});
        r.fires = next_fire_time(*r.times, first.when, now);
        if (r.fires) timers_.insert({*r.fires, on.key, r.name});
        touched(on, r.name);
    }
    return out;
}

std::optional<wall_time> bus_registry::next() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->when;
}

}  // namespace trainyard::aws::local::events
