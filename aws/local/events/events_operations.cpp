#include "aws/local/events/events_operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "aws/local/events/events_input.hpp"

namespace trainyard::aws::local::events {
namespace {

service_error unknown(std::string_view operation) {
    return events_error("UnknownOperationException",
                        fmt::format("EventBridge has no operation {} here.", operation));
}

}  // namespace

events_operations::events_operations(std::uint64_t seed, const delivery_faults& faults,
                                     const authorizer& permissions, access_function needs)
    : table_(model::events_model(), {unknown, model::json_error}),
      permissions_(permissions),
      needs_(std::move(needs)),
      random_(rng(seed).split("events.ids")),
      deliveries_(faults) {
    using self = events_operations;
    table_.add<self>(*this, {
                                {"CreateEventBus", &self::create_event_bus},
                                {"DeleteEventBus", &self::delete_event_bus},
                                {"DeleteRule", &self::delete_rule, "Force"},
                                {"DescribeEventBus", &self::describe_event_bus},
                                {"DescribeRule", &self::describe_rule},
                                {"DisableRule", &self::disable_rule},
                                {"EnableRule", &self::enable_rule},
                                {"ListEventBuses", &self::list_event_buses},
                                {"ListRuleNamesByTarget", &self::list_rule_names_by_target},
                                {"ListRules", &self::list_rules},
                                {"ListTagsForResource", &self::list_tags_for_resource},
                                {"ListTargetsByRule", &self::list_targets_by_rule},
                                {"PutEvents", &self::put_events, "EndpointId"},
                                {"PutPermission", &self::put_permission},
                                {"PutRule", &self::put_rule},
                                {"PutTargets", &self::put_targets},
                                {"RemovePermission", &self::remove_permission},
                                {"RemoveTargets", &self::remove_targets, "Force"},
                                {"TagResource", &self::tag_resource},
                                {"TestEventPattern", &self::test_event_pattern},
                                {"UntagResource", &self::untag_resource},
                                {"UpdateEventBus", &self::update_event_bus},
                            });
}

service_reply events_operations::perform(const operation_call& call) {
    return table_.handle(call);
}

std::optional<service_error> events_operations::authorise(const operation_call& call,
                                                          const std::string& resource, const bus* owner,
                                                          json::value entry) const {
    access what{"events:" + call.operation, resource, {{"aws:requestedregion", call.region.str()}}};
    if (needs_)
        if (const auto known = needs_(call); !known.empty()) what.context = known.front().context;
    if (entry.exists()) {
        what.context.insert_or_assign("events:source", text_of(entry, "Source"));
        what.context.insert_or_assign("events:detail-type", text_of(entry, "DetailType"));
    }
    const account_id& account = owner != nullptr ? owner->key.account : call.who.account;
    const policy_document* const policy = owner != nullptr ? owner->policy.document() : nullptr;
    const access_decision decision = permissions_.authorize(call.who, what, account, policy, call.now);
    if (decision.allowed()) return std::nullopt;
    return events_error("AccessDeniedException", denial_text(call.who, what, decision));
}

bus_key events_operations::named_bus(const operation_call& call, std::string_view name_or_arn) {
    if (const auto key = parse_bus_arn(name_or_arn)) return *key;
    return {call.who.account, call.region, std::string{name_or_arn.empty() ? default_bus : name_or_arn}};
}

events_result<bus*> events_operations::addressed_bus(const operation_call& call, std::string_view member) {
    const bus_key key = named_bus(call, text_of(call.input, member));
    bus* const found = buses_.find(key);
    if (auto denied = authorise(call, key.arn(), found)) return std::move(*denied);
    if (found == nullptr || key.region != call.region)
        return not_found(fmt::format("Event bus {} does not exist.", key.name));
    return found;
}

events_result<events_operations::place> events_operations::addressed_rule(const operation_call& call,
                                                                          std::string_view member) {
    const bus_key key = named_bus(call, text_of(call.input, "EventBusName"));
    const std::string name = text_of(call.input, member);
    bus* const on = buses_.find(key);
    if (auto denied = authorise(call, rule_arn(key, name), on)) return std::move(*denied);
    if (on == nullptr || key.region != call.region)
        return not_found(fmt::format("Event bus {} does not exist.", key.name));
    const auto found = on->rules.find(name);
    if (found == on->rules.end())
        return not_found(fmt::format("Rule {} does not exist on EventBus {}.", name, key.name));
    return place{on, &found->second};
}

std::string rule_arn(const bus_key& on, std::string_view name) {
    return fmt::format("arn:aws:events:{}:{}:rule/{}{}{}", on.region.str(), on.account.str(),
                       on.name == default_bus ? "" : on.name, on.name == default_bus ? "" : "/", name);
}

}  // namespace trainyard::aws::local::events
