#include "aws/transport/call_machine.hpp"

#include <algorithm>

#include "aws/transport/answer.hpp"

namespace trainyard::aws {

namespace {

std::string seconds_text(duration d) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(d).count()) + " s";
}

}  // namespace

void call_machine::stop_waiting() {
    if (waiting_) shared_->limiter.leave();
    waiting_ = false;
}

call_machine::gate call_machine::ask_limiter(mono_time now) {
    gate out;
    const duration pause = shared_->limiter.wait(now, waiting_);
    if (pause == duration{}) {
        stop_waiting();
    } else if (now + pause >= deadline_) {
        stop_waiting();
        out.what = gate::verdict::refuse;
        out.kind = failure::throttled;
        out.why = "not sent: after throttling, the client's own rate limit lets it go in " +
                  seconds_text(pause) + ", which is past its deadline";
    } else {
        if (!waiting_) shared_->limiter.join();
        waiting_ = true;
        out.what = gate::verdict::wait;
        out.pause = std::min(pause, limiter_wait_max);
    }
    return out;
}

call_machine::gate call_machine::before(mono_time now, rng& random) {
    gate out;
    if (mode_ == retry_mode::adaptive) {
        out = ask_limiter(now);
        if (out.what != gate::verdict::go) return out;
    }
    const auto circuit = shared_->circuit.ask(now, random);
    if (circuit == breaker::verdict::refuse) {
        out.what = gate::verdict::refuse;
        out.why = "not sent: the endpoint has failed again and again; the next try goes out in " +
                  seconds_text(shared_->circuit.next_probe() - now);
        return out;
    }
    probe_ = circuit == breaker::verdict::probe;
    if (mode_ == retry_mode::adaptive) shared_->limiter.take(now);
    return out;
}

// What the attempt says about the endpoint. True when the circuit opened.
bool call_machine::report(const attempt_end& end, mono_time now, rng& random) {
    const failure kind = end.problem == nullptr ? failure::cancelled : end.problem->kind;
    if (!end.sent || (end.problem != nullptr && kind == failure::cancelled)) return false;
    if (mode_ == retry_mode::adaptive) shared_->limiter.ended(kind == failure::throttled, now);
    if (end.problem != nullptr &&
        (kind == failure::unreachable || kind == failure::effect_unknown || kind == failure::service_fault))
        return shared_->circuit.failed(probe_, now, random);
    shared_->circuit.answered();
    return false;
}

call_machine::step call_machine::after(const attempt_end& end, mono_time now, rng& random) {
    step out;
    out.circuit_opened = report(end, now, random);
    if (end.problem == nullptr) {
        retries_.succeeded();
        out.what = step::verdict::succeeded;
        return out;
    }
    const api_error& problem = *end.problem;
    maybe_executed_ = maybe_executed_ || problem.may_have_executed();
    // The service refused before it acted, so these two extra attempts are safe for every operation.
    if (end.answer != nullptr && !refreshed_ && is_expired_token(problem.code, end.temporary_credentials)) {
        refreshed_ = true;
        out.what = step::verdict::refresh;
        return out;
    }
    if (end.answer != nullptr && !corrected_) {
        if (const auto ahead = skew_from(problem, *end.answer, end.signed_at, end.skew)) {
            corrected_ = true;
            out.what = step::verdict::correct_skew;
            out.skew = *ahead;
            return out;
        }
    }
    const auto wish = end.answer == nullptr ? std::optional<duration>{} : retry_after(*end.answer);
    const auto next = retries_.failed(problem.kind, end.timed_out, now, random, wish);
    if (!next.again) return out;
    out.what = step::verdict::pause;
    out.pause = next.pause;
    return out;
}

failure call_machine::outcome(failure last) const {
    const bool nothing = last == failure::unreachable || last == failure::throttled;
    return nothing && maybe_executed_ && !reads_ ? failure::effect_unknown : last;
}

}  // namespace trainyard::aws
