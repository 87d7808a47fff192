// Operations on rules.
#include <fmt/format.h>

#include "aws/local/events/events_input.hpp"
#include "aws/local/events/events_operations.hpp"

namespace trainyard::aws::local::events {
namespace {

events_result<rule> read_rule(const operation_call& call, const bus& on) {
    const json::value in = call.input;
    rule out;
    out.name = text_of(in, "Name");
    out.arn = rule_arn(on.key, out.name);
    out.description = text_of(in, "Description");
    out.role_arn = text_of(in, "RoleArn");
    out.pattern_text = text_of(in, "EventPattern");
    out.schedule_text = text_of(in, "ScheduleExpression");
    if (const auto state = in.find("State").string()) out.state = *state;
    if (out.pattern_text.empty() && out.schedule_text.empty())
        return validation_exception("Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (!out.pattern_text.empty()) {
        auto read = event_pattern::parse(out.pattern_text);
        if (!read) return invalid_pattern(read.error().message);
        out.pattern = std::move(*read);
    }
    if (!out.schedule_text.empty()) {
        if (on.key.name != default_bus)
            return validation_exception("ScheduleExpression is supported only on the default event bus.");
        auto read = parse_schedule(out.schedule_text);
        if (!read) return validation_exception("Parameter ScheduleExpression is not valid.");
        out.times = std::move(*read);
    }
    return out;
}

void write_rule(json::writer& out, const rule& r, const bus& on) {
    const auto given = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) out.member(key, value);
    };
    out.member("Name", r.name).member("Arn", r.arn);
    given("EventPattern", r.pattern_text);
    given("ScheduleExpression", r.schedule_text);
    out.member("State", r.state);
    given("Description", r.description);
    given("RoleArn", r.role_arn);
    out.member("EventBusName", on.key.name);
}

}  // namespace

service_reply events_operations::put_rule(const operation_call& call) {
    const bus_key key = named_bus(call, text_of(call.input, "EventBusName"));
    bus* const on = buses_.find(key);
    const std::string name = text_of(call.input, "Name");
    if (auto denied = authorise(call, rule_arn(key, name), on)) return std::move(*denied);
    if (on == nullptr || key.region != call.region)
        return not_found(fmt::format("Event bus {} does not exist.", key.name));
    auto read = read_rule(call, *on);
    if (!read) return read.error();
    const bool known = on->rules.contains(name);
    if (!known && on->rules.size() >= max_rules)
        return limit_exceeded("The requested resource exceeds the maximum number allowed.");
    // Tags are for a new rule; TagResource changes those of an old one.
    auto tags = read_tags(known ? json::value{} : call.input, {});
    if (!tags) return tags.error();
    rule& kept = buses_.put(*on, std::move(*read), call.now);
    if (!known) kept.tags = std::move(*tags);
    json::writer out;
    out.begin_object().member("RuleArn", kept.arn).end_object();
    return out.take();
}

service_reply events_operations::delete_rule(const operation_call& call) {
    const auto found = addressed_rule(call, "Name");
    if (!found) {
        // What is gone already is deleted, too.
        if (found.error().message.starts_with("Rule ")) return std::string{};
        return found.error();
    }
    if (!found->what->targets.empty())
        return validation_exception("Rule can't be deleted since it has targets.");
    buses_.remove_rule(*found->on, *found->what);
    return std::string{};
}

service_reply events_operations::describe_rule(const operation_call& call) {
    const auto found = addressed_rule(call, "Name");
    if (!found) return found.error();
    json::writer out;
    out.begin_object();
    write_rule(out, *found->what, *found->on);
    out.member("CreatedBy", found->on->key.account.str()).end_object();
    return out.take();
}

service_reply events_operations::set_state(const operation_call& call, std::string_view state) {
    const auto found = addressed_rule(call, "Name");
    if (!found) return found.error();
    buses_.set_state(*found->on, *found->what, std::string{state}, call.now);
    return std::string{};
}

service_reply events_operations::enable_rule(const operation_call& call) {
    return set_state(call, "ENABLED");
}

service_reply events_operations::disable_rule(const operation_call& call) {
    return set_state(call, "DISABLED");
}

service_reply events_operations::list_rules(const operation_call& call) {
    const auto found = addressed_bus(call);
    if (!found) return found.error();
    const bus& on = **found;
    const std::string prefix = text_of(call.input, "NamePrefix");
    std::vector<std::pair<std::string, const rule*>> all;
    for (const auto& [name, r] : on.rules)
        if (name.starts_with(prefix)) all.emplace_back(name, &r);
    return write_page(call.input, "Rules", all, [&](json::writer& out, const rule* r) {
        out.begin_object();
        write_rule(out, *r, on);
        out.end_object();
    });
}

service_reply events_operations::list_rule_names_by_target(const operation_call& call) {
    const auto found = addressed_bus(call);
    if (!found) return found.error();
    const std::string arn = text_of(call.input, "TargetArn");
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [name, r] : (*found)->rules)
        if (std::any_of(r.targets.begin(), r.targets.end(),
                        [&](const auto& each) { return each.second.arn == arn; }))
            all.emplace_back(name, name);
    return write_page(call.input, "RuleNames", all,
                      [](json::writer& out, const std::string& name) { out.string(name); });
}

}  // namespace trainyard::aws::local::events
