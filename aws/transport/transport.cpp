#include "aws/transport/transport.hpp"

#include <algorithm>
#include <map>

#include "aws/transport/answer.hpp"
#include "aws/transport/call_machine.hpp"
#include "aws/transport/call_metrics.hpp"
#include "aws/transport/channels.hpp"
#include "aws/transport/repeat.hpp"
#include "aws/transport/signed_request.hpp"
#include "engine/io/event.hpp"

namespace trainyard::aws {

namespace {

// What one attempt gave: an answer of any status, or why there is none.
struct attempt {
    std::optional<http::response> answer;
    std::optional<api_error> problem;  // none: the answer is a success
    bool sent = false;                 // the endpoint came into play
    bool timed_out = false;
    bool temporary_credentials = false;
    wall_time signed_at{};  // without the skew
    duration skew{};        // that was applied

    attempt_end facts() const {
        attempt_end out;
        if (problem) out.problem = &*problem;
        if (answer) out.answer = &*answer;
        out.sent = sent;
        out.timed_out = timed_out;
        out.temporary_credentials = temporary_credentials;
        out.signed_at = signed_at;
        out.skew = skew;
        return out;
    }
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

}  // namespace

struct transport::impl {
    http::client& client;
    const clock& time;
    retry_settings retries;
    rng random;
    call_metrics counts;
    channels shared;
    // How far a service's clock is ahead of ours. As many as there are endpoints in the configuration.
    std::map<http::origin, duration> skews;
    sigv4::signer signer{};

    task<attempt> try_once(const call& what, credentials_provider& who, credentials_snapshot& keys);
    task<void> exchange(const call& what, http::request request, mono_time until, attempt& out);
    task<attempt> attempt_all(const call& what, credentials_provider& who, channel& state);
    task<bool> prepare_next(const call& what, const call_machine::step& next, credentials_provider& who,
                            const credentials_snapshot& keys);
};

task<void> transport::impl::exchange(const call& what, http::request request, mono_time until, attempt& out) {
    http::origin to = what.endpoint.origin;
    const bool resend = may_resend(what);
    auto answer = co_await client.send(std::move(to), std::move(request), what.lane, until, resend);
    out.sent = true;
    if (!answer) {
        out.timed_out = answer.error().code == errc::timeout;
        const auto kind = kind_of(answer.error().code);
        out.problem = failed(what, kind, answer.error().message);
        co_return;
    }
    if (answer->status < 200 || answer->status > 299)
        out.problem = read_error(what.service, what.operation, *answer);
    out.answer = std::move(*answer);
}

task<attempt> transport::impl::try_once(const call& what, credentials_provider& who,
                                        credentials_snapshot& keys) {
    attempt out;
    const mono_time until = std::min(what.deadline, time.mono() + what.attempt_timeout);
    auto got = co_await who.get(until);
    if (!got) {
        out.problem = failed(what, kind_of_credentials_error(got.error().code),
                             who.describe() + ": " + got.error().message);
        co_return out;
    }
    keys = *got;
    out.temporary_credentials = !keys->session_token.empty();
    out.signed_at = time.wall();
    if (const auto known = skews.find(what.endpoint.origin); known != skews.end()) out.skew = known->second;
    auto request = make_signed_request(signer, what, *keys, out.signed_at + out.skew);
    if (!request) {
        out.problem = failed(what, failure::invalid_request, request.error().message);
        co_return out;
    }
    co_await exchange(what, std::move(*request), until, out);
    co_return out;
}

// False when a wait was cancelled.
task<bool> transport::impl::prepare_next(const call& what, const call_machine::step& next,
                                         credentials_provider& who, const credentials_snapshot& keys) {
    using verdict = call_machine::step::verdict;
    counts.retried(what.service, what.operation);
    if (next.what == verdict::refresh) {
        who.invalidate(*keys);
    } else if (next.what == verdict::correct_skew) {
        skews[what.endpoint.origin] = next.skew;
        counts.skew_changed(what.endpoint.origin.authority(),
                            std::chrono::duration<double>(next.skew).count());
    } else {
        const mono_time until = time.mono() + next.pause;
        const bool slept = co_await io::sleep_until(until);
        if (!slept) co_return false;
    }
    if (!what.turn_of_repeat) co_return true;
    const mono_time turn = std::min(what.turn_of_repeat(), what.deadline);
    co_return co_await io::sleep_until(turn);
}

// The attempt that ends the call.
task<attempt> transport::impl::attempt_all(const call& what, credentials_provider& who, channel& state) {
    const int attempts_max = what.attempts_max > 0 ? what.attempts_max : retries.attempts_max;
    call_machine machine{{attempts_max, what.retry_unknown_effect, what.deadline},
                         retries.mode,
                         state,
                         only_reads(what.operation)};
    attempt last;
    for (;;) {
        const auto gate = machine.before(time.mono(), random);
        if (gate.what == call_machine::gate::verdict::refuse) {
            if (!last.problem) last.problem = failed(what, gate.kind, gate.why);
            break;
        }
        bool going_on = true;
        if (gate.what == call_machine::gate::verdict::wait) {
            const mono_time until = time.mono() + gate.pause;
            going_on = co_await io::sleep_until(until);
        } else {
            credentials_snapshot keys;
            last = co_await try_once(what, who, keys);
            const auto next = machine.after(last.facts(), time.mono(), random);
            if (next.circuit_opened) counts.circuit_opened(what.service, what.operation);
            if (next.what == call_machine::step::verdict::succeeded) co_return last;
            if (next.what == call_machine::step::verdict::give_up) break;
            going_on = co_await prepare_next(what, next, who, keys);
        }
        if (!going_on) {
            last.problem = failed(what, failure::cancelled, "cancelled while waiting to go out");
            break;
        }
    }
    last.problem->kind = machine.outcome(last.problem->kind);
    co_return last;
}

transport::transport(http::client& client, const clock& time, metrics::registry& registry, std::uint64_t seed,
                     retry_settings retries)
    : impl_(new impl{client, time, std::move(retries), rng{seed}, call_metrics{registry}, {}, {}, {}}) {}
transport::~transport() = default;

const clock& transport::time() const {
    return impl_->time;
}

task<api_result<http::response>> transport::send(call what, std::shared_ptr<credentials_provider> who) {
    auto answer = co_await send_kept(what, std::move(who));
    co_return answer;
}

task<api_result<http::response>> transport::send_kept(const call& what,
                                                      std::shared_ptr<credentials_provider> who) {
    impl& me = *impl_;
    const mono_time started = me.time.mono();
    const auto state = me.shared.find(who, what, started);
    attempt last = co_await me.attempt_all(what, *who, *state);
    const std::chrono::duration<double> took = me.time.mono() - started;
    if (last.problem) {
        me.counts.ended(what.service, what.operation, last.problem->kind, took.count());
        co_return std::move(*last.problem);
    }
    me.counts.ended(what.service, what.operation, {}, took.count());
    co_return std::move(*last.answer);
}

}  // namespace trainyard::aws
