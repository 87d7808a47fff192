// What a call does around its attempts: breaker, channels, the machine that joins them, and whole storms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <queue>

#include "aws/transport/call_machine.hpp"

namespace trainyard::aws {
namespace {

using testing::HasSubstr;
using verdict = breaker::verdict;

class circuit : public testing::Test {
protected:
    void open_it() {
        for (int i = 0; i < 10; ++i) b.failed(false, now, random);
    }
    breaker b;
    rng random{5};
    mono_time now = mono_time{} + 1h;
};

TEST_F(circuit, opens_after_ten_in_a_row) {
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 9; ++i) EXPECT_FALSE(b.failed(false, now, random));
        b.answered();
    }
    for (int i = 0; i < 9; ++i) b.failed(false, now, random);
    EXPECT_EQ(b.ask(now, random), verdict::pass);
    EXPECT_TRUE(b.failed(false, now, random));
    EXPECT_EQ(b.ask(now, random), verdict::refuse);
    EXPECT_FALSE(b.failed(false, now, random));  // one that was under way
}

TEST_F(circuit, one_probe_a_pause_and_the_pause_doubles_to_thirty_seconds) {
    open_it();
    for (const duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
        EXPECT_GE(b.next_probe() - now, pause * 8 / 10);
        EXPECT_LE(b.next_probe() - now, pause);
        EXPECT_EQ(b.ask(b.next_probe() - 1ns, random), verdict::refuse);
        now = b.next_probe();
        EXPECT_EQ(b.ask(now, random), verdict::probe);
        EXPECT_EQ(b.ask(now, random), verdict::refuse);
        b.failed(true, now, random);
    }
}

TEST_F(circuit, others_failures_do_not_lengthen_the_pause) {
    open_it();
    for (int i = 0; i < 64; ++i) b.failed(false, now, random);
    EXPECT_LE(b.next_probe() - now, 1s);
}

TEST_F(circuit, a_probe_that_never_reports_blocks_nothing) {
    open_it();
    for (int i = 0; i < 5; ++i) {
        now = b.next_probe();
        EXPECT_EQ(b.ask(now, random), verdict::probe);
        EXPECT_LE(b.next_probe() - now, 1s);
    }
}

TEST_F(circuit, any_answer_closes_it) {
    open_it();
    b.answered();
    EXPECT_EQ(b.ask(now, random), verdict::pass);
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(b.failed(false, now, random));
    EXPECT_TRUE(b.failed(false, now, random));
    EXPECT_LE(b.next_probe() - now, 1s);
}

struct nobody final : credentials_provider {
    task<result<credentials_snapshot>> get(mono_time) override { co_return error{}; }
    void invalidate(const sigv4::credentials&) override {}
    std::string describe() const override { return ""; }
};

class shared_channels : public testing::Test {
protected:
    static call make(std::string service, std::string operation, std::string host = "h") {
        call out;
        out.service = std::move(service);
        out.operation = std::move(operation);
        out.endpoint.origin.host = std::move(host);
        return out;
    }
    std::shared_ptr<credentials_provider> a = std::make_shared<nobody>(), b = std::make_shared<nobody>();
    channels all;
};

TEST_F(shared_channels, by_identity_endpoint_and_group) {
    const auto send = make("sqs", "SendMessage");
    const auto one = all.find(a, send, {});
    EXPECT_EQ(all.find(a, make("sqs", "DeleteMessage"), {}), one);
    EXPECT_NE(all.find(b, send, {}), one);
    EXPECT_NE(all.find(a, make("sqs", "SendMessage", "other"), {}), one);
    auto poll = make("sqs", "ReceiveMessage");
    poll.lane = http::lane::poll;
    EXPECT_NE(all.find(a, poll, {}), one);
    const auto create = all.find(a, make("sagemaker", "CreateTrainingJob"), {});
    EXPECT_NE(all.find(a, make("sagemaker", "DescribeTrainingJob"), {}), create);
    EXPECT_EQ(all.find(a, make("sagemaker", "CreateTrainingJob"), {}), create);
    EXPECT_EQ(all.find(a, send, {}), one);
    EXPECT_EQ(all.size(), 6U);
}

