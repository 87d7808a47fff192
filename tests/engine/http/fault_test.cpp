// What a caller of the client sees when the network or the server fails, and what the server has seen by
// then.
#include <gmock/gmock.h>

#include "loopback.hpp"
#include "tests/support/fault_proxy.hpp"

namespace trainyard::http {
namespace {

using test::ending;
using test::fault;
using test::fault_proxy;
using ::testing::HasSubstr;

constexpr duration in_time = 5s;
constexpr duration soon = 150ms;  // when the deadline itself is the subject

struct expected {
    std::optional<errc> code;  // nothing: an answer, of the request's own
    std::string says = {};     // part of the message
};
const expected served{};

struct row {
    const char* name;
    std::vector<fault> faults;        // by connection
    std::vector<expected> exchanges;  // one after the other, over one client
    std::uint64_t server_saw = 0;     // requests that reached the server
    std::uint64_t opened = 1;         // connections
    std::uint64_t retried = 0;        // free retries
    duration limit = in_time;
    bool resend = true;  // as the caller allows
};

std::ostream& operator<<(std::ostream& out, const row& r) {
    return out << r.name;
}

// The answer names its request, so that one meant for another is seen.
std::string body_of(std::size_t request) {
    return std::string(10'000, static_cast<char>('a' + request));
}

class under_fault : public loopback, public ::testing::WithParamInterface<row> {
protected:
    task<void> exchange(fault_proxy& through, const row& r, std::vector<result<response>>& out);
    std::vector<result<response>> exchange_all(const row& r);
};

task<void> under_fault::exchange(fault_proxy& through, const row& r, std::vector<result<response>>& out) {
    http::client& c = *clients.front();
    const origin to = at(through.port());
    for (std::size_t i = 0; i < r.exchanges.size(); ++i) {
        request what;
        what.body = body_of(i);
        const mono_time until = in(r.limit);
        auto got = co_await c.send(to, what, lane::control, until, r.resend);
        out.push_back(std::move(got));
    }
    co_await through.close();
}

std::vector<result<response>> under_fault::exchange_all(const row& r) {
    const auto port = serve(echo);
    make_client();
    fault_proxy proxy(io, port, r.faults);
    std::vector<result<response>> out;
    run([&] { return exchange(proxy, r, out); });
    return out;
}

TEST_P(under_fault, is_reported_as_what_it_is) {
    const row& r = GetParam();
    const mono_time began = in(0s);
    const auto got = exchange_all(r);
    EXPECT_LT(in(0s) - began, in_time) << "nothing here may wait for the proxy's own limit";
    ASSERT_EQ(got.size(), r.exchanges.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        const expected& e = r.exchanges[i];
        ASSERT_EQ(got[i].has_value(), !e.code) << i << ": " << (got[i] ? "answered" : got[i].error().message);
        if (got[i]) {
            EXPECT_TRUE(got[i]->body == body_of(i)) << "answer " << i << " is of another request, or cut";
            continue;
        }
        EXPECT_EQ(got[i].error().code, *e.code) << got[i].error().message;
        EXPECT_THAT(got[i].error().message, HasSubstr("http://127.0.0.1:"));
        EXPECT_THAT(got[i].error().message, HasSubstr(e.says));
    }
    EXPECT_EQ(servers[0]->stats().requests, r.server_saw);
    EXPECT_EQ(clients[0]->stats().connections_opened, r.opened);
    EXPECT_EQ(clients[0]->stats().stale_retries, r.retried);
}

const char after_sending[] = "after the request was sent, its effect is unknown";

const row rows[] = {
    {"nothing", {{}}, {served, served}, 2, 1},
    // It breaks.
    {"reset_inside_the_request", {{.request_bytes = 10, .end = ending::reset}}, {{errc::io, after_sending}}},
    {"end_inside_the_request", {{.request_bytes = 10}}, {{errc::io, after_sending}}},
    {"reset_before_the_answer", {{.answer_bytes = 0, .end = ending::reset}}, {{errc::io, after_sending}}, 1},
    {"reset_inside_the_head", {{.answer_bytes = 20, .end = ending::reset}}, {{errc::io, after_sending}}, 1},
    {"reset_inside_the_body", {{.answer_bytes = 1000, .end = ending::reset}}, {{errc::io, after_sending}}, 1},
    {"end_before_the_answer", {{.answer_bytes = 0}}, {{errc::io, after_sending}}, 1},
    {"end_inside_the_head", {{.answer_bytes = 20}}, {{errc::io, after_sending}}, 1},
    {"end_inside_the_body", {{.answer_bytes = 1000}}, {{errc::io, after_sending}}, 1},
    {"a_broken_connection_is_not_used_again",
     {{.answer_bytes = 1000}, {}},
     {{errc::io, after_sending}, served},
     2,
     2},
    // One direction is closed, the other stands.
    {"half_open_without_answer", {{.request_bytes = 0}}, {{errc::io, after_sending}}},
    {"half_open_while_the_server_answers", {{.server_sees_fin = true}}, {served}, 1},
    // Nobody is there.
    {"black_hole",
     {{.answer_bytes = 0, .end = ending::silence}},
     {{errc::timeout, "deadline"}},
     1,
     1,
     0,
     soon},
    {"black_hole_that_never_reads",
     {{.request_bytes = 0, .end = ending::silence}},
     {{errc::timeout, "deadline"}},
     0,
     1,
     0,
     soon},
    {"silence_inside_the_body",
     {{.answer_bytes = 1000, .end = ending::silence}, {}},
     {{errc::timeout, "deadline"}, served},
     2,
     2,
     0,
     soon},
    {"silence_on_a_reused_connection",
     {{.answers = 1, .end = ending::silence}},
     {served, {errc::timeout, "deadline"}},
     1,
     1,
     0,
     soon},
    // The length lies.
    {"length_too_large", {{.content_length_off_by = 5}}, {{errc::timeout, "deadline"}}, 1, 1, 0, soon},
    {"length_too_large_and_end",
     {{.answers = 1, .content_length_off_by = 5}},
     {{errc::io, after_sending}},
     1},
    {"length_of_more_than_is_accepted",
     {{.content_length_off_by = 1LL << 40}},
     {{errc::limit, "larger than accepted"}},
     1},
    // Slow.
    {"late", {{.latency = 20ms}}, {served, served}, 2, 1},
    {"too_late", {{.latency = 1s}, {}}, {{errc::timeout, "deadline"}, served}, 2, 2, 0, soon},
    {"in_pieces", {{.piece = 500, .pause = 1ms}}, {served, served}, 2, 1},
    // Each byte is progress, and still the deadline holds.
    {"byte_after_byte", {{.piece = 1, .pause = 20ms}}, {{errc::timeout, "deadline"}}, 1, 1, 0, soon},
    // The server closes an idle connection while the next request is on its way.
    {"end_races_a_request", {{.answers = 1, .wait_for_next_request = true}, {}}, {served, served}, 2, 2, 1},
    {"reset_races_a_request",
     {{.answers = 1, .wait_for_next_request = true, .end = ending::reset}, {}},
     {served, served},
     2,
     2,
     1},
    {"end_races_a_request_two_times",
     {{.answers = 1, .wait_for_next_request = true}, {.answer_bytes = 0}},
     {served, {errc::io, after_sending}},
     2,
     2,
     1},
    {"end_races_a_request_that_must_not_be_sent_again",
     {{.answers = 1, .wait_for_next_request = true}, {}},
     {served, {errc::io, after_sending}},
     1,
     1,
     0,
     in_time,
     false},
    // Bytes that do not belong.
    {"every_answer_two_times", {{.twice = true}}, {served, served, served}, 3, 3},
    {"garbage_before_the_answer",
     {{.before_answer = "220 mail ready\r\n"}},
     {{errc::corrupt, "malformed"}},
     1},
    {"zeros_before_the_answer", {{.before_answer = std::string(8, '\0')}}, {{errc::corrupt, "malformed"}}, 1},
    {"an_interim_answer_before_the_answer",
     {{.before_answer = "HTTP/1.1 100 Continue\r\n\r\n"}},
     {served, served},
     2,
     1},
};

INSTANTIATE_TEST_SUITE_P(each, under_fault, ::testing::ValuesIn(rows),
                         [](const auto& each) { return std::string(each.param.name); });

using fault_cases = under_fault;

// Whether the reset arrives before the request is written is the kernel's choice: then nothing was sent.
TEST_F(fault_cases, a_reset_at_connect_is_one_of_two) {
    const auto got = exchange_all({"", {{.request_bytes = 0, .end = ending::reset}}, {served}});
    ASSERT_FALSE(got[0].has_value());
    const auto code = got[0].error().code;
    EXPECT_TRUE(code == errc::io || code == errc::unreachable) << got[0].error().message;
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

// The end may be there when the next request looks for a connection, or meet the request on its way.
TEST_F(fault_cases, a_connection_that_ends_after_its_answer_is_replaced) {
    const auto got = exchange_all({"", {{.answers = 1}, {}}, {served, served}});
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    ASSERT_TRUE(got[1].has_value()) << got[1].error().message;
    EXPECT_TRUE(got[1]->body == body_of(1));
    EXPECT_EQ(servers[0]->stats().requests, 2U);
    EXPECT_EQ(clients[0]->stats().connections_opened, 2U);
}

// No client can see that a length is too small; that the rest is no answer to the next request it must.
TEST_F(fault_cases, a_length_too_small_does_not_spill_into_the_next_answer) {
    const auto got = exchange_all({"", {{.content_length_off_by = -9000}, {}}, {served, served}});
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_EQ(got[0]->body.size(), 1000U);
    ASSERT_TRUE(got[1].has_value()) << got[1].error().message;
    EXPECT_TRUE(got[1]->body == body_of(1));
    EXPECT_EQ(clients[0]->stats().connections_opened, 2U);
}

// More than the kernel buffers between the two: the deadline ends the writing itself.
task<void> send_large(http::client& c, fault_proxy& through, std::optional<result<response>>& out) {
    request what;
    what.body = std::string(16U << 20U, 'x');
    const origin to{false, "127.0.0.1", through.port()};
    const mono_time until = in(soon);
    auto got = co_await c.send(to, std::move(what), lane::control, until);
    out.emplace(std::move(got));
    co_await through.close();
}

TEST_F(fault_cases, a_peer_that_never_reads_does_not_hold_the_writer) {
    const auto port = serve(echo);
    http::client& c = make_client();
    fault_proxy proxy(io, port, {{.request_bytes = 0, .end = ending::silence}});
    std::optional<result<response>> got;
    run([&] { return send_large(c, proxy, got); });
    ASSERT_FALSE(got->has_value());
    EXPECT_EQ(got->error().code, errc::timeout) << got->error().message;
}

}  // namespace
}  // namespace trainyard::http
