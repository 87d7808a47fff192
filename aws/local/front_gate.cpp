#include "aws/local/front_gate.hpp"

#include "aws/local/sqs/sqs_error.hpp"

namespace trainyard::aws::local {
namespace {

service_error throttled(const route& where) {
    const std::string text = "Rate exceeded";
    switch (where.service) {
        case service_name::sqs: {
            service_error e = sqs_error::plain("RequestThrottled", 403, text);
            return e;
        }
        case service_name::quotas: return {429, "TooManyRequestsException", "", text, true};
        default: break;
    }
    return where.protocol == protocol::query ? framework_error(where, "Throttling", text)
                                             : framework_error(where, "ThrottlingException", text);
}

service_error denied(const route& where, const operation_call& call) {
    const std::string text = "User: " + call.who.arn +
                             " is not authorized to perform: " + std::string{to_string(where.service)} + ":" +
                             call.operation;
    if (where.protocol == protocol::query || where.service == service_name::sqs) {
        service_error e = framework_error(
            where, where.protocol == protocol::query ? "AccessDenied" : "AccessDeniedException", text);
        e.query_code = "AccessDenied";
        e.status = 403;
        return e;
    }
    service_error e = framework_error(where, "AccessDeniedException", text);
    if (where.service == service_name::quotas) e.status = 403;
    return e;
}

service_error server_fault(const route& where, int status, std::string_view type, std::string text) {
    service_error e = framework_error(where, type, std::move(text));
    e.status = status;
    e.sender_fault = false;
    return e;
}

service_error own_error(const route& where, service_error e) {
    if (where.service == service_name::sqs) e.query_code = e.type.substr(e.type.find('#') + 1);
    return e;
}

std::optional<service_error> error_of(const fault_rule& rule, const route& where,
                                      const operation_call& call) {
    switch (rule.effect) {
        case fault_effect::throttle: return throttled(where);
        case fault_effect::internal_failure:
            return server_fault(where, 500, "InternalFailure",
                                "We encountered an internal error. Please try again.");
        case fault_effect::service_unavailable:
            return server_fault(where, 503, "ServiceUnavailable", "Service is unable to handle request.");
        case fault_effect::expired_token:
            return refusal_error(where, {sigv4::refusal::expired_token,
                                         "The security token included in the request is expired"});
        case fault_effect::access_denied: return denied(where, call);
        case fault_effect::error: return own_error(where, rule.error);
        case fault_effect::none:
        case fault_effect::answer_lost:
        case fault_effect::answer_truncated:
        case fault_effect::closed: break;
    }
    return std::nullopt;
}

std::string behind_last(std::string_view text, std::string_view separators) {
    const auto at = text.find_last_of(separators);
    return std::string{at == std::string_view::npos ? text : text.substr(at + 1)};
}

}  // namespace

std::string resource_of(const route& where, const operation_call& call) {
    if (where.service == service_name::sqs) {
        if (const auto url = call.input.find("QueueUrl").string()) return behind_last(*url, "/");
        if (const auto arn = call.input.find("SourceArn").string()) return behind_last(*arn, ":");
        return std::string{call.input.find("QueueName").string().value_or("")};
    }
    const service_row* const row = find_row(where.service);
    const auto* const operation = row ? row->model().find(call.operation) : nullptr;
    if (!operation || operation->input == model::no_shape) return {};
    const auto& model = row->model();
    for (const model::member& m : model.members_of(model.at(operation->input))) {
        if (!m.required) continue;
        const auto text = call.input.find(m.name).string();
        if (!text) continue;
        if (m.name.ends_with("Arn")) return behind_last(*text, "/:");
        if (m.name.ends_with("Name") || m.name == "Rule" || m.name == "QuotaCode") return std::string{*text};
    }
    return {};
}

verdict judge(gate& g, const route& where, const operation_call& call,
              const std::function<bool(const operation_call&, std::string_view)>& queue_is_fast,
              mono_time mono) {
    const std::string resource = resource_of(where, call);
    const call_site site{to_string(where.service), call.operation, call.who.account.str(), call.region.str(),
                         resource};
    verdict out;
    if (!g.rates.empty()) {
        const bool fast = where.service == service_name::sqs && resource.ends_with(".fifo") &&
                          queue_is_fast && queue_is_fast(call, resource);
        const auto limit = g.rates.find(site, fast);
        if (limit && !g.buckets.take(site, *limit, mono)) {
            out.throttled = true;
            out.refused = throttled(where);
            return out;
        }
    }
    const auto fault = g.faults.decide(site, call.now);
    if (!fault.rule) return out;
    out.latency = fault.latency;
    out.effect = fault.rule->effect;
    out.rule = fault.rule->name;
    out.refused = error_of(*fault.rule, where, call);
    return out;
}

}  // namespace trainyard::aws::local
