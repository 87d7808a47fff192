#include "aws/local/front.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "aws/local/front_call.hpp"
#include "aws/local/sqs/sqs_query.hpp"

namespace trainyard::aws::local {
namespace {

using claims_result = boost::system::result<sigv4::claims, sigv4::refused>;

// Views into the request; moves with nothing.
struct signed_view {
    explicit signed_view(const http::request& r) {
        for (const auto& f : r.fields) headers.push_back({f.name, f.value});
        view = {r.method, r.path(), r.query(), headers, r.body};
    }
    signed_view(const signed_view&) = delete;
    signed_view& operator=(const signed_view&) = delete;
    std::vector<sigv4::header_view> headers;
    sigv4::request_view view;
};

// AWS answers it before it looks who asks.
bool is_get_without_action(const route& where, const http::request& request) {
    return where.service == service_name::sqs && where.protocol == protocol::query &&
           request.method == "GET" && where.form && !where.form->contains("Action");
}

bool needs_no_signature(const route& where) {
    const service_row* const row = find_row(where.service);
    return row && std::find(row->unsigned_operations.begin(), row->unsigned_operations.end(),
                            where.operation) != row->unsigned_operations.end();
}

}  // namespace

front::front(front_parts parts, bool verify_signatures)
    : parts_(std::move(parts)), verify_(verify_signatures) {
    for (std::size_t s = 0; s < requests_.size(); ++s)
        requests_[s] =
            parts_.registry.get_counter("local_requests_total", "Requests to the local AWS.",
                                        {{"service", std::string{to_string(static_cast<service_name>(s))}}});
    refused_ = parts_.registry.get_counter("local_signatures_refused_total",
                                           "Requests that the local AWS refused for their signature.");
}

http::response front::unsigned_page(const http::request& request) const {
    http::response out;
    if (request.path() == "/metrics") {
        out.fields.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        out.body = parts_.registry.text();
        return out;
    }
    out.fields.add("Content-Type", "application/json");
    json::writer body;
    body.begin_object().key("services").begin_object();
    for (const service_row& row : service_table()) {
        const service_handler& h = parts_.handlers[static_cast<std::size_t>(row.name)];
        if (h.at_once || h.awaited) body.member(row.model().signing_name, "available");
    }
    body.end_object().member("verifies_signatures", verify_).end_object();
    out.body = body.take();
    return out;
}

front::caller front::believe(const claims_result& claims) const {
    caller out{parts_.identities.find("test")->who, region_name{"us-east-1"}};
    if (!claims) return out;
    if (is_region(claims->region)) out.region = region_name{claims->region};
    if (const auto known = parts_.identities.find(claims->access_key_id)) out.who = known->who;
    return out;
}

boost::system::result<front::caller, service_error> front::authenticate(const http::request& request,
                                                                        const route& where,
                                                                        const claims_result& claims,
                                                                        wall_time now) {
    if (!verify_) return believe(claims);
    const bool presigned = where.form && request.method == "GET" && where.form->contains("X-Amz-Signature");
    if (!claims && needs_no_signature(where)) return caller{{}, region_name{"us-east-1"}};
    if (!claims && !presigned) return refusal_error(where, claims.error());
    const signed_view view{request};
    sigv4::expectation expected{.service = to_string(where.service), .region = {}, .now = now};
    expected.tell_unknown_keys = true;  // as AWS does
    expected.allow_presigned = presigned;
    static constexpr std::array<std::string_view, 1> target{"x-amz-target"};
    if (where.protocol == protocol::json) expected.must_be_signed = target;
    // An endpoint of no service is refused after its signature was found right.
    if (where.service == service_name::other) expected.service = claims->service;
    std::optional<identity_store::identity> known;
    const auto find_key = [this, &known](std::string_view id) {
        known = parts_.identities.find(id);
        return known ? &known->key : nullptr;
    };
    const auto verified = verifier_.verify(view.view, expected, find_key);
    if (!verified) return refusal_error(where, verified.error());
    if (!is_region(verified->region))
        return refusal_error(where,
                             {sigv4::refusal::wrong_scope, "Credential should be scoped to a valid region."});
    ++counts_.verified;
    return caller{known->who, region_name{verified->region}};
}

task<service_reply> front::perform(const route& where, operation_call call) {
    if (where.service == service_name::other) co_return unknown_operation(where);
    const service_handler& handler = parts_.handlers[static_cast<std::size_t>(where.service)];
    if (handler.at_once) co_return handler.at_once(call);
    if (!handler.awaited) co_return unknown_operation(where);
    auto reply = co_await handler.awaited(std::move(call));
    co_return reply;
}

task<http::response> front::answer(const route& where, const http::request& request, const caller& from,
                                   wall_time now) {
    const std::string request_id = make_request_id();
    const auto input = read_input(where, request);
    if (!input) {
        const service_reply refused = input.error();
        co_return render(where, request, refused, request_id);
    }
    operation_call call{where.operation, input->root(), from.who, from.region, base_url(request), now};
    service_reply reply = co_await perform(where, std::move(call));
    const service_reply written = write_output(where, std::move(reply), request_id);
    co_return render(where, request, written, request_id);
}

task<http::response> front::handle(http::request request) {
    ++counts_.requests;
    const bool page =
        request.target == "/" || request.path() == "/_trainyard/health" || request.path() == "/metrics";
    if (request.method == "GET" && page && !request.fields.has("authorization"))
        co_return unsigned_page(request);

    const wall_time now = parts_.time.wall();
    const signed_view view{request};
    const claims_result claims = sigv4::parse_authorization(view.view);
    const std::string_view scope_service = claims ? claims->service : std::string_view{};
    const route where = find_route(request, scope_service);
    requests_[static_cast<std::size_t>(where.service)].add();
    if (is_get_without_action(where, request)) {
        const service_reply nothing = no_query_action();
        co_return render(where, request, nothing, make_request_id());
    }
    const auto from = authenticate(request, where, claims, now);
    if (!from) {
        ++counts_.refused;
        refused_.add();
        const service_reply refused = from.error();
        co_return render(where, request, refused, make_request_id());
    }
    const caller& who = *from;
    auto out = co_await answer(where, request, who, now);
    co_return out;
}

std::string front::make_request_id() {
    // A random UUID (RFC 9562, version 4).
    std::string hex;
    for (int i = 0; i < 32; ++i) hex += "0123456789abcdef"[parts_.random.below(16)];
    hex[12] = '4';
    hex[16] = "89ab"[parts_.random.below(4)];
    for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
    return hex;
}

}  // namespace trainyard::aws::local
