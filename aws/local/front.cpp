#include "aws/local/front.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "aws/local/base/uuid.hpp"
#include "aws/local/front_call.hpp"
#include "aws/local/sqs/sqs_query.hpp"
#include "engine/base/check.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::aws::local {
namespace {

using claims_result = boost::system::result<sigv4::claims, sigv4::refused>;

// Views into the request; moves with nothing.
struct signed_view {
    explicit signed_view(const http::request& r) {
        headers.reserve(r.fields.size());
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

bool may_wait(const route& where) {
    return where.service == service_name::sqs && where.operation == "ReceiveMessage";
}

// Half of the answer is announced and never comes, at least one byte.
void truncate(http::response& answer) {
    const std::size_t kept = answer.body.size() / 2;
    answer.withheld = std::max<std::size_t>(1, answer.body.size() - kept);
    answer.body.resize(kept);
}

// As after AWS's own 500: the effect is unknown.
service_error not_kept(const route& where) {
    service_error e =
        framework_error(where, "InternalFailure", "The local AWS could not write its data file.");
    e.status = 500;
    e.sender_fault = false;
    return e;
}

http::response no_answer() {
    http::response out;
    out.status = 0;  // the server closes the connection
    return out;
}

}  // namespace

// A request is in flight for the life of this, however it ends.
class front::counted_request {
public:
    counted_request(front& f, const route& where) : front_(f), where_(where), began_(now()) {
        front_.metrics_.began();
    }
    ~counted_request() {
        front_.metrics_.ended(where_.service, where_.operation, how, now() - began_, may_wait(where_));
    }
    counted_request(const counted_request&) = delete;
    counted_request& operator=(const counted_request&) = delete;
    void ended_with(int status) {
        how = status < 400   ? outcome_class::ok
              : status < 500 ? outcome_class::client_error
                             : outcome_class::server_error;
    }

    outcome_class how = outcome_class::closed;

private:
    mono_time now() const { return front_.parts_.time.mono(); }
    front& front_;
    const route& where_;
    mono_time began_;
};

front::front(front_parts parts, bool verify_signatures)
    : parts_(std::move(parts)), verify_(verify_signatures), metrics_(parts_.registry) {}

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
        const service_handler& h = services_->handlers[static_cast<std::size_t>(row.name)];
        if (h.at_once || h.awaited) body.member(row.model().signing_name, "available");
    }
    body.end_object().member("verifies_signatures", verify_).end_object();
    out.body = body.take();
    return out;
}

front::caller front::believe(const service_set& services, const claims_result& claims) {
    const identity_store& identities = services.identities();
    caller out{identities.find("test")->who, region_name{"us-east-1"}};
    if (!claims) return out;
    if (is_region(claims->region)) out.region = region_name{claims->region};
    if (const auto known = identities.find(claims->access_key_id)) out.who = known->who;
    return out;
}

boost::system::result<front::caller, service_error> front::authenticate(
    const service_set& services, const http::request& request, const sigv4::request_view& view,
    const route& where, const claims_result& claims, wall_time now) {
    if (!verify_) return believe(services, claims);
    const bool presigned = where.form && request.method == "GET" && where.form->contains("X-Amz-Signature");
    if (!claims && needs_no_signature(where)) return caller{{}, region_name{"us-east-1"}};
    if (!claims && !presigned) return refusal_error(where, claims.error());
    // Clients sign by the real time, whatever the world skipped; keys expire by the world's.
    const duration skipped = parts_.time.skipped();
    sigv4::expectation expected{.service = to_string(where.service), .region = {}, .now = now - skipped};
    expected.tell_unknown_keys = true;  // as AWS does
    expected.allow_presigned = presigned;
    static constexpr std::array<std::string_view, 1> target{"x-amz-target"};
    if (where.protocol == protocol::json) expected.must_be_signed = target;
    // An endpoint of no service is refused after its signature was found right.
    if (where.service == service_name::other) expected.service = claims->service;
    std::shared_ptr<const identity_store::identity> known;
    sigv4::key_record by_real_time;
    const auto find_key = [&](std::string_view id) -> const sigv4::key_record* {
        known = services.identities().find(id);
        if (!known || !known->key.expires_at || skipped == duration::zero())
            return known ? &known->key : nullptr;
        by_real_time = known->key;
        *by_real_time.expires_at -= skipped;
        return &by_real_time;
    };
    const auto verified = verifier_.verify(view, expected, find_key);
    if (!verified) return refusal_error(where, verified.error());
    if (!is_region(verified->region))
        return refusal_error(where,
                             {sigv4::refusal::wrong_scope, "Credential should be scoped to a valid region."});
    ++counts_.verified;
    return caller{known->who, region_name{verified->region}};
}