TEST_F(shared_channels, an_identity_that_is_gone_lends_its_state_to_nobody) {
    const auto send = make("sqs", "SendMessage");
    for (int i = 0; i < 50; ++i) {
        auto passing = std::make_shared<nobody>();
        const auto state = all.find(passing, send, {});
        EXPECT_EQ(state->quota.tokens(), retry_quota::capacity) << i;
        state->quota.take(5);
    }
}

TEST_F(shared_channels, bounded_and_the_one_unused_longest_goes) {
    const auto first = all.find(a, make("sqs", "x", "first"), mono_time{} + 1s);
    const auto second = all.find(a, make("sqs", "x", "second"), mono_time{} + 2s);
    for (std::size_t i = 2; i < channels::channels_max; ++i)
        all.find(a, make("sqs", "x", "h" + std::to_string(i)), mono_time{} + 3s);
    EXPECT_EQ(all.find(a, make("sqs", "x", "first"), mono_time{} + 4s), first);
    all.find(a, make("sqs", "x", "one more"), mono_time{} + 5s);
    EXPECT_EQ(all.size(), channels::channels_max);
    EXPECT_EQ(all.find(a, make("sqs", "x", "first"), mono_time{} + 6s), first);
    EXPECT_NE(all.find(a, make("sqs", "x", "second"), mono_time{} + 7s), second);
    EXPECT_EQ(second->quota.tokens(), retry_quota::capacity);  // still there for its calls
}

class machine : public testing::Test {
protected:
    using step = call_machine::step::verdict;
    using gate = call_machine::gate::verdict;

    call_machine make(retry_mode mode = retry_mode::standard, bool reads = false, duration within = 1h) {
        return call_machine{{3, true, now + within}, mode, state, reads};
    }
    static api_error problem(failure kind, std::string code = "") {
        api_error e;
        e.kind = kind;
        e.code = std::move(code);
        return e;
    }
    call_machine::step fail(call_machine& m, const api_error& e, const http::response* answer = nullptr) {
        attempt_end end;
        end.problem = &e;
        end.answer = answer;
        end.temporary_credentials = true;
        end.signed_at = *parse_iso8601("2026-01-01T12:00:00Z");
        return m.after(end, now, random);
    }
    mono_time now = mono_time{} + 1h;
    channel state{now};
    rng random{11};
};

TEST_F(machine, refreshes_once_and_corrects_once_without_cost) {
    auto m = make();
    const http::response late{403, {{"date", "Thu, 01 Jan 2026 13:00:00 GMT"}}, ""};
    const auto expired = problem(failure::bad_credentials, "ExpiredToken");
    const auto skewed = problem(failure::bad_credentials, "SignatureDoesNotMatch");
    EXPECT_EQ(fail(m, expired, &late).what, step::refresh);
    const auto corrected = fail(m, skewed, &late);
    EXPECT_EQ(corrected.what, step::correct_skew);
    EXPECT_EQ(corrected.skew, duration{1h});
    EXPECT_EQ(state.quota.tokens(), retry_quota::capacity);
    EXPECT_EQ(fail(m, expired, &late).what, step::give_up);
    EXPECT_EQ(fail(m, skewed, &late).what, step::give_up);
}

TEST_F(machine, pauses_as_the_server_asks) {
    auto m = make();
    const http::response busy{503, {{"x-amz-retry-after", "4000"}}, ""};
    const auto next = fail(m, problem(failure::service_fault), &busy);
    EXPECT_EQ(next.what, step::pause);
    EXPECT_EQ(next.pause, duration{4s});  // within [t, t + 5 s] of every t below one second
}

TEST_F(machine, nothing_was_sent_is_not_said_after_an_attempt_that_may_have_been_executed) {
    auto m = make();
    EXPECT_EQ(m.outcome(failure::unreachable), failure::unreachable);
    fail(m, problem(failure::throttled));
    EXPECT_EQ(m.outcome(failure::throttled), failure::throttled);
    fail(m, problem(failure::effect_unknown));
    EXPECT_EQ(m.outcome(failure::unreachable), failure::effect_unknown);
    EXPECT_EQ(m.outcome(failure::throttled), failure::effect_unknown);
    EXPECT_EQ(m.outcome(failure::already_exists), failure::already_exists);
    auto reading = make(retry_mode::standard, true);
    fail(reading, problem(failure::service_fault));
    EXPECT_EQ(reading.outcome(failure::throttled), failure::throttled);
}

