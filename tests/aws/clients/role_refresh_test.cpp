// The refreshing driver, the limit on STS calls, and roles over a scripted STS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <filesystem>
#include <fstream>

#include "aws/credentials/refreshing.hpp"
#include "aws/identity/identity.hpp"
#include "aws/sts/limiter.hpp"
#include "engine/io/event.hpp"
#include "scripted.hpp"

namespace trainyard::aws {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

sigv4::credentials keys(const std::string& id, wall_time expires) {
    return {id, secret{"canary-s"}, secret{"canary-t-" + id}, expires};
}

// A source whose fetches the test ends by hand.
class refreshing : public testing::Test {
protected:
    refreshing() : gate(io) {}
    ~refreshing() override { test::run_on(io, close()); }
    task<int> close() {
        fetches.cancel();
        co_await fetches.join();
        co_return 0;
    }
    task<result<sigv4::credentials>> fetch(mono_time deadline) {
        ++begun;
        const bool opened = co_await gate.wait_until(deadline);
        if (!opened && time.mono() < deadline) co_return error{errc::cancelled, "cancelled"};
        if (!opened) co_return error{errc::timeout, "source is slow"};
        co_return next;
    }
    std::shared_ptr<credentials_provider> make(refreshing_options options = {}) {
        return make_refreshing_provider(
            io, time, fetches, [this](mono_time until) { return fetch(until); }, "source", 1, options);
    }
    task<int> get(std::shared_ptr<credentials_provider> from, duration within) {
        const auto got = co_await from->get(time.mono() + within);
        log.push_back(got ? (*got)->access_key_id : got.error().message);
        co_return 0;
    }
    void start(const std::shared_ptr<credentials_provider>& from, duration within = 20s) {
        boost::asio::co_spawn(io, get(from, within), [](std::exception_ptr, int) {});
    }
    // Runs until that many callers have their answer.
    void until_logged(std::size_t n) {
        const auto deadline = time.mono() + 10s;
        io.restart();
        while (log.size() < n && time.mono() < deadline) io.run_one_for(1s);
    }
    void settle() {
        io.restart();
        while (io.poll() > 0) {
        }
    }
    boost::asio::io_context io;
    test::shifted_clock time;
    io::task_group fetches{io};
    io::event gate;
    result<sigv4::credentials> next = keys("A", time.wall() + 1h);
    int begun = 0;
    std::vector<std::string> log;
};

TEST_F(refreshing, one_fetch_for_many) {
    const auto p = make();
    for (int i = 0; i < 3; ++i) start(p);
    settle();
    EXPECT_EQ(begun, 1);
    EXPECT_TRUE(log.empty());
    gate.set();
    until_logged(3);
    EXPECT_THAT(log, AllOf(Each("A"), testing::SizeIs(3)));
    EXPECT_EQ(begun, 1);
}

TEST_F(refreshing, a_caller_that_leaves_takes_nothing_with_it) {
    const auto p = make();
    boost::asio::cancellation_signal leave;
    boost::asio::co_spawn(io, get(p, 20s),
                          boost::asio::bind_cancellation_slot(leave.slot(), [](std::exception_ptr, int) {}));
    settle();
    EXPECT_EQ(begun, 1);
    start(p);
    start(p, 1ms);
    until_logged(1);
    EXPECT_THAT(log, Each("no credentials came in time"));
    leave.emit(boost::asio::cancellation_type::terminal);
    until_logged(2);
    EXPECT_EQ(log.back(), "cancelled while waiting for credentials");
    gate.set();
    until_logged(3);
    EXPECT_EQ(log.back(), "A");
    EXPECT_EQ(begun, 1);
}

TEST_F(refreshing, a_good_set_is_handed_out_beside_the_fetch_of_the_next) {
    const auto p = make();
    next = keys("A", time.wall() + 1h);
    gate.set();
    start(p);
    until_logged(1);
    time.off += 50min;
    next = keys("B", time.wall() + 1h);
    start(p);
    until_logged(2);
    ASSERT_THAT(log, testing::ElementsAre("A", "A"));
    EXPECT_EQ(begun, 2);
    gate.set();
    settle();
    start(p);
    until_logged(3);
    EXPECT_EQ(log.back(), "B");
}

TEST_F(refreshing, the_last_good_set_stays_while_the_source_fails) {
    const auto p = make();
    gate.set();
    start(p);
    until_logged(1);
    time.off += 50min;
    next = error{errc::unreachable, "source is down"};
    for (std::size_t i = 2; i < 6; ++i) {
        gate.set();
        start(p);
        until_logged(i);
        settle();
    }
    EXPECT_THAT(log, Each("A"));
    EXPECT_EQ(begun, 2);  // and the source is left alone for a minute
    time.off += 10min;
    gate.set();
    start(p);
    until_logged(6);
    EXPECT_EQ(log.back(), "source is down");
}

TEST_F(refreshing, shutdown_is_told_and_does_not_spin) {
    const auto p = make();
    start(p);
    settle();
    fetches.cancel();
    until_logged(1);
    EXPECT_EQ(log.back(), "shutting down");
    start(p);
    until_logged(2);
    EXPECT_EQ(log.back(), "shutting down");
    EXPECT_EQ(begun, 1);
}

TEST_F(refreshing, a_fetch_has_a_deadline_of_its_own) {
    refreshing_options options;
    options.fetch_max = 20ms;
    start(make(options));
    until_logged(1);
    EXPECT_EQ(log.back(), "source is slow");
}

TEST(call_limiter, never_more_than_its_number_in_a_second_and_in_order) {
    sts::call_limiter limiter{10};
    rng random{3};
    std::vector<mono_time> turns;
    mono_time now{};
    for (int i = 0; i < 5000; ++i) {
        now +=
            std::chrono::milliseconds{random.chance(0.01) ? random.between(0, 5000) : random.between(0, 60)};
        turns.push_back(limiter.reserve(now));
        EXPECT_GE(turns.back(), now);
        EXPECT_GE(turns.back(), i > 0 ? turns[turns.size() - 2] : now);
        EXPECT_TRUE(i < 10 || turns.back() - turns[turns.size() - 11] >= 1s);
    }
    // Nobody waits who need not.
    now = turns.back() + 10s;
    for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.reserve(now), now);
    EXPECT_EQ(limiter.reserve(now), now + 1s);
}

