// The event buses of every account and region with their rules and targets. Pure: time is an argument.
// Limits: "Amazon EventBridge quotas".
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/events/bus_policy.hpp"
#include "aws/local/events/event_pattern.hpp"
#include "aws/local/events/schedule.hpp"
#include "aws/local/events/target.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::events {

inline constexpr std::size_t max_buses = 100;  // of an account and region, beside the default one
inline constexpr std::size_t max_rules = 300;  // of a bus
inline constexpr std::size_t max_targets = 5;  // of a rule
inline constexpr std::size_t max_tags = 50;    // of a bus or rule
inline constexpr std::string_view default_bus = "default";

using tag_map = std::map<std::string, std::string>;

struct bus_key {
    account_id account;
    region_name region;
    std::string name;
    std::string arn() const;  // arn:aws:events:us-east-1:111122223333:event-bus/default
    friend auto operator<=>(const bus_key&, const bus_key&) = default;
};
std::optional<bus_key> parse_bus_arn(std::string_view arn);

struct rule {
    std::string name, arn, description, role_arn;
    std::string pattern_text, schedule_text;  // as given; either may be empty
    std::optional<event_pattern> pattern;
    std::optional<schedule> times;
    std::string state = "ENABLED";
    std::optional<wall_time> fires;  // next; of an enabled rule with a schedule
    tag_map tags;
    std::map<std::string, target, std::less<>> targets;

    bool enabled() const { return state != "DISABLED"; }
};

struct bus {
    bus_key key;
    std::string description, kms_key, dead_letter_config, log_config;  // the last two are JSON objects
    wall_time created{}, modified{};
    tag_map tags;
    bus_policy policy;
    std::map<std::string, rule, std::less<>> rules;
};

class bus_registry final : public kept_part {
public:
    bus_registry() : kept_part("events.buses") {}

    // Every account has a default bus in every region.
    bus* find(const bus_key& key);
    events_result<bus*> create(const bus_key& key, wall_time now);
    void remove(const bus_key& key) {
        touched(key);
        buses_.erase(key);
    }
    // Of one account and region in the order of names.
    std::vector<bus*> list(const account_id& account, const region_name& region);

    // A new rule or the one of that name, its targets and tags kept. Its next time counts from now on.
    rule& put(bus& on, rule r, wall_time now);
    void set_state(bus& on, rule& r, std::string state, wall_time now);
    void remove_rule(bus& on, rule& r);

    // Whoever changes what a bus, or one of its rules, says or holds tells it here.
    void touched(const bus_key& key);
    void touched(const bus& on, std::string_view rule);

    struct due_rule {
        bus* on;
        rule* what;
        wall_time when;
    };
    // Rules whose time has come, each once however many of its times have passed; advances them.
    std::vector<due_rule> take_due(wall_time now);
    std::optional<wall_time> next() const;

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    bool take_rule(bus& on, std::string_view name, json::value v);

    struct timer {
        wall_time when;
        bus_key on;
        std::string rule;
        friend auto operator<=>(const timer&, const timer&) = default;
    };
    void stop(const bus& on, rule& r);
    void start(const bus& on, rule& r, wall_time now);

    std::map<bus_key, bus> buses_;
    std::set<timer> timers_;
};

}  // namespace trainyard::aws::local::events
