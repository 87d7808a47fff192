#include "aws/local/front_protocol.hpp"

#include <algorithm>

#include "aws/local/model/query.hpp"
#include "aws/local/sqs/sqs_query.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {
namespace {

bool speaks_json(service_name s) {
    const service_row* const row = find_row(s);
    return row && !row->json_version.empty();
}

// The service of a request without X-Amz-Target.
service_name form_service(const std::optional<query_parameters>& form, const http::request& request,
                          std::string_view scope_service) {
    if (form)
        if (const auto version = form->find("Version"); version != form->end()) {
            const service_name s = by_query_version(version->second);
            if (s != service_name::other) return s;
        }
    const service_name s = by_signing_name(scope_service);
    if (s != service_name::other) return s;
    // Queues alone have paths of their own.
    if (is_queue_path(request.path())) return service_name::sqs;
    return request.method == "GET" ? service_name::other : service_name::sts;
}

// Where one service says "UnrecognizedClientException", another says "InvalidClientTokenId".
struct wording {
    std::string_view json;
    std::string_view query;
    int query_status;
};

wording words(sigv4::refusal why) {
    switch (why) {
        case sigv4::refusal::missing_token:
            return {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403};
        case sigv4::refusal::incomplete_signature:
            return {"IncompleteSignatureException", "IncompleteSignature", 400};
        case sigv4::refusal::unknown_key:
        case sigv4::refusal::invalid_token:
            return {"UnrecognizedClientException", "InvalidClientTokenId", 403};
        case sigv4::refusal::expired_token: return {"ExpiredTokenException", "ExpiredToken", 403};
        case sigv4::refusal::signature_expired:
        case sigv4::refusal::signature_not_yet_current:
        case sigv4::refusal::wrong_scope:
        case sigv4::refusal::does_not_match: break;
    }
    return {"InvalidSignatureException", "SignatureDoesNotMatch", 403};
}

std::string json_error(const route& where, const service_error& e) {
    const service_row* const row = find_row(where.service);
    const bool capital = row && std::find(row->capital_message.begin(), row->capital_message.end(), e.type) !=
                                    row->capital_message.end();
    json::writer out;
    out.begin_object().member("__type", e.type);
    out.member(capital ? "Message" : "message", e.message).end_object();
    return out.take();
}

void render_json_error(const route& where, const http::request& request, const service_error& e,
                       http::response& out) {
    out.status = e.status;
    out.body = json_error(where, e);
    if (!e.query_code.empty())
        out.fields.add("x-amzn-query-error", e.query_code + (e.sender_fault ? ";Sender" : ";Receiver"));
    const bool collapses = where.service == service_name::sqs && !request.fields.has("x-amzn-query-mode");
    if (collapses && e.status > 400 && e.status < 500) out.status = 400;
}

}  // namespace

route find_route(const http::request& request, std::string_view scope_service) {
    const std::string_view target = request.fields.get("x-amz-target");
    if (request.fields.count("x-amz-target") == 1) {
        const auto dot = target.find('.');
        std::string operation{dot == std::string_view::npos ? std::string_view{} : target.substr(dot + 1)};
        const service_name s = by_target_prefix(target.substr(0, dot));
        if (s != service_name::other) return {s, protocol::json, std::move(operation)};
        const service_name scoped = by_signing_name(scope_service);
        return {speaks_json(scoped) ? scoped : service_name::other, protocol::json, ""};
    }
    const bool has_form = request.fields.get("content-type").starts_with("application/x-www-form-urlencoded");
    if (!has_form && request.method != "GET") {
        const service_name s = by_signing_name(scope_service);
        if (s == service_name::other || speaks_json(s)) return {s, protocol::json, ""};
    }
    std::string fields{request.query()};
    if (has_form || request.method != "GET") fields += "&" + request.body;
    auto form = parse_form(fields);
    const service_name s = form_service(form, request, scope_service);
    const service_row* const row = find_row(s);
    if (!has_form && !(row && row->query)) return {s, protocol::json, "", std::move(form)};
    std::string action;
    if (form)
        if (const auto given = form->find("Action"); given != form->end()) action = given->second;
    return {s, protocol::query, std::move(action), std::move(form)};
}

service_error framework_error(const route& where, std::string_view type, std::string message) {
    const bool sqs = where.service == service_name::sqs;
    service_error e{400, std::string{type}, "", std::move(message), true};
    if (where.protocol == protocol::json && sqs) {
        e.query_code = type;
        e.type = "com.amazon.coral.service#" + e.type;
    }
    return e;
}

service_error unknown_operation(const route& where) {
    const service_row* const row = find_row(where.service);
    if (where.protocol == protocol::json)
        return framework_error(where, "UnknownOperationException",
                               row ? "" : "X-Amz-Target names no service of the local AWS.");
    if (!row || !row->query)
        return framework_error(where, "InvalidAction", "The service does not speak the Query protocol.");
    return framework_error(where, "InvalidAction",
                           "Could not find operation " + printable(where.operation, 128) + " for version " +
                               std::string{row->model().version});
}

service_error refusal_error(const route& where, const sigv4::refused& why) {
    const wording w = words(why.why);
    if (where.protocol == protocol::query)
        return {w.query_status, std::string{w.query}, std::string{w.query}, why.message, true};
    service_error e = framework_error(where, w.json, why.message);
    if (where.service == service_name::sqs) {
        e.query_code = w.query;
        e.status = w.query_status;
    }
    return e;
}

service_error access_denied(const route& where, std::string message) {
    const bool query = where.protocol == protocol::query;
    service_error e =
        framework_error(where, query ? "AccessDenied" : "AccessDeniedException", std::move(message));
    if (query || where.service == service_name::sqs) e.status = 403;
    if (!e.query_code.empty()) e.query_code = "AccessDenied";
    return e;
}

http::response render(const route& where, const http::request& request, service_reply reply,
                      std::string_view request_id) {
    http::response out;
    constexpr std::size_t usual_fields = 2, usual_bytes = 128;
    out.fields.reserve(usual_fields, usual_bytes);
    out.fields.add("x-amzn-RequestId", request_id);
    if (where.protocol == protocol::query) {
        out.fields.add("Content-Type", "text/xml");
        if (reply) {
            out.body = *std::move(reply);
            return out;
        }
        out.status = reply.error().status;
        const service_row* const row = find_row(where.service);
        const auto& model = row && row->query ? row->model() : model::sts_model();
        out.body = where.service == service_name::sqs ? sqs_query_error(reply.error(), request_id)
                                                      : model::error_answer(model, reply.error(), request_id);
        return out;
    }
    const std::string_view type = request.fields.get("content-type");
    const service_row* const row = find_row(where.service);
    std::string_view version = row && !row->json_version.empty() ? row->json_version : "1.1";
    constexpr std::string_view kind = "application/x-amz-json-";
    if (type.starts_with(kind))
        for (const std::string_view asked : {"1.0", "1.1"})
            if (type.substr(kind.size()).starts_with(asked)) version = asked;
    out.fields.add("Content-Type",
                   version == "1.0" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1");
    if (reply)
        out.body = *std::move(reply);
    else
        render_json_error(where, request, reply.error(), out);
    return out;
}

std::string base_url(const http::request& request) {
    const std::string_view host = request.fields.get("host");
    return "http://" + (host.empty() ? std::string{"localhost"} : std::string{host});
}

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

}  // namespace trainyard::aws::local
