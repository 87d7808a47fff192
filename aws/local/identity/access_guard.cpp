#include "aws/local/identity/access_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/local/identity/iam_answer.hpp"
#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

// A resource in the caller's account and region.
std::string regional(const operation_call& call, std::string_view service, std::string_view resource) {
    return fmt::format("arn:aws:{}:{}:{}:{}", service, call.region.str(), call.who.account.str(), resource);
}

std::vector<access> of_sqs(const operation_call& call) {
    if (call.operation == "ListQueues") return {{"sqs:ListQueues", regional(call, "sqs", "*"), {}}};
    if (call.operation != "CreateQueue") return {};
    access create{"sqs:CreateQueue", regional(call, "sqs", text_of(call.input, "QueueName")), {}};
    add_request_tags(create.context, call.input.find("tags"));
    return {std::move(create)};
}

std::vector<access> of_sts(const operation_call& call) {
    if (call.operation == "GetAccessKeyInfo") return {{"sts:GetAccessKeyInfo", "*", {}}};
    if (call.operation != "GetFederationToken") return {};
    access token{
        "sts:GetFederationToken",
        fmt::format("arn:aws:sts::{}:federated-user/{}", call.who.account.str(), text_of(call.input, "Name")),
        {}};
    add_request_tags(token.context, call.input.find("Tags"));
    return {std::move(token)};
}

// The entity that an operation of IAM is about; new ones by their path, old ones as they are stored.
std::string iam_resource(const operation_call& call, const iam_store& iam) {
    const std::string head = fmt::format("arn:aws:iam::{}:", call.who.account.str());
    const iam_account* account = iam.find_account(call.who.account);
    std::string path = text_of(call.input, "Path");
    if (path.empty()) path = "/";
    if (const std::string name = text_of(call.input, "RoleName"); !name.empty()) {
        const auto* known =
            account && account->roles.contains(name) ? &account->roles.find(name)->second : nullptr;
        return known ? known->arn : head + "role" + path + name;
    }
    if (const std::string name = text_of(call.input, "UserName"); !name.empty()) {
        const auto* known =
            account && account->users.contains(name) ? &account->users.find(name)->second : nullptr;
        return known ? known->arn : head + "user" + path + name;
    }
    for (const char* member : {"PolicyArn", "OpenIDConnectProviderArn", "PolicySourceArn"})
        if (const std::string arn = text_of(call.input, member); !arn.empty()) return arn;
    if (const std::string name = text_of(call.input, "PolicyName"); !name.empty())
        return head + "policy" + path + name;
    if (const std::string url = text_of(call.input, "Url"); url.starts_with("https://"))
        return head + "oidc-provider/" + url.substr(8);
    // Without a name the caller means itself.
    constexpr std::array<std::string_view, 5> own{"GetUser", "CreateAccessKey", "DeleteAccessKey",
                                                  "ListAccessKeys", "UpdateAccessKey"};
    return std::find(own.begin(), own.end(), call.operation) == own.end() ? "*" : call.who.arn;
}

std::vector<access> of_iam(const operation_call& call, const iam_store& iam) {
    access what{fmt::format("iam:{}", call.operation), iam_resource(call, iam), {}};
    add_request_tags(what.context, call.input.find("Tags"));
    if (const std::string arn = text_of(call.input, "PolicyArn"); !arn.empty())
        what.context.emplace("iam:policyarn", arn);
    if (const std::string arn = text_of(call.input, "PermissionsBoundary"); !arn.empty())
        what.context.emplace("iam:permissionsboundary", arn);
    std::vector<access> out{what};
    // Tags on create need the permission to tag, as well.
    const bool creates = call.operation.starts_with("Create") && call.input.find("Tags").size() > 0;
    if (creates)
        out.push_back({fmt::format("iam:Tag{}", call.operation.substr(6)), what.resource, what.context});
    return out;
}

std::string event_bus_of(const operation_call& call, std::string_view member) {
    const std::string bus = text_of(call.input, member);
    return bus.empty() ? "default" : bus;
}

