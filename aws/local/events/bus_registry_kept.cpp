// The documents of bus_registry.hpp: buses, and rules with their targets. Patterns, schedules and targets are
// kept as they were given, and read again.
#include "aws/local/events/bus_registry.hpp"

namespace trainyard::aws::local::events {
namespace {

constexpr std::string_view kept_bus = "1bus", kept_rule = "2rule";

// A bus but for its rules.
struct bus_settings {
    std::string description, kms_key, dead_letter_config, log_config, policy;
    wall_time created{}, modified{};
    tag_map tags;
};

template <class Fields>
void fields(Fields& f, bus_settings& b) {
    f("description", b.description), f("kms_key", b.kms_key), f("dead_letter", b.dead_letter_config);
    f("log", b.log_config), f("policy", b.policy), f("created", b.created), f("modified", b.modified);
    f("tags", b.tags);
}

struct rule_settings {
    std::string name, arn, description, role_arn, pattern, schedule, state;
    std::optional<wall_time> fires;
    tag_map tags;
    std::vector<std::string> targets;  // JSON
};

template <class Fields>
void fields(Fields& f, rule_settings& r) {
    f("name", r.name), f("arn", r.arn), f("description", r.description), f("role_arn", r.role_arn);
    f("pattern", r.pattern), f("schedule", r.schedule), f("state", r.state), f("fires", r.fires);
    f("tags", r.tags), f("targets", r.targets);
}

}  // namespace

void bus_registry::touched(const bus_key& key) {
    touch(kept_bus, key.account, key.region, key.name);
}

void bus_registry::touched(const bus& on, std::string_view rule) {
    touch_by([&] {
        return kept_key(kept_rule, on.key.account, on.key.region, on.key.name + "/" + std::string{rule});
    });
}

std::optional<std::string> bus_registry::document(std::string_view key) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const std::string name{kind == kept_rule ? parts.next() : parts.rest()};
    const auto found = buses_.find({account, region, name});
    if (found == buses_.end()) return std::nullopt;
    const bus& b = found->second;
    if (kind == kept_bus)
        return kept::text_of(bus_settings{b.description, b.kms_key, b.dead_letter_config, b.log_config,
                                          b.policy.text(), b.created, b.modified, b.tags});
    const auto at = b.rules.find(parts.rest());
    if (at == b.rules.end()) return std::nullopt;
    const rule& r = at->second;
    rule_settings out{r.name,          r.arn,   r.description, r.role_arn, r.pattern_text,
                      r.schedule_text, r.state, r.fires,       r.tags,     {}};
    for (const auto& [id, t] : r.targets) out.targets.push_back(t.definition);
    return kept::text_of(out);
}

bool bus_registry::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const bus_key where{account, region, std::string{kind == kept_rule ? parts.next() : parts.rest()}};
    if (kind == kept_rule) {
        bus* const on = find(where);
        return on != nullptr && take_rule(*on, parts.rest(), v);
    }
    bus_settings read;
    if (kind != kept_bus || !kept::read(v, read)) return false;
    bus& b = buses_[where];
    b.key = where;
    b.description = std::move(read.description), b.kms_key = std::move(read.kms_key);
    b.dead_letter_config = std::move(read.dead_letter_config), b.log_config = std::move(read.log_config);
    b.created = read.created, b.modified = read.modified, b.tags = std::move(read.tags);
    if (read.policy.empty()) return true;
    auto policy = bus_policy::parse(read.policy);
    if (policy) b.policy = *std::move(policy);
    return policy.has_value();
}

bool bus_registry::take_rule(bus& on, std::string_view name, json::value v) {
    rule_settings read;
    if (!kept::read(v, read) || read.name != name) return false;
    rule r;
    r.name = read.name, r.arn = read.arn, r.description = read.description, r.role_arn = read.role_arn;
    r.pattern_text = read.pattern, r.schedule_text = read.schedule, r.state = read.state;
    r.tags = std::move(read.tags), r.fires = read.fires;
    if (!r.pattern_text.empty()) {
        auto pattern = event_pattern::parse(r.pattern_text);
        if (!pattern) return false;
        r.pattern = *std::move(pattern);
    }
    if (!r.schedule_text.empty()) {
        auto times = parse_schedule(r.schedule_text);
        if (!times) return false;
        r.times = *std::move(times);
    }
    for (const std::string& text : read.targets) {
        const auto given = json::document::parse(text);
        if (!given) return false;
        auto t = read_target(given->root());
        if (!t) return false;
        std::string id = t->id;
        r.targets.emplace(std::move(id), *std::move(t));
    }
    if (r.fires && (!r.times || !timers_.insert({*r.fires, on.key, r.name}).second)) return false;
    return on.rules.emplace(read.name, std::move(r)).second;
}

}  // namespace trainyard::aws::local::events
