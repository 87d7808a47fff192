#include "aws/transport/transport.hpp"

#include <algorithm>
#include <map>

#include "aws/transport/answer.hpp"
#include "aws/transport/retry.hpp"
#include "engine/io/event.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::aws {

namespace {

struct endpoint_state {
    duration skew{};  // how far the service's clock is ahead of ours
    retry_quota quota;
};

// What one attempt gave: an answer of any status, or why there is none.
struct attempt {
    std::optional<http::response> answer;
    api_error problem;
    bool timed_out = false;
    wall_time signed_at{};  // without the skew offset
};

api_error failed(const call& what, failure kind, std::string message) {
    api_error e;
    e.kind = kind;
    e.service = what.service;
    e.operation = what.operation;
    e.message = std::move(message);
    return e;
}

failure kind_of(errc code) {
    switch (code) {
        case errc::unreachable: return failure::unreachable;
        case errc::cancelled: return failure::cancelled;
        case errc::invalid_argument: return failure::invalid_request;
        default: return failure::effect_unknown;
    }
}

failure kind_of_credentials_error(errc code) {
    switch (code) {
        case errc::unreachable:
        case errc::timeout:
        case errc::io:
        case errc::limit: return failure::unreachable;  // of this call nothing was sent
        case errc::cancelled: return failure::cancelled;
        default: return failure::bad_credentials;
    }
}

result<http::request> make_signed_request(sigv4::signer& signer, const call& what,
                                          const sigv4::credentials& keys, wall_time when) {
    http::request out;
    out.method = "POST";
    out.target = what.endpoint.path.empty() ? "/" : what.endpoint.path;
    out.body = what.body;
    out.fields.set("host", what.endpoint.origin.authority());
    for (const auto& f : what.fields) out.fields.set(f.name, f.value);
    std::vector<sigv4::header_view> headers;
    headers.reserve(out.fields.size());
    for (const auto& f : out.fields) headers.push_back({f.name, f.value});
    const sigv4::request_view view{out.method, out.path(), out.query(), headers, out.body};
    const sigv4::scope where{what.endpoint.signing_region, what.service};
    const auto signature = signer.sign(view, keys, where, when);
    if (!signature) return signature.error();
    // None of them is there yet: the signer refuses a request that has one.
    for (const auto& h : signature->headers) out.fields.add(std::string{h.name}, std::string{h.value});
    // Unsigned on purpose: proxies rewrite it.
    out.fields.set("user-agent", "trainyard/" TRAINYARD_VERSION);
    return out;
}

const std::vector<double>& latency_buckets() {
    static const std::vector<double> edges{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25};
    return edges;
}

}  // namespace

struct transport::impl {
    http::client& client;
    const clock& time;
    metrics::registry& registry;
    rng random;
    sigv4::signer signer{};
    std::map<std::string, endpoint_state>
        endpoints;  // by authority; as many as there are configured endpoints

    task<attempt> try_once(const call& what, credentials_provider& who, credentials_snapshot& keys,
                           duration skew);
    void count(const call& what, std::string_view outcome, mono_time started);
};

task<attempt> transport::impl::try_once(const call& what, credentials_provider& who,
                                        credentials_snapshot& keys, duration skew) {
    attempt out;
    const mono_time until = std::min(what.deadline, time.mono() + what.attempt_timeout);
    auto got = co_await who.get(until);
    if (!got) {
        out.problem = failed(what, kind_of_credentials_error(got.error().code),
                             who.describe() + ": " + got.error().message);
        co_return out;
    }
    keys = *got;
    out.signed_at = time.wall();
    auto request = make_signed_request(signer, what, *keys, out.signed_at + skew);
    if (!request) {
        out.problem = failed(what, failure::invalid_request, request.error().message);
        co_return out;
    }
    http::origin to = what.endpoint.origin;
    const auto resent_before = client.stats().stale_retries;
    auto answer = co_await client.send(std::move(to), std::move(*request), what.lane, until);
    if (!answer) {
        out.timed_out = answer.error().code == errc::timeout;
        auto kind = kind_of(answer.error().code);
        // The client sends once more when a reused connection closes unanswered. When that second connection
        // cannot be opened it reports unreachable, yet the first copy was written and may have been executed.
        // The count is of all calls, so another call's retry may make this one cautious; never the other way
        // round.
        if (kind == failure::unreachable && client.stats().stale_retries != resent_before)
            kind = failure::effect_unknown;
        out.problem = failed(what, kind, answer.error().message);
        co_return out;
    }
    if (answer->status < 200 || answer->status > 299) {
        out.problem = read_error(what.service, what.operation, *answer);
    }
    out.answer = std::move(*answer);
    co_return out;
}

