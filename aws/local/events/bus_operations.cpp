// Operations on event buses, who may put events on them, and on tags.
#include <fmt/format.h>

#include "aws/local/events/events_input.hpp"
#include "aws/local/events/events_operations.hpp"

namespace trainyard::aws::local::events {
namespace {

// What CreateEventBus and UpdateEventBus may say of a bus.
void read_settings(json::value in, bus& out) {
    const auto object = [&](std::string_view member, std::string& to) {
        if (!in.find(member).is_null()) to = json::to_text(in.find(member));
    };
    if (!in.find("Description").is_null()) out.description = text_of(in, "Description");
    if (!in.find("KmsKeyIdentifier").is_null()) out.kms_key = text_of(in, "KmsKeyIdentifier");
    object("DeadLetterConfig", out.dead_letter_config);
    object("LogConfig", out.log_config);
}

void write_settings(json::writer& out, const bus& b) {
    if (!b.description.empty()) out.member("Description", b.description);
    if (!b.kms_key.empty()) out.member("KmsKeyIdentifier", b.kms_key);
    if (!b.dead_letter_config.empty()) out.key("DeadLetterConfig").number_text(b.dead_letter_config);
    if (!b.log_config.empty()) out.key("LogConfig").number_text(b.log_config);
}

void write_times(json::writer& out, const bus& b) {
    if (b.created == wall_time{}) return;  // a default bus was always there
    out.member("CreationTime", to_unix_seconds(b.created));
    out.member("LastModifiedTime", to_unix_seconds(b.modified));
}

std::string statement_of(json::value in, const bus& on) {
    const std::string principal = text_of(in, "Principal");
    json::writer out;
    out.begin_object().member("Sid", text_of(in, "StatementId")).member("Effect", "Allow").key("Principal");
    if (principal == "*")
        out.string("*");
    else
        out.begin_object().member("AWS", "arn:aws:iam::" + principal + ":root").end_object();
    out.member("Action", text_of(in, "Action")).member("Resource", on.key.arn());
    const json::value condition = in.find("Condition");
    if (!condition.is_null()) {
        out.key("Condition").begin_object().key(text_of(condition, "Type")).begin_object();
        out.member(text_of(condition, "Key"), text_of(condition, "Value")).end_object().end_object();
    }
    out.end_object();
    return out.take();
}

}  // namespace

service_reply events_operations::create_event_bus(const operation_call& call) {
    const bus_key key{call.who.account, call.region, text_of(call.input, "Name")};
    if (auto denied = authorise(call, key.arn(), nullptr)) return std::move(*denied);
    if (!call.input.find("EventSourceName").is_null())
        return not_found(
            fmt::format("Event source {} does not exist.", text_of(call.input, "EventSourceName")));
    if (key.name.find('/') != std::string::npos)
        return validation_exception("Event bus name must not contain '/'.");
    auto tags = read_tags(call.input, {});
    if (!tags) return tags.error();
    const auto made = buses_.create(key, call.now);
    if (!made) return made.error();
    (*made)->tags = std::move(*tags);
    buses_.touched(key);
    read_settings(call.input, **made);
    json::writer out;
    out.begin_object().member("EventBusArn", key.arn());
    write_settings(out, **made);
    out.end_object();
    return out.take();
}

service_reply events_operations::update_event_bus(const operation_call& call) {
    const auto found = addressed_bus(call, "Name");
    if (!found) return found.error();
    bus& on = **found;
    read_settings(call.input, on);
    on.modified = call.now;
    buses_.touched(on.key);
    json::writer out;
    out.begin_object().member("Arn", on.key.arn()).member("Name", on.key.name);
    write_settings(out, on);
    out.end_object();
    return out.take();
}

service_reply events_operations::delete_event_bus(const operation_call& call) {
    const bus_key key = named_bus(call, text_of(call.input, "Name"));
    if (auto denied = authorise(call, key.arn(), nullptr)) return std::move(*denied);
    if (key.name == default_bus) return validation_exception("Cannot delete event bus default.");
    const bus* const found = buses_.find(key);
    if (found != nullptr && !found->rules.empty())
        return validation_exception("Event bus can't be deleted since it has rules.");
    if (found != nullptr) buses_.remove(key);  // what is gone already is deleted, too
    return std::string{};
}

service_reply events_operations::describe_event_bus(const operation_call& call) {
    const auto found = addressed_bus(call, "Name");
    if (!found) return found.error();
    const bus& on = **found;
    json::writer out;
    out.begin_object().member("Name", on.key.name).member("Arn", on.key.arn());
    write_settings(out, on);
    if (!on.policy.empty()) out.member("Policy", on.policy.text());
    write_times(out, on);
    out.end_object();
    return out.take();
}

service_reply events_operations::list_event_buses(const operation_call& call) {
    if (auto denied = authorise(call, "*", nullptr)) return std::move(*denied);
    const std::string prefix = text_of(call.input, "NamePrefix");
    std::vector<std::pair<std::string, const bus*>> all;
    for (const bus* b : buses_.list(call.who.account, call.region))
        if (b->key.name.starts_with(prefix)) all.emplace_back(b->key.name, b);
    return write_page(call.input, "EventBuses", all, [](json::writer& out, const bus* b) {
        out.begin_object().member("Name", b->key.name).member("Arn", b->key.arn());
        if (!b->description.empty()) out.member("Description", b->description);
        if (!b->policy.empty()) out.member("Policy", b->policy.text());
        write_times(out, *b);
        out.end_object();
    });
}

service_reply events_operations::put_permission(const operation_call& call) {
    const auto found = addressed_bus(call);
    if (!found) return found.error();
    bus& on = **found;
    const std::string whole = text_of(call.input, "Policy");
    for (const char* member : {"StatementId", "Action", "Principal"})
        if (whole.empty() && text_of(call.input, member).empty())
            return validation_exception(
                "Parameter(s) must be specified: Policy, or StatementId, Action and Principal.");
    auto policy = whole.empty()
                      ? on.policy.with(text_of(call.input, "StatementId"), statement_of(call.input, on))
                      : bus_policy::parse(whole);
    if (!policy) {
        const error& why = policy.error();
        if (why.code == errc::limit) return events_error("PolicyLengthExceededException", why.message);
        return validation_exception(why.message);
    }
    on.policy = std::move(*policy);
    on.modified = call.now;
    buses_.touched(on.key);
    return std::string{};
}

service_reply events_operations::remove_permission(const operation_call& call) {
    const auto found = addressed_bus(call);
    if (!found) return found.error();
    bus& on = **found;
    buses_.touched(on.key);
    if (call.input.find("RemoveAllPermissions").boolean() == true) {
        on.policy = {};
        return std::string{};
    }
    const std::string sid = text_of(call.input, "StatementId");
    if (sid.empty())
        return validation_exception("Parameter(s) StatementId or RemoveAllPermissions must be specified.");
    if (on.policy.empty()) return not_found("EventBus does not have a policy.");
    auto rest = on.policy.without(sid);
    if (!rest) return not_found("Statement with the provided id does not exist.");
    on.policy = std::move(*rest);
    return std::string{};
}

events_result<tag_map*> events_operations::addressed_tags(const operation_call& call) {
    const std::string arn = text_of(call.input, "ResourceARN");
    if (auto denied = authorise(call, arn, nullptr)) return std::move(*denied);
    for (bus* b : buses_.list(call.who.account, call.region)) {
        if (b->key.arn() == arn) {
            buses_.touched(b->key);  // they may be about to change
            return &b->tags;
        }
        for (auto& [name, r] : b->rules)
            if (r.arn == arn) {
                buses_.touched(*b, name);
                return &r.tags;
            }
    }
    return not_found(fmt::format("Resource {} does not exist.", arn));
}

service_reply events_operations::tag_resource(const operation_call& call) {
    const auto found = addressed_tags(call);
    if (!found) return found.error();
    auto tags = read_tags(call.input, **found);
    if (!tags) return tags.error();
    **found = std::move(*tags);
    return std::string{"{}"};
}

service_reply events_operations::untag_resource(const operation_call& call) {
    const auto found = addressed_tags(call);
    if (!found) return found.error();
    for (const json::value key : call.input.find("TagKeys").elements())
        (*found)->erase(std::string{key.string().value_or("")});
    return std::string{"{}"};
}

service_reply events_operations::list_tags_for_resource(const operation_call& call) {
    const auto found = addressed_tags(call);
    if (!found) return found.error();
    json::writer out;
    out.begin_object();
    write_tags(out, **found);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::events