// 500 roles of one endpoint, begun together, so that they expire together: simulated for three hours.
TEST(role_refresh, five_hundred_roles_make_at_most_ten_calls_a_second) {
    constexpr std::size_t roles = 500;
    manual_clock clock{*parse_iso8601("2026-01-01T00:00:00Z")};
    refresh_options options;
    options.jitter_share = 0;  // the herd at its worst
    std::vector<refresh_machine> machines;
    for (std::size_t i = 0; i < roles; ++i) machines.emplace_back(options, rng{i});
    sts::call_limiter limiter{sts::sts_calls_per_second};
    std::multimap<mono_time, std::size_t> turns;
    std::vector<mono_time> calls;
    const auto token = [&](std::size_t i) {
        return std::make_shared<const sigv4::credentials>(keys("R" + std::to_string(i), clock.wall() + 1h));
    };
    std::size_t blank = 0;
    for (int step = 0; step < 3 * 3600 * 10; ++step, clock.advance(100ms)) {
        for (std::size_t i = 0; i < roles; ++i) {
            using action = refresh_machine::action;
            const auto what = machines[i].want(clock.mono(), clock.wall());
            if (what == action::fetch || what == action::use_and_fetch)
                turns.emplace(limiter.reserve(clock.mono()), i);
            if ((what == action::wait || what == action::fail) && clock.mono().time_since_epoch() > 51s)
                ++blank;
        }
        while (!turns.empty() && turns.begin()->first <= clock.mono()) {
            const auto i = turns.begin()->second;
            calls.push_back(turns.begin()->first);
            turns.erase(turns.begin());
            machines[i].fetched(token(i), clock.mono(), clock.wall());
        }
    }
    std::size_t most = 0;
    for (std::size_t i = 0, from = 0; i < calls.size(); ++i) {
        while (calls[i] - calls[from] >= 1s) ++from;
        most = std::max(most, i - from + 1);
    }
    EXPECT_EQ(most, sts::sts_calls_per_second);
    EXPECT_EQ(blank, 0U);  // after the first minute every role always has a set
    EXPECT_GE(calls.size(), 4 * roles);
}

http::response role_keys(const std::string& action, const std::string& id, wall_time expires) {
    return {
        200,
        {{"content-type", "text/xml"}},
        "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>" + id +
            "</AccessKeyId><SecretAccessKey>canary-s</SecretAccessKey><SessionToken>canary-t</SessionToken>"
            "<Expiration>" +
            to_iso8601(expires) + "</Expiration></Credentials></" + action + "Result></" + action +
            "Response>"};
}

