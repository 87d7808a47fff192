#include "aws/local/front.hpp"

#include <array>
#include <optional>

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

}  // namespace

front::front(front_parts parts, bool verify_signatures) : parts_(parts), verify_(verify_signatures) {
    for (const service_name s :
         {service_name::sqs, service_name::sagemaker, service_name::sts, service_name::other})
        requests_[s] = parts_.registry.get_counter("local_requests_total", "Requests to the local AWS.",
                                                   {{"service", std::string{to_string(s)}}});
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
    for (const char* name : {"sagemaker", "sqs", "sts"}) body.member(name, "available");
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
    const bool presigned = where.service == service_name::sqs && where.form && request.method == "GET" &&
                           where.form->contains("X-Amz-Signature");
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

task<service_reply> front::handle_query(const route& where, const http::request& request, const caller& from,
                                        std::string_view request_id, wall_time now) {
    const bool sqs = where.service == service_name::sqs;
    if (!where.form)
        co_return sqs ? malformed_query_string()
                      : framework_error(where, "MalformedInput", "The body is not a well-formed form.");
    if (where.service == service_name::sts)
        co_return parts_.sts.handle(*where.form, from.who, request_id, now);
    if (!sqs)
        co_return framework_error(where, "InvalidAction",
                                  "The local AWS speaks the Query protocol for SQS and STS only.");
    const auto read = read_sqs_query(*where.form, request.path());
    if (!read) co_return read.error();
    const auto input = json::document::parse(read->input, query_input_limits());
    if (!input) co_return sqs_error::malformed_input(input.error().message);
    operation_call call{read->operation, input->root(), from.who, from.region, base_url(request), now};
    const auto reply = co_await parts_.sqs.handle(std::move(call));
    if (!reply) co_return reply.error();
    co_return sqs_query_answer(read->operation, *reply, request_id);
}

task<service_reply> front::handle_json(const route& where, const http::request& request, const caller& from,
                                       wall_time now) {
    if (where.operation.empty())
        co_return framework_error(where, "UnknownOperationException",
                                  "X-Amz-Target names no operation of SQS or SageMaker.");
    // The server's own limit bounds a body: escapes make a message of 1 MiB three times as long, and one that
    // is too long gets SQS's own error.
    const json::limits any_body{.bytes = request.body.size(), .string = request.body.size()};
    const auto document = json::document::parse(request.body, any_body);
    if (!document) co_return framework_error(where, "SerializationException", document.error().message);
    if (!document->root().is_object())
        co_return framework_error(where, "SerializationException", "The body must be a JSON object.");
    operation_call call{where.operation, document->root(), from.who, from.region, base_url(request), now};
    if (where.service == service_name::sagemaker) co_return parts_.sagemaker.handle(call);
    auto reply = co_await parts_.sqs.handle(std::move(call));
    co_return reply;
}

task<http::response> front::handle(http::request request) {
    ++counts_.requests;
    const bool page =
        request.target == "/" || request.path() == "/_trainyard/health" || request.path() == "/metrics";
    if (request.method == "GET" && page && !request.fields.has("authorization"))
        co_return unsigned_page(request);

    const wall_time now = parts_.time.wall();
    const std::string request_id = make_request_id();
    const signed_view view{request};
    const claims_result claims = sigv4::parse_authorization(view.view);
    const std::string_view scope_service = claims ? claims->service : std::string_view{};
    const route where = find_route(request, scope_service);
    requests_[where.service].add();
    if (is_get_without_action(where, request)) {
        const service_reply nothing = no_query_action();
        co_return render(where, request, nothing, request_id);
    }
    const auto from = authenticate(request, where, claims, now);
    if (!from) {
        ++counts_.refused;
        refused_.add();
        const service_reply refused = from.error();
        co_return render(where, request, refused, request_id);
    }
    if (where.protocol == protocol::query) {
        const caller& who = *from;
        const service_reply reply = co_await handle_query(where, request, who, request_id, now);
        co_return render(where, request, reply, request_id);
    }
    const caller& who = *from;
    const service_reply reply = co_await handle_json(where, request, who, now);
    co_return render(where, request, reply, request_id);
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