TEST_F(machine, only_the_endpoints_own_failures_open_the_circuit) {
    for (const auto kind :
         {failure::throttled, failure::invalid_request, failure::not_found, failure::cancelled,
          failure::access_denied, failure::bad_credentials, failure::quota_exceeded})
        for (int i = 0; i < 20; ++i) {
            auto m = make();
            EXPECT_FALSE(fail(m, problem(kind)).circuit_opened) << to_string(kind);
        }
    // No credentials: the endpoint was not asked.
    for (int i = 0; i < 20; ++i) {
        auto m = make();
        const auto e = problem(failure::unreachable);
        attempt_end end;
        end.problem = &e;
        end.sent = false;
        EXPECT_FALSE(m.after(end, now, random).circuit_opened);
    }
    EXPECT_EQ(make().before(now, random).what, gate::go);
    for (const auto kind : {failure::unreachable, failure::service_fault, failure::effect_unknown}) {
        state.circuit.answered();
        for (int i = 0; i < 9; ++i) {
            auto m = make();
            EXPECT_FALSE(fail(m, problem(kind)).circuit_opened);
        }
        auto m = make();
        EXPECT_TRUE(fail(m, problem(kind)).circuit_opened) << to_string(kind);
        const auto refused = make().before(now, random);
        EXPECT_EQ(refused.what, gate::refuse);
        EXPECT_EQ(refused.kind, failure::unreachable);
        EXPECT_THAT(refused.why, HasSubstr("not sent: the endpoint has failed"));
    }
    // A cancelled call says nothing about the endpoint, so it does not close the circuit either.
    auto m = make();
    fail(m, problem(failure::cancelled));
    EXPECT_EQ(make().before(now, random).what, gate::refuse);
    fail(m, problem(failure::throttled));
    EXPECT_EQ(make().before(now, random).what, gate::go);
}

TEST_F(machine, the_rate_limit_is_of_adaptive_mode_and_ends_at_the_deadline) {
    EXPECT_EQ(make(retry_mode::adaptive, false, 0ms).before(now, random).what, gate::go);
    auto first = make(retry_mode::adaptive);
    EXPECT_EQ(first.before(now, random).what, gate::go);
    fail(first, problem(failure::throttled));
    EXPECT_EQ(make().before(now, random).what, gate::go);
    auto waiter = make(retry_mode::adaptive);
    const auto wait = waiter.before(now, random);
    EXPECT_EQ(wait.what, gate::wait);
    EXPECT_GT(wait.pause, 0ms);
    EXPECT_LE(wait.pause, limiter_wait_max);
    const auto refused = make(retry_mode::adaptive, false, 1ms).before(now, random);
    EXPECT_EQ(refused.what, gate::refuse);
    EXPECT_EQ(refused.kind, failure::throttled);
    EXPECT_THAT(refused.why, HasSubstr("rate limit"));
    now += 2s;  // one token at the least rate
    EXPECT_EQ(make(retry_mode::adaptive).before(now, random).what, gate::wait);  // behind the one that waits
    EXPECT_EQ(waiter.before(now, random).what, gate::go);
    EXPECT_EQ(make(retry_mode::adaptive).before(now, random).what, gate::wait);  // its token is taken
    now += 2s;
    {
        auto given_up = make(retry_mode::adaptive);
        EXPECT_EQ(given_up.before(now - 1s, random).what, gate::wait);
    }
    EXPECT_EQ(make(retry_mode::adaptive).before(now, random).what, gate::go);  // nobody waits any more
}

// Ten minutes of calls through one channel in simulated time. Calls start `per_second` times a second, and
// each attempt is answered by `service`.
struct storm {
    using service = std::function<std::optional<failure>(double seconds)>;
    retry_mode mode = retry_mode::standard;
    double per_second = 10;
    duration minutes = 10min;
    long calls = 0, attempts = 0, successes = 0, waits = 0;
    double longest_silence = 0;