task<service_reply> front::perform(const service_set& services, const route& where, operation_call call) {
    if (where.service == service_name::other) co_return unknown_operation(where);
    const service_handler& handler = services.handlers[static_cast<std::size_t>(where.service)];
    if (const auto text = services.forbids(to_string(where.service), call))
        co_return access_denied(where, *text);
    if (handler.at_once) co_return handler.at_once(call);
    if (!handler.awaited) co_return unknown_operation(where);
    auto reply = co_await handler.awaited(std::move(call));
    co_return reply;
}

task<bool> front::wait(std::chrono::milliseconds latency) {
    // Real time passes, whatever clock the world has.
    const mono_time until = io::real_clock().mono() + latency;
    const bool waited = co_await io::sleep_until(until);
    co_return waited;
}

task<http::response> front::answer(const service_set& services, const route& where,
                                   const http::request& request, const caller& from, counted_request& count) {
    const std::string request_id = make_request_id();
    const auto input = read_input(where, request);
    if (!input) {
        const service_reply refused = input.error();
        auto out = render(where, request, refused, request_id);
        count.ended_with(out.status);
        co_return out;
    }
    operation_call call{where.operation, input->root(),     from.who,
                        from.region,     base_url(request), parts_.time.wall()};
    if (const auto trace = request.fields.get("x-amzn-trace-id"); !trace.empty()) call.trace_header = trace;
    verdict v;
    if (!parts_.gate.idle()) {
        const auto is_fast = [&services](const operation_call& c, std::string_view queue) {
            return services.has_high_throughput(c, queue);
        };
        v = judge(parts_.gate, where, call, is_fast, parts_.time.mono());
    }
    if (!v.rule.empty()) metrics_.faulted(v.rule);
    if (v.latency.count() > 0) {
        const bool waited = co_await wait(v.latency);
        if (!waited) co_return no_answer();
        call.now = parts_.time.wall();
    }
    if (v.effect == fault_effect::closed) co_return no_answer();
    if (v.refused) {
        const service_reply refused = *v.refused;
        auto out = render(where, request, refused, request_id);
        count.ended_with(out.status);
        if (v.throttled) count.how = outcome_class::throttled;
        co_return out;
    }
    service_reply reply = co_await perform(services, where, std::move(call));
    if (parts_.kept) {
        const bool kept = co_await parts_.kept();
        if (!kept) reply = not_kept(where);
    }
    if (v.effect == fault_effect::answer_lost) co_return no_answer();
    service_reply written = write_output(where, std::move(reply), request_id);
    auto out = render(where, request, std::move(written), request_id);
    if (v.effect == fault_effect::answer_truncated)
        truncate(out);
    else
        count.ended_with(out.status);
    co_return out;
}

task<http::response> front::handle(http::request request) {
    ++counts_.requests;
    TY_CHECK(services_ != nullptr, "the front serves a set of services");
    const bool page =
        request.target == "/" || request.path() == "/_trainyard/health" || request.path() == "/metrics";
    if (request.method == "GET" && page && !request.fields.has("authorization"))
        co_return unsigned_page(request);
    if (parts_.control && request.path().starts_with("/_trainyard/")) {
        auto out = parts_.control(request);
        if (parts_.kept) co_await parts_.kept();  // a failure is told to every call of a service
        co_return out;
    }

    const std::shared_ptr<const service_set> services = services_;
    const signed_view view{request};
    const claims_result claims = sigv4::parse_authorization(view.view);
    const std::string_view scope_service = claims ? claims->service : std::string_view{};
    const route where = find_route(request, scope_service);
    counted_request count{*this, where};
    if (is_get_without_action(where, request)) {
        const service_reply nothing = no_query_action();
        count.how = outcome_class::client_error;
        co_return render(where, request, nothing, make_request_id());
    }
    const auto from = authenticate(*services, request, view.view, where, claims, parts_.time.wall());
    if (!from) {
        ++counts_.refused;
        count.how = outcome_class::refused;
        const service_reply refused = from.error();
        co_return render(where, request, refused, make_request_id());
    }
    const caller& who = *from;
    const service_set& set = *services;
    auto out = co_await answer(set, where, request, who, count);
    co_return out;
}

std::string front::make_request_id() {
    return make_uuid(parts_.random).str();
}

}  // namespace trainyard::aws::local