void transport::impl::count(const call& what, std::string_view outcome, mono_time started) {
    registry
        .get_counter(
            "aws_requests_total", "Calls to AWS by their outcome, retries not counted.",
            {{"service", what.service}, {"operation", what.operation}, {"outcome", std::string{outcome}}})
        .add();
    registry
        .get_histogram("aws_request_seconds", "Time of a call to AWS with its retries, in seconds.",
                       latency_buckets(), {{"service", what.service}, {"operation", what.operation}})
        .observe(std::chrono::duration<double>(time.mono() - started).count());
}

transport::transport(http::client& client, const clock& time, metrics::registry& registry, std::uint64_t seed)
    : impl_(new impl{client, time, registry, rng{seed}, {}, {}}) {}
transport::~transport() = default;

const clock& transport::time() const {
    return impl_->time;
}

task<api_result<http::response>> transport::send(call what, std::shared_ptr<credentials_provider> who) {
    impl& me = *impl_;
    const mono_time started = me.time.mono();
    auto& state = me.endpoints[what.endpoint.origin.authority()];
    retry_machine machine{{what.attempts_max, what.retry_unknown_effect, what.deadline}, state.quota};
    bool refreshed = false;
    bool corrected = false;
    for (;;) {
        credentials_snapshot keys;
        const duration skew = state.skew;
        attempt got = co_await me.try_once(what, *who, keys, skew);
        if (got.answer && got.problem.http_status == 0) {
            machine.succeeded();
            me.count(what, "ok", started);
            co_return std::move(*got.answer);
        }
        const api_error& problem = got.problem;
        bool again = false;
        // The service refused before it acted, so these two extra attempts are safe for every operation.
        if (got.answer && !refreshed && is_expired_token(problem.code, !keys->session_token.empty())) {
            refreshed = again = true;
            who->invalidate(*keys);
        } else if (got.answer && !corrected) {
            if (const auto ahead = skew_from(problem, *got.answer, got.signed_at, skew)) {
                corrected = again = true;
                state.skew = *ahead;
            }
        }
        if (!again) {
            const auto next = machine.failed(problem.kind, got.timed_out, me.time.mono(), me.random);
            if (next.again) {
                const mono_time until = me.time.mono() + next.pause;
                again = co_await io::sleep_until(until);
                if (!again)
                    got.problem = failed(what, failure::cancelled, "cancelled while waiting to retry");
            }
        }
        if (!again) {
            me.count(what, to_string(got.problem.kind), started);
            co_return got.problem;
        }
        me.registry
            .get_counter("aws_retries_total", "Further attempts of calls to AWS.",
                         {{"service", what.service}, {"operation", what.operation}})
            .add();
    }
}

call make_json_call(std::string service, std::string_view target, std::string_view version,
                    aws::endpoint endpoint, std::string body, mono_time deadline) {
    call out;
    out.service = std::move(service);
    out.operation = target.substr(target.rfind('.') + 1);
    out.endpoint = std::move(endpoint);
    out.fields.set("content-type", "application/x-amz-json-" + std::string{version});
    out.fields.set("x-amz-target", std::string{target});
    out.body = std::move(body);
    out.deadline = deadline;
    return out;
}

}  // namespace trainyard::aws