    void run(const service& answer) {
        const mono_time start{};
        channel state{start};
        rng random{3};
        struct event {
            mono_time at;
            std::shared_ptr<call_machine> m;
            bool operator<(const event& o) const { return at > o.at; }
        };
        std::priority_queue<event> due;
        mono_time next = start, last_attempt = start;
        const auto gap = std::chrono::duration_cast<duration>(std::chrono::duration<double>(1 / per_second));
        while (next < start + minutes) {
            event e{next, nullptr};
            if (!due.empty() && due.top().at <= next) {
                e = due.top();
                due.pop();
            } else {
                e.m = std::make_shared<call_machine>(retry_rules{3, true, next + 20s}, mode, state, true);
                next += gap;
                ++calls;
            }
            const auto g = e.m->before(e.at, random);
            if (g.what == call_machine::gate::verdict::refuse) continue;
            if (g.what == call_machine::gate::verdict::wait) {
                ++waits;
                due.push({e.at + g.pause, e.m});
                continue;
            }
            ++attempts;
            longest_silence =
                std::max(longest_silence, std::chrono::duration<double>(e.at - last_attempt).count());
            last_attempt = e.at;
            const auto failed = answer(std::chrono::duration<double>(e.at - start).count());
            api_error problem;
            attempt_end end;
            if (failed) {
                problem.kind = *failed;
                end.problem = &problem;
            } else {
                ++successes;
            }
            const auto step = e.m->after(end, e.at, random);
            if (step.what == call_machine::step::verdict::pause) due.push({e.at + step.pause, e.m});
        }
    }
    double amplification() const { return static_cast<double>(attempts) / static_cast<double>(calls); }
};

// A service that allows `rate` requests a second and throttles the others.
storm::service allows(double rate) {
    return [rate, tokens = rate, last = 0.0](double now) mutable -> std::optional<failure> {
        tokens = std::min(rate, tokens + (now - last) * rate);
        last = now;
        if (tokens < 1) return failure::throttled;
        tokens -= 1;
        return {};
    };
}

TEST(storm_test, an_endpoint_that_is_down_for_ten_minutes_sees_at_most_forty_requests) {
    for (const auto kind : {failure::unreachable, failure::service_fault, failure::effect_unknown})
        for (const double per_second : {0.5, 10.0, 200.0}) {
            storm s;
            s.per_second = per_second;
            s.run([kind](double) { return kind; });
            EXPECT_LE(s.attempts, 40) << to_string(kind) << ' ' << per_second;
            EXPECT_GE(s.attempts, 25) << to_string(kind) << ' ' << per_second;
            EXPECT_LE(s.longest_silence, 32) << to_string(kind) << ' ' << per_second;
        }
}

TEST(storm_test, calls_resume_within_a_probe_of_the_endpoints_return) {
    storm s;
    s.run([](double now) -> std::optional<failure> {
        if (now < 300) return failure::unreachable;
        return {};
    });
    EXPECT_GE(s.successes, (600 - 300 - 31) * 10);
    EXPECT_LE(s.attempts - s.successes, 30);
}

TEST(storm_test, retries_stop_when_everything_is_throttled) {
    storm s;
    s.run(allows(0));
    EXPECT_EQ(s.calls, 6000);
    EXPECT_EQ(s.attempts, 6000 + retry_quota::capacity / retry_quota::cost_retry);
    EXPECT_LE(s.amplification(), 1.1);
}

TEST(storm_test, amplification_under_long_overload) {
    for (const auto& [demand, most] : std::map<double, double>{{50, 1.01}, {20, 1.05}, {5, 1.1}}) {
        storm s;
        s.per_second = demand * 5;
        s.run(allows(5));
        EXPECT_LE(s.amplification(), most) << demand;
        EXPECT_GE(s.successes, 5 * 595) << demand;  // and what the service can do is used
    }
}

TEST(storm_test, adaptive_mode_sends_little_more_than_the_service_takes) {
    for (const double demand : {10.0, 20.0, 100.0}) {
        storm s;
        s.mode = retry_mode::adaptive;
        s.per_second = demand;
        s.run(allows(5));
        EXPECT_LE(s.amplification(), 1.0) << demand;
        EXPECT_LE(s.attempts, 5 * 600 * 1.15) << demand;
        EXPECT_GE(s.successes, 5 * 600 * 0.95) << demand;
        EXPECT_GT(s.waits, 0) << demand;
    }
}

TEST(storm_test, adaptive_mode_costs_nothing_without_throttling) {
    storm s;
    s.mode = retry_mode::adaptive;
    s.run(allows(50));
    EXPECT_EQ(s.attempts, s.calls);
    EXPECT_EQ(s.successes, s.calls);
    EXPECT_EQ(s.waits, 0);
}

}  // namespace
}  // namespace trainyard::aws