class roles : public testing::Test {
protected:
    roles() {
        env.values["AWS_ENDPOINT_URL_STS"] = w.where.origin.to_string();
        env.values["AWS_REGION"] = "eu-west-1";
        who = std::make_unique<identity>(w.io, *w.client, *w.transport, env, 3);
    }
    ~roles() override { test::run_on(w.io, close()); }
    task<int> close() {
        co_await who->close();
        co_return 0;
    }
    std::shared_ptr<credentials_provider> runner() {
        return who->assume(w.where, w.who,
                           {"arn:aws:iam::123456789012:role/runner", "trainyard", secret{"canary-x"}});
    }
    task<int> get_key(std::shared_ptr<credentials_provider> from) {
        const auto got = co_await from->get(w.time.mono() + 20s);
        log.push_back(got ? (*got)->access_key_id : got.error().message);
        co_return 0;
    }
    std::string key(const std::shared_ptr<credentials_provider>& from) {
        test::run_on(w.io, get_key(from));
        EXPECT_THAT(log.back() + from->describe(), Not(HasSubstr("canary")));
        return log.back();
    }
    test::scripted_world w;
    test::fake_environment env;
    std::unique_ptr<identity> who;
    std::vector<std::string> log;
};

TEST_F(roles, a_role_is_assumed_once_for_many) {
    const auto role = runner();
    w.script = {role_keys("AssumeRole", "ASIA1", w.time.wall() + 1h),
                role_keys("AssumeRole", "ASIA2", w.time.wall() + 1h)};
    for (int i = 0; i < 4; ++i) boost::asio::co_spawn(w.io, get_key(role), [](std::exception_ptr, int) {});
    const auto deadline = w.time.mono() + 20s;
    w.io.restart();
    while (log.size() < 4 && w.time.mono() < deadline) w.io.run_one_for(1s);
    EXPECT_THAT(log, AllOf(Each("ASIA1"), testing::SizeIs(4)));
    EXPECT_EQ(w.seen.size(), 1U);
    EXPECT_THAT(w.seen[0].body, HasSubstr("ExternalId=canary-x"));
    const auto stale = test::run_on(w.io, role->get(deadline));
    role->invalidate(**stale);
    EXPECT_EQ(key(role), "ASIA2");
    EXPECT_EQ(w.seen.size(), 2U);
}

TEST_F(roles, a_role_that_cannot_be_assumed_says_why) {
    w.script = {{403,
                 {},
                 "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not "
                 "yours</Message></Error></ErrorResponse>"}};
    EXPECT_THAT(key(runner()), HasSubstr("sts AssumeRole: AccessDenied: not yours"));
    EXPECT_EQ(w.seen.size(), 1U);
}

TEST_F(roles, a_failing_sts_is_asked_three_times) {
    w.script = {{503, {}, ""}, {503, {}, ""}, role_keys("AssumeRole", "ASIA1", w.time.wall() + 1h)};
    EXPECT_EQ(key(runner()), "ASIA1");
    EXPECT_EQ(w.seen.size(), 3U);
    w.script = {{503, {}, ""}};
    EXPECT_THAT(key(runner()), HasSubstr("503"));
    EXPECT_EQ(w.seen.size(), 6U);
}

TEST_F(roles, thirty_at_once_take_two_seconds) {
    w.script = {role_keys("AssumeRole", "ASIA1", w.time.wall() + 1h)};
    const auto began = w.time.mono();
    std::vector<std::shared_ptr<credentials_provider>> all;
    for (int i = 0; i < 30; ++i) {
        all.push_back(runner());
        boost::asio::co_spawn(w.io, get_key(all.back()), [](std::exception_ptr, int) {});
    }
    w.io.restart();
    while (log.size() < 30 && w.time.mono() < began + 20s) w.io.run_one_for(1s);
    EXPECT_THAT(log, AllOf(Each("ASIA1"), testing::SizeIs(30)));
    EXPECT_EQ(w.seen.size(), 30U);
    EXPECT_GE(w.time.mono() - began, 2s);
}

TEST_F(roles, repeats_of_expired_base_credentials_stand_in_line_too) {
    const std::string expired =
        "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>m</Message></Error></ErrorResponse>";
    w.who->sets = {keys("OLD", w.time.wall() + 1h), keys("NEW", w.time.wall() + 1h)};
    w.script.assign(11, {403, {}, expired});
    w.script.push_back(role_keys("AssumeRole", "ASIA1", w.time.wall() + 1h));
    const auto began = w.time.mono();
    std::vector<std::shared_ptr<credentials_provider>> all;
    for (int i = 0; i < 11; ++i) {
        all.push_back(runner());
        boost::asio::co_spawn(w.io, get_key(all.back()), [](std::exception_ptr, int) {});
    }
    w.io.restart();
    while (log.size() < 11 && w.time.mono() < began + 20s) w.io.run_one_for(1s);
    EXPECT_THAT(log, AllOf(Each("ASIA1"), testing::SizeIs(11)));
    EXPECT_EQ(w.seen.size(), 22U);
    EXPECT_GE(w.time.mono() - began, 2s);  // ten in any second
}

