// Every operation of EventBridge over the buses, and the way of an event: matched, handed to the delivery
// machine, and on to a queue or another bus. No coroutine, clock or I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/events/bus_registry.hpp"
#include "aws/local/events/delivery.hpp"
#include "aws/local/model/operation_table.hpp"
#include "aws/local/policy/authorizer.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::events {

// Bytes of all entries of one PutEvents together, and so of one event ("Amazon EventBridge quotas").
inline constexpr std::size_t max_put_bytes = 1'048'576;

// What an operation needs, with the values that conditions look at.
using access_function = std::function<std::vector<access>(const operation_call&)>;

class events_operations {
public:
    // `seed` makes ids; `permissions` outlives this.
    events_operations(std::uint64_t seed, const delivery_faults& faults, const authorizer& permissions,
                      access_function needs = {});

    // The table calls back into this.
    events_operations(const events_operations&) = delete;
    events_operations& operator=(const events_operations&) = delete;

    service_reply perform(const operation_call& call);
    const model::operation_table& operations() const { return table_; }

    // An event of one of AWS's services, on the default bus of its account and region.
    void publish(event e, wall_time now);

    // Fires scheduled rules that are due, and gives what is to be enqueued now. Each is to be reported on.
    std::vector<delivery_command> take(wall_time now);
    void report(std::uint64_t number, const delivery_outcome& how, wall_time now) {
        deliveries_.report(number, how, now);
    }
    // When take() has something to do.
    std::optional<wall_time> next() const;

    delivery_machine& deliveries() { return deliveries_; }
    // Its parts that are kept over restarts.
    std::vector<durable*> kept() { return {&buses_, &deliveries_}; }

private:
    service_reply create_event_bus(const operation_call& call);
    service_reply delete_event_bus(const operation_call& call);
    service_reply describe_event_bus(const operation_call& call);
    service_reply list_event_buses(const operation_call& call);
    service_reply update_event_bus(const operation_call& call);
    service_reply put_permission(const operation_call& call);
    service_reply remove_permission(const operation_call& call);
    service_reply put_rule(const operation_call& call);
    service_reply delete_rule(const operation_call& call);
    service_reply describe_rule(const operation_call& call);
    service_reply enable_rule(const operation_call& call);
    service_reply disable_rule(const operation_call& call);
    service_reply list_rules(const operation_call& call);
    service_reply list_rule_names_by_target(const operation_call& call);
    service_reply put_targets(const operation_call& call);
    service_reply remove_targets(const operation_call& call);
    service_reply list_targets_by_rule(const operation_call& call);
    service_reply put_events(const operation_call& call);
    service_reply test_event_pattern(const operation_call& call);
    service_reply tag_resource(const operation_call& call);
    service_reply untag_resource(const operation_call& call);
    service_reply list_tags_for_resource(const operation_call& call);

    // Once for each operation, or entry of PutEvents: with the policy of the bus, if it has one.
    std::optional<service_error> authorise(const operation_call& call, const std::string& resource,
                                           const bus* owner, json::value entry = {}) const;
    std::optional<service_error> authorise_entry(const operation_call& call, json::value entry);
    // The bus that a name or ARN means, of the caller's own account or another one.
    static bus_key named_bus(const operation_call& call, std::string_view name_or_arn);
    // The bus of EventBusName or `member`, when the caller may do this with it.
    events_result<bus*> addressed_bus(const operation_call& call, std::string_view member = "EventBusName");
    struct place {
        bus* on;
        rule* what;
    };
    // The rule that `member` names on the bus of EventBusName.
    events_result<place> addressed_rule(const operation_call& call, std::string_view member);
    events_result<tag_map*> addressed_tags(const operation_call& call);
    service_reply set_state(const operation_call& call, std::string_view state);

    std::optional<service_error> check_entry(const operation_call& call, json::value entry);
    // To every target of every rule of `on` that wants it. `forwarded`: it came from another bus.
    void match(bus& on, const std::shared_ptr<const event>& e, wall_time now, bool forwarded);
    void invoke(const bus& on, const rule& r, const std::shared_ptr<const event>& e, wall_time now,
                bool forwarded);
    delivery_outcome forward(const delivery& d, wall_time now);
    void fire(const bus& on, const rule& r, wall_time when, wall_time now);

    model::operation_table table_;
    const authorizer& permissions_;
    access_function needs_;
    rng random_;
    bus_registry buses_;
    delivery_machine deliveries_;
};

// Rule ARNs: rule/NAME on the default bus, rule/BUS/NAME on others.
std::string rule_arn(const bus_key& on, std::string_view name);

}  // namespace trainyard::aws::local::events
