// Events: how they come, whom they are matched to, and what is due.
#include <fmt/format.h>

#include "aws/local/base/uuid.hpp"
#include "aws/local/events/events_input.hpp"
#include "aws/local/events/events_operations.hpp"

namespace trainyard::aws::local::events {
namespace {

// As AWS counts: a time is 14 bytes, texts are their UTF-8.
std::size_t bytes_of(json::value entry) {
    std::size_t out = entry.find("Time").is_null() ? 0 : 14;
    for (const char* member : {"Source", "DetailType", "Detail"})
        out += entry.find(member).string().value_or("").size();
    for (const json::value arn : entry.find("Resources").elements()) out += arn.string().value_or("").size();
    return out;
}

service_error required(std::string_view member) {
    return events_error(
        "InvalidArgument",
        fmt::format("Parameter {0} is not valid. Reason: {0} is a required argument.", member));
}

wall_time time_of(json::value entry, wall_time now) {
    const json::value time = entry.find("Time");
    if (const auto seconds = time.number()) return from_unix_seconds(*seconds);
    if (const auto text = time.string())
        if (const auto read = parse_iso8601(*text)) return *read;
    return now;
}

event read_event(const operation_call& call, json::value entry) {
    event out;
    out.detail_type = text_of(entry, "DetailType");
    out.source = text_of(entry, "Source");
    out.account = call.who.account;
    out.time = time_of(entry, call.now);
    out.region = call.region;
    for (const json::value arn : entry.find("Resources").elements())
        out.resources.emplace_back(arn.string().value_or(""));
    out.detail = text_of(entry, "Detail");
    return out;
}

}  // namespace

std::optional<service_error> events_operations::check_entry(const operation_call& call, json::value entry) {
    for (const char* member : {"Source", "DetailType", "Detail"})
        if (text_of(entry, member).empty()) return required(member);
    if (text_of(entry, "Source").starts_with("aws."))
        return events_error("NotAuthorizedForSourceException", "Not authorized for the source.");
    const auto detail = json::document::parse(text_of(entry, "Detail"));
    if (!detail || !detail->root().is_object())
        return events_error("MalformedDetail", "Detail is malformed.");
    return authorise_entry(call, entry);
}

std::optional<service_error> events_operations::authorise_entry(const operation_call& call,
                                                                json::value entry) {
    const bus_key key = named_bus(call, text_of(entry, "EventBusName"));
    return authorise(call, key.arn(), buses_.find(key), entry);
}

service_reply events_operations::put_events(const operation_call& call) {
    const json::value entries = call.input.find("Entries");
    std::size_t bytes = 0;
    for (const json::value entry : entries.elements()) bytes += bytes_of(entry);
    if (bytes > max_put_bytes)
        return validation_exception("Total size of the entries in the request is over the limit.");
    // Of a bus of the caller's own account the whole call is refused, of another's the entry.
    for (const json::value entry : entries.elements())
        if (named_bus(call, text_of(entry, "EventBusName")).account == call.who.account)
            if (auto denied = authorise_entry(call, entry)) return *std::move(denied);
    std::size_t failed = 0;
    json::writer list;
    list.begin_array();
    for (const json::value entry : entries.elements()) {
        if (const auto wrong = check_entry(call, entry)) {
            ++failed;
            list.begin_object().member("ErrorCode", wrong->type).member("ErrorMessage", wrong->message);
            list.end_object();
            continue;
        }
        auto e = std::make_shared<event>(read_event(call, entry));
        e->id = make_uuid(random_).str();
        list.begin_object().member("EventId", e->id).end_object();
        // An event for a bus that is not there is accepted and gone, as in AWS.
        const bus_key key = named_bus(call, text_of(entry, "EventBusName"));
        bus* const on = key.region == call.region ? buses_.find(key) : nullptr;
        if (on != nullptr) match(*on, e, call.now, false);
    }
    list.end_array();
    json::writer out;
    out.begin_object().member("FailedEntryCount", failed).key("Entries").number_text(list.take());
    out.end_object();
    return out.take();
}

service_reply events_operations::test_event_pattern(const operation_call& call) {
    if (auto denied = authorise(call, "*", nullptr)) return std::move(*denied);
    const auto pattern = event_pattern::parse(text_of(call.input, "EventPattern"));
    if (!pattern) return invalid_pattern(pattern.error().message);
    const auto document = json::document::parse(text_of(call.input, "Event"));
    if (!document || !document->root().is_object())
        return validation_exception("Parameter Event is not valid. Reason: it is no JSON object.");
    for (const char* member : {"id", "account", "source", "time", "region", "resources", "detail-type"})
        if (document->root().find(member).is_null())
            return validation_exception(
                fmt::format("Parameter Event is not valid. Reason: {} is a required argument.", member));
    json::writer out;
    out.begin_object().member("Result", pattern->matches(document->root())).end_object();
    return out.take();
}

void events_operations::publish(event e, wall_time now) {
    bus* const on = buses_.find({e.account, e.region, std::string{default_bus}});
    e.id = make_uuid(random_).str();
    match(*on, std::make_shared<const event>(std::move(e)), now, false);
}

void events_operations::match(bus& on, const std::shared_ptr<const event>& e, wall_time now, bool forwarded) {
    if (on.rules.empty()) return;
    const auto parsed = json::document::parse(to_json(*e));
    if (!parsed) return;  // larger or deeper than a JSON document here may be
    for (const auto& [name, r] : on.rules)
        if (r.enabled() && r.pattern && r.pattern->matches(parsed->root())) invoke(on, r, e, now, forwarded);
}

void events_operations::invoke(const bus& on, const rule& r, const std::shared_ptr<const event>& e,
                               wall_time now, bool forwarded) {
    const std::string text = to_json(*e);
    const auto parsed = json::document::parse(text);
    if (!parsed) return;
    for (const auto& [id, t] : r.targets) {
        delivery d;
        d.rule_arn = r.arn;
        d.target_arn = t.arn;
        d.rule_account = on.key.account;
        d.kind = t.kind;
        d.what = e;
        d.body = t.body_of(parsed->root(), {r.name, r.arn, text, now});
        d.group_id = t.group_id;
        d.dead_letter_arn = t.dead_letter_arn;
        d.retry = t.retry;
        d.forwarded = forwarded;
        deliveries_.accept(std::move(d), now);
    }
}

void events_operations::fire(const bus& on, const rule& r, wall_time when, wall_time now) {
    auto e = std::make_shared<event>();
    e->id = make_uuid(random_).str();
    e->detail_type = "Scheduled Event";
    e->source = "aws.events";
    e->account = on.key.account;
    e->time = when;
    e->region = on.key.region;
    e->resources = {r.arn};
    e->detail = "{}";
    invoke(on, r, e, now, false);
}

delivery_outcome events_operations::forward(const delivery& d, wall_time now) {
    using kind = delivery_outcome::kind;
    if (d.forwarded)
        return {kind::refused, "THIRD_ACCOUNT_HOP_DETECTED", "An event goes from one bus to one other."};
    const auto key = parse_bus_arn(d.target_arn);
    bus* const on = key ? buses_.find(*key) : nullptr;
    if (on == nullptr) return {kind::refused, "NO_RESOURCE", "The event bus does not exist."};
    if (key->account != d.rule_account) {
        // The rule's account itself has to be let in: who made the rule is not known to the other side.
        const principal rule_owner{d.rule_account, "arn:aws:iam::" + d.rule_account.str() + ":root",
                                   d.rule_account.str()};
        const access what{"events:PutEvents", key->arn(), {{"aws:sourcearn", d.rule_arn}}};
        if (!open_authorizer::instance()
                 .authorize(rule_owner, what, key->account, on->policy.document(), now)
                 .allowed())
            return {kind::refused, "NO_PERMISSIONS", "The event bus's policy does not let the account in."};
    }
    match(*on, d.what, now, true);
    return {};
}

std::vector<delivery_command> events_operations::take(wall_time now) {
    for (const auto& due : buses_.take_due(now)) fire(*due.on, *due.what, due.when, now);
    std::vector<delivery_command> out;
    // A forwarded event may be due on the other bus at once; it is not forwarded again, so this ends.
    for (auto due = deliveries_.take(now); !due.empty(); due = deliveries_.take(now))
        for (delivery_command& c : due) {
            if (c.dead_letter || c.what.kind == target_kind::queue)
                out.push_back(std::move(c));
            else
                deliveries_.report(c.number, forward(c.what, now), now);
        }
    return out;
}

std::optional<wall_time> events_operations::next() const {
    const auto a = buses_.next(), b = deliveries_.next();
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace trainyard::aws::local::events
