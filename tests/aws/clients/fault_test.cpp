// What a caller of AWS is told about the effect of a call when the connection fails, and what the service had
// seen by then. Create depends on it: "nothing was sent" frees a job's name, anything else makes it look.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/sagemaker/client.hpp"
#include "scripted.hpp"
#include "tests/support/fault_proxy.hpp"

namespace trainyard::aws {
namespace {

using test::ending;
using test::fault;
using test::fault_proxy;

task<int> close(fault_proxy& proxy) {
    co_await proxy.close();
    co_return 0;
}

class through_faults : public testing::Test {
protected:
    ~through_faults() override {
        if (proxy) test::run_on(w.io, close(*proxy));
    }
    void put_between(std::vector<fault> faults) {
        proxy = std::make_unique<fault_proxy>(w.io, w.where.origin.port, std::move(faults));
        w.where.origin.port = proxy->port();
    }
    call one_attempt() {
        call what = w.make_call();
        what.attempts_max = 1;
        return what;
    }
    static http::response json(std::string body) {
        return {200, {{"content-type", "application/x-amz-json-1.1"}}, std::move(body)};
    }

    test::scripted_world w;
    std::unique_ptr<fault_proxy> proxy;
};

struct row {
    const char* name;
    fault what;
    failure kind;
    std::size_t seen;
};

std::ostream& operator<<(std::ostream& out, const row& r) {
    return out << r.name;
}

class one_attempt_under : public through_faults, public testing::WithParamInterface<row> {};

TEST_P(one_attempt_under, tells_its_effect) {
    const row& r = GetParam();
    w.script = {json("{\"a\":\"" + std::string(2000, 'x') + "\"}")};
    put_between({r.what});
    auto what = one_attempt();
    what.attempt_timeout = 200ms;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, r.kind) << got.error().to_string();
    EXPECT_EQ(got.error().may_have_executed(), r.kind != failure::unreachable);
    EXPECT_EQ(w.seen.size(), r.seen);
}

const row rows[] = {
    {"reset_inside_the_request", {.request_bytes = 10, .end = ending::reset}, failure::effect_unknown, 0},
    {"reset_before_the_answer", {.answer_bytes = 0, .end = ending::reset}, failure::effect_unknown, 1},
    {"end_before_the_answer", {.answer_bytes = 0}, failure::effect_unknown, 1},
    {"end_inside_the_body", {.answer_bytes = 1000}, failure::effect_unknown, 1},
    {"half_open", {.request_bytes = 0}, failure::effect_unknown, 0},
    {"black_hole", {.answer_bytes = 0, .end = ending::silence}, failure::effect_unknown, 1},
    {"black_hole_that_never_reads", {.request_bytes = 0, .end = ending::silence}, failure::effect_unknown, 0},
    {"length_too_large", {.answers = 1, .content_length_off_by = 7}, failure::effect_unknown, 1},
    {"byte_after_byte", {.piece = 1, .pause = 20ms}, failure::effect_unknown, 1},
    {"garbage", {.before_answer = "220 mail ready\r\n"}, failure::effect_unknown, 1},
};

INSTANTIATE_TEST_SUITE_P(each, one_attempt_under, testing::ValuesIn(rows),
                         [](const auto& each) { return std::string(each.param.name); });

// A handshake that never ends: nothing was sent, and the caller may try elsewhere at once.
TEST_F(through_faults, an_unfinished_handshake_is_unreachable) {
    put_between({{.answer_bytes = 0, .end = ending::silence}});
    auto what = one_attempt();
    what.endpoint.origin.tls = true;
    what.attempt_timeout = 200ms;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::unreachable) << got.error().to_string();
    EXPECT_FALSE(got.error().may_have_executed());
    EXPECT_TRUE(w.seen.empty());
}

TEST_F(through_faults, a_call_that_may_repeat_gets_over_two_broken_connections) {
    w.script = {json("{}")};
    put_between({{.answer_bytes = 10, .end = ending::reset}, {.request_bytes = 10}, {}});
    const auto got = w.send(w.make_call());
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(w.seen.size(), 2U);
    EXPECT_EQ(proxy->connections().size(), 3U);
}

TEST_F(through_faults, a_call_that_may_not_repeat_stops_at_the_first) {
    w.script = {json("{}")};
    put_between({{.answer_bytes = 10, .end = ending::reset}, {}});
    auto what = w.make_call();
    what.retry_unknown_effect = false;
    const auto got = w.send(std::move(what));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::effect_unknown);
    EXPECT_EQ(w.seen.size(), 1U);
}

// The length says less than the answer holds: no reader of HTTP can see it, the reader of JSON does.
TEST_F(through_faults, create_does_not_take_half_an_answer_for_a_refusal) {
    w.script = {json(R"({"TrainingJobArn":"arn:aws:sagemaker:us-east-1:123456789012:training-job/j"})")};
    put_between({{.content_length_off_by = -4}});
    sagemaker::client jobs{*w.transport, w.where, w.who};
    const auto got = test::run_on(w.io, jobs.create_training_job("{}", w.time.mono() + 5s));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, failure::effect_unknown) << got.error().to_string();
    EXPECT_TRUE(got.error().may_have_executed());
    EXPECT_EQ(w.seen.size(), 1U);
}

}  // namespace
}  // namespace trainyard::aws
