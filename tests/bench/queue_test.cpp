// The queue harness end to end: short runs against `trainyard local`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "bench/commands.hpp"
#include "bench/queue_messages.hpp"
#include "bench/queue_run.hpp"
#include "engine/base/json.hpp"

namespace trainyard::bench {
namespace {

queue_plan short_plan(queue_mode mode) {
    queue_plan p;
    p.mode = mode;
    p.seconds = 0.6;
    p.warm_seconds = 0.2;
    p.rounds = 2;
    p.connections = 4;
    p.messages = 2'000;
    p.program = TRAINYARD_BINARY_DIR "/bin/trainyard";
    return p;
}

struct outcome {
    queue_outcome raw;
    report said;

    double value(const std::string& name) const {
        for (const figure& f : said.figures)
            if (f.name.starts_with(name)) return f.value;
        ADD_FAILURE() << "no figure " << name;
        return -1;
    }
    bool has(const std::string& name) const {
        return std::any_of(said.figures.begin(), said.figures.end(),
                           [&](const figure& f) { return f.name.starts_with(name); });
    }
    load_counts used() const {
        load_counts all;
        for (const load_window& r : raw.rounds) all += r.used;
        return all;
    }
};

std::uint64_t one_more() {
    thread_local std::uint64_t n = 0;
    return ++n;
}

outcome must_run(const queue_plan& p) {
    auto ran = run_queue(p, one_more);
    EXPECT_TRUE(ran.has_value()) << (ran ? "" : ran.error().message);
    if (!ran) return {};
    outcome out{std::move(*ran), {}};
    out.said = queue_report(p, out.raw);
    EXPECT_EQ(out.value("failures in all"), 0) << out.raw.last_error;
    return out;
}

TEST(queue, sends) {
    const auto o = must_run(short_plan(queue_mode::send));
    EXPECT_EQ(o.raw.rounds.size(), 2U);
    EXPECT_GT(o.value("messages carried"), 0);
    EXPECT_GT(o.value("client CPU a message"), 0);
    EXPECT_GT(o.value("send: p50"), 0);
    EXPECT_GE(o.value("send: p99.99"), o.value("send: p50"));
    EXPECT_NEAR(o.value("API calls a message"), 0.1, 0.02);
    EXPECT_EQ(o.used().received, 0U);
    EXPECT_FALSE(o.has("delete batch fill"));
}

TEST(queue, receives_a_backlog_that_stays) {
    auto p = short_plan(queue_mode::receive);
    p.messages = 50;  // each comes many times
    const auto o = must_run(p);
    EXPECT_GT(o.used().received, 50U);
    EXPECT_EQ(o.used().deleted, 0U);
    EXPECT_GT(o.value("receive: p50"), 0);
}

TEST(queue, deletes_a_backlog_anew_in_each_round) {
    for (const auto client : {queue_client::calls, queue_client::consumer}) {
        auto p = short_plan(queue_mode::erase);
        p.client = client;
        p.seconds = 20;
        p.threads = 2;
        const auto o = must_run(p);
        ASSERT_EQ(o.raw.rounds.size(), 2U) << to_string(client);
        for (const load_window& r : o.raw.rounds) {
            // All but the lead of a tenth, and what was under way at either end.
            EXPECT_GT(r.used.deleted, 1'200U) << to_string(client);
            EXPECT_LE(r.used.deleted, 2'000U) << to_string(client);
            EXPECT_LT(r.ended - r.began, std::chrono::seconds{20}) << "a round ends with its backlog";
        }
        EXPECT_LE(o.value("API calls a message"), 0.25) << to_string(client);
        EXPECT_GT(o.value("delete batch fill"), 9) << to_string(client);
        EXPECT_GT(o.value("server CPU a message"), 0);
    }
}

TEST(queue, makes_round_trips) {
    for (const auto client : {queue_client::calls, queue_client::consumer})
        for (const bool fifo : {false, true}) {
            auto p = short_plan(queue_mode::roundtrip);
            p.client = client;
            p.fifo = fifo;
            p.queues = 2;
            p.groups = 20;
            const auto o = must_run(p);
            EXPECT_GT(o.used().deleted, 0U) << to_string(client) << fifo;
            EXPECT_GT(o.value("message: p50"), 0) << to_string(client) << fifo;
            EXPECT_TRUE(o.has("heap allocations a message"));
        }
}

TEST(queue, keeps_the_rate_of_an_open_loop) {
    for (const auto client : {queue_client::calls, queue_client::consumer}) {
        auto p = short_plan(queue_mode::roundtrip);
        p.client = client;
        p.rate = 500;
        p.seconds = 2;
        p.threads = 2;
        const auto o = must_run(p);
        EXPECT_NEAR(o.value("messages carried"), 500, 150) << to_string(client);
        EXPECT_GT(o.value("message: p50"), 0) << to_string(client);
    }
}

TEST(queue, measures_a_floor_in_turns) {
    auto p = short_plan(queue_mode::erase);
    p.floor = true;
    p.seconds = 20;
    const auto o = must_run(p);
    ASSERT_EQ(o.raw.floor_us.size(), 2U);
    const auto cpu = std::find_if(o.said.figures.begin(), o.said.figures.end(),
                                  [](const figure& f) { return f.name.starts_with("client CPU"); });
    ASSERT_TRUE(cpu->floor && cpu->ratio);
    EXPECT_GT(*cpu->floor, 0);
    EXPECT_GT(*cpu->ratio, 1) << "a client that costs less than the bytes and digests";
}

TEST(queue, of_many_hears_the_quiet_ones) {
    auto p = short_plan(queue_mode::many);
    p.queues = 40;
    p.busy = 2;
    p.rounds = 1;
    p.seconds = 1;
    const auto o = must_run(p);
    EXPECT_EQ(o.value("quiet queues whose message came"), 38);
    EXPECT_GT(o.value("first message of a quiet queue: p50"), 0);
    EXPECT_EQ(o.raw.alone.size(), 1U);
}

TEST(queue, report_is_a_page_with_plots) {
    const auto p = short_plan(queue_mode::roundtrip);
    const auto o = must_run(p);
    const auto html = queue_html(p, o.raw, o.said);
    for (const char* part :
         {"<svg", "Messages carried a second", "CPU time a message", "roundtrip", "p99.99", "seed"})
        EXPECT_THAT(html, testing::HasSubstr(part));
}

TEST(queue, says_what_is_wrong) {
    const auto why = [](queue_plan p) {
        const auto ran = run_queue(p, nullptr);
        return ran ? std::string{} : ran.error().message;
    };
    ::setenv("AWS_ACCESS_KEY_ID", "test", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "test", 1);
    auto p = short_plan(queue_mode::send);
    p.program = "/nowhere/trainyard";
    EXPECT_THAT(why(p), testing::HasSubstr("cannot run /nowhere/trainyard"));
    p = short_plan(queue_mode::send);
    p.endpoint = "http://127.0.0.1:1";
    p.region = "us-east-1";
    EXPECT_THAT(why(p), testing::HasSubstr("127.0.0.1:1"));
    p = short_plan(queue_mode::receive);
    p.rate = 5;
    EXPECT_THAT(why(p), testing::HasSubstr("--rate"));
    p = short_plan(queue_mode::send);
    p.body_bytes = 1U << 20U;
    EXPECT_THAT(why(p), testing::HasSubstr("1 MiB"));
    p = short_plan(queue_mode::send);
    p.threads = 8;
    EXPECT_THAT(why(p), testing::HasSubstr("--connections 4"));
    p = short_plan(queue_mode::fill);
    EXPECT_THAT(why(p), testing::HasSubstr("--endpoint"));
    p = short_plan(queue_mode::many);
    EXPECT_THAT(why(p), testing::HasSubstr("--queues 1 must be above --busy 5"));
    p = short_plan(queue_mode::send);
    p.endpoint = "http://127.0.0.1:1";
    p.queue_urls = {"http://127.0.0.1:1/1/a.fifo"};
    EXPECT_THAT(why(p), testing::HasSubstr("set --fifo"));
}

TEST(message_maker, makes_bodies_of_the_asked_size_that_carry_their_time) {
    queue_plan p;
    p.fifo = true;
    p.groups = 3;
    const mono_time at{std::chrono::seconds{123'456}};
    std::vector<std::string> seen;
    for (const std::size_t bytes : {body_bytes_min, std::size_t{100}, std::size_t{300}, std::size_t{5'000}}) {
        p.body_bytes = bytes;
        message_maker maker(p, 1);
        for (const auto& e : maker.batch(at, 10)) {
            EXPECT_EQ(e.body.size(), bytes);
            EXPECT_EQ(intended_of(e.body), at);
            EXPECT_TRUE(json::document::parse(e.body).has_value()) << e.body;
            EXPECT_THAT(e.group_id, testing::AnyOf("g0", "g1", "g2"));
            seen.push_back(e.deduplication_id);
        }
    }
    EXPECT_EQ(seen[0], "1-1-0");
    EXPECT_EQ(seen[9], "1-1-9");
    message_maker other(p, 2);
    EXPECT_EQ(other.batch(at, 1)[0].deduplication_id, "1-2-0");
    EXPECT_FALSE(intended_of("a stranger's body").has_value());
    EXPECT_FALSE(intended_of(R"({"sent":          nonsense})").has_value());
    EXPECT_FALSE(intended_of(R"({"sent":)").has_value());
}

// What the command line makes of its arguments; the exit code of parsing.
int parse(std::vector<std::string> words, bool* would_run = nullptr) {
    CLI::App app;
    action run;
    add_queue(app, run, nullptr);
    add_compare(app, run);
    std::reverse(words.begin(), words.end());
    try {
        app.parse(words);
    } catch (const CLI::ParseError& e) {
        return e.get_exit_code();
    }
    if (would_run != nullptr) *would_run = static_cast<bool>(run);
    return 0;
}

TEST(command_line, takes_what_the_readme_says) {
    bool would_run = false;
    EXPECT_EQ(parse({"queue",        "--mode",    "delete",    "--client", "calls",         "--fifo",
                     "--body-bytes", "1000",      "--batch",   "5",        "--connections", "8",
                     "--threads",    "2",         "--queues",  "3",        "--groups",      "7",
                     "--duration",   "1.5",       "--warmup",  "0.5",      "--rounds",      "3",
                     "--messages",   "100",       "--seed",    "9",        "--endpoint",    "aws",
                     "--region",     "eu-west-1", "--profile", "x",        "--linger-ms",   "5",
                     "--json",       "--report",  "r.html"},
                    &would_run),
              0);
    EXPECT_TRUE(would_run);
    EXPECT_EQ(parse({"compare", "a.json", "b.json", "--threshold", "0.2", "--json"}), 0);
}

TEST(command_line, refuses_what_makes_no_sense) {
    EXPECT_NE(parse({"queue", "--mode", "sideways"}), 0);
    EXPECT_NE(parse({"queue", "--batch", "11"}), 0);
    EXPECT_NE(parse({"queue", "--body-bytes", "63"}), 0);
    EXPECT_NE(parse({"queue", "--connections", "0"}), 0);
    EXPECT_NE(parse({"queue", "--duration", "0"}), 0);
    EXPECT_NE(parse({"queue", "--client", "pigeon"}), 0);
    EXPECT_NE(parse({"compare", "a.json"}), 0);
}

}  // namespace
}  // namespace trainyard::bench