std::vector<access> of_events(const operation_call& call) {
    access what{fmt::format("events:{}", call.operation), "*", {}};
    add_request_tags(what.context, call.input.find("Tags"));
    if (call.operation == "PutEvents") {
        std::vector<access> out;
        for (const json::value entry : call.input.find("Entries").elements()) {
            const std::string bus = text_of(entry, "EventBusName");
            what.resource = bus.starts_with("arn:")
                                ? bus
                                : regional(call, "events", "event-bus/" + (bus.empty() ? "default" : bus));
            what.context.insert_or_assign("events:source", text_of(entry, "Source"));
            what.context.insert_or_assign("events:detail-type", text_of(entry, "DetailType"));
            out.push_back(what);
        }
        return out;
    }
    const std::string rule = text_of(
        call.input,
        call.operation.ends_with("Targets") || call.operation == "ListTargetsByRule" ? "Rule" : "Name");
    if (const std::string arn = text_of(call.input, "ResourceARN"); !arn.empty())
        what.resource = arn;
    else if (call.operation.ends_with("EventBus"))
        what.resource = regional(call, "events", "event-bus/" + event_bus_of(call, "Name"));
    else if (call.operation.ends_with("Permission"))
        what.resource = regional(call, "events", "event-bus/" + event_bus_of(call, "EventBusName"));
    else if (!rule.empty()) {
        const std::string bus = event_bus_of(call, "EventBusName");
        const std::string name = bus.substr(bus.rfind('/') + 1);  // of a name or an ARN
        what.resource =
            regional(call, "events", name == "default" ? "rule/" + rule : "rule/" + name + "/" + rule);
    }
    std::vector<std::string> targets;
    for (const json::value t : call.input.find("Targets").elements()) targets.push_back(text_of(t, "Arn"));
    if (!targets.empty()) what.context.emplace("events:targetarn", std::move(targets));
    return {std::move(what)};
}

std::vector<access> of_quotas(const operation_call& call) {
    access what{fmt::format("servicequotas:{}", call.operation), "*", {}};
    if (call.operation == "RequestServiceQuotaIncrease")
        what.resource = regional(call, "servicequotas",
                                 text_of(call.input, "ServiceCode") + "/" + text_of(call.input, "QuotaCode"));
    if (const std::string arn = text_of(call.input, "ResourceARN"); !arn.empty()) what.resource = arn;
    what.context.emplace("servicequotas:service", text_of(call.input, "ServiceCode"));
    return {std::move(what)};
}

}  // namespace

void add_request_tags(policy_context& context, json::value tags) {
    std::vector<std::string> keys;
    const auto add = [&](const std::string& key, std::string value) {
        keys.push_back(key);
        context.insert_or_assign("aws:requesttag/" + lower(key), std::move(value));
    };
    for (const json::value t : tags.elements()) add(text_of(t, "Key"), text_of(t, "Value"));
    const auto map = tags.members();
    for (auto at = map.begin(); at != map.end(); ++at)
        add(std::string{at.key()}, std::string{(*at).string().value_or("")});
    if (!keys.empty()) context.insert_or_assign("aws:tagkeys", std::move(keys));
}

std::vector<access> required_access(std::string_view service, const operation_call& call,
                                    const iam_store& iam) {
    std::vector<access> out;
    if (service == "sqs") out = of_sqs(call);
    if (service == "sts") out = of_sts(call);
    if (service == "iam") out = of_iam(call, iam);
    if (service == "events") out = of_events(call);
    if (service == "servicequotas") out = of_quotas(call);
    if (service == "sagemaker") out = required_sagemaker_access(call);
    for (access& a : out) a.context.emplace("aws:requestedregion", call.region.str());
    return out;
}

std::optional<std::string> forbidden(const authorizer& permissions, std::string_view service,
                                     const operation_call& call, const iam_store& iam) {
    for (const access& a : required_access(service, call, iam)) {
        const auto decision = permissions.authorize(call.who, a, call.who.account, nullptr, call.now);
        if (!decision.allowed()) return denial_text(call.who, a, decision);
    }
    return std::nullopt;
}

}  // namespace trainyard::aws::local