class web_identity : public roles {
protected:
    web_identity() {
        env.values["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/pod";
        env.values["AWS_WEB_IDENTITY_TOKEN_FILE"] = file;
    }
    ~web_identity() override { std::filesystem::remove(file); }
    void token(const std::string& text) const { std::ofstream{file} << text; }
    const std::string file = testing::TempDir() + "trainyard-token-" + std::to_string(::getpid());
};

TEST_F(web_identity, reads_the_token_at_each_fetch_and_signs_nothing) {
    const std::string action = "AssumeRoleWithWebIdentity";
    w.script = {role_keys(action, "ASIA1", w.time.wall() + 1h),
                role_keys(action, "ASIA2", w.time.wall() + 1h)};
    token("canary.jwt.1\n");
    const auto p = who->open().value();
    EXPECT_EQ(key(p), "ASIA1");
    EXPECT_THAT(w.seen[0].body,
                AllOf(HasSubstr("Action=AssumeRoleWithWebIdentity&"),
                      HasSubstr("WebIdentityToken=canary.jwt.1"), HasSubstr("RoleSessionName=trainyard")));
    EXPECT_FALSE(w.seen[0].fields.has("authorization"));
    token("canary.jwt.2");
    p->invalidate(**test::run_on(w.io, p->get(w.time.mono() + 20s)));
    EXPECT_EQ(key(p), "ASIA2");
    EXPECT_THAT(w.seen[1].body, HasSubstr("WebIdentityToken=canary.jwt.2"));
}

TEST_F(web_identity, failures) {
    const auto p = who->open().value();
    EXPECT_THAT(key(p), HasSubstr("cannot open " + file));
    EXPECT_TRUE(w.seen.empty());
    token("x");
    EXPECT_THAT(key(who->open().value()), HasSubstr("must have 4 to 20000 bytes"));
    token("canary.jwt");
    w.script = {{400,
                 {},
                 "<ErrorResponse><Error><Code>IDPCommunicationError</Code><Message>m</Message></Error></"
                 "ErrorResponse>"},
                role_keys("AssumeRoleWithWebIdentity", "ASIA1", w.time.wall() + 1h)};
    EXPECT_EQ(key(who->open().value()), "ASIA1");
    EXPECT_EQ(w.seen.size(), 2U);
    w.script = {
        {403,
         {},
         "<ErrorResponse><Error><Code>AccessDenied</Code><Message>m</Message></Error></ErrorResponse>"}};
    EXPECT_THAT(key(who->open().value()), HasSubstr("AssumeRoleWithWebIdentity: AccessDenied"));
    EXPECT_EQ(w.seen.size(), 3U);
    env.values.erase("AWS_REGION");
    EXPECT_THAT(who->open().error().message, HasSubstr("needs a region"));
}

TEST_F(roles, the_chain_is_put_together) {
    env.values["AWS_EC2_METADATA_DISABLED"] = "true";
    EXPECT_EQ(who->open().error().code, errc::permission);
    EXPECT_THAT(who->open().error().message, HasSubstr("no AWS credentials (environment: "));
    env.values["AWS_ACCESS_KEY_ID"] = "E";
    EXPECT_EQ(who->open().error().code, errc::invalid_argument);
    env.values["AWS_SECRET_ACCESS_KEY"] = "canary";
    EXPECT_EQ(key(who->open().value()), "E");
    env.values["AWS_CREDENTIAL_EXPIRATION"] = "2099-01-01T00:00:00Z";
    EXPECT_EQ(key(who->open().value()), "E");
    env.values["AWS_CREDENTIAL_EXPIRATION"] = "2020-01-01T00:00:00Z";
    EXPECT_THAT(key(who->open().value()), HasSubstr("already expired"));
}

TEST_F(roles, instance_metadata_that_nobody_mentioned_is_no_credentials) {
    decision d;
    d.looked = {{"environment", "AWS_ACCESS_KEY_ID is not set"}};
    d.plan = chain_plan{
        "instance-metadata", "instance metadata", instance_source{{w.where.origin, ""}, false}, {}};
    w.script = {{404, {}, ""}};
    EXPECT_THAT(key(who->open(d).value()),
                testing::StartsWith(
                    "no AWS credentials (environment: AWS_ACCESS_KEY_ID is not set): no IMDSv2 token"));
    // Once it gave keys, its failure is one of the source.
    const auto p = who->open(d).value();
    const std::string good =
        R"({"AccessKeyId":"ASIAM","SecretAccessKey":"canary","Token":"canary","Expiration":"2099-01-01T00:00:00Z"})";
    w.script = {{200, {}, "canary-token"}, {200, {}, "r"}, {200, {}, good}, {503, {}, ""}};
    EXPECT_EQ(key(p), "ASIAM");
    const mono_time deadline = w.time.mono() + 20s;
    p->invalidate(**test::run_on(w.io, p->get(deadline)));
    EXPECT_THAT(key(p), testing::StartsWith("no IMDSv2 token"));
}

}  // namespace
}  // namespace trainyard::aws
