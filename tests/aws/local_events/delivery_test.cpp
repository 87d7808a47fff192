#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "aws/local/events/delivery.hpp"

namespace trainyard::aws::local::events {
namespace {

const wall_time start = *parse_iso8601("2026-01-01T00:00:00Z");

delivery to(const std::string& target, const std::string& body) {
    delivery d;
    d.rule_arn = "arn:rule";
    d.target_arn = target;
    d.what = std::make_shared<const event>();
    d.body = body;
    return d;
}

struct outcome {
    std::map<std::string, std::map<std::string, int>> seen;  // target -> body -> copies
    std::map<std::string, std::vector<std::string>> order;
    delivery_machine::counts counts;
    duration latest{};
};

// `events` for each of three targets, 10 ms apart; runs until nothing is pending.
outcome run(const delivery_faults& faults, int events) {
    delivery_machine machine{faults};
    outcome out;
    wall_time now = start;
    const auto pump = [&](wall_time until) {
        for (auto due = machine.next(); due && *due <= until; due = machine.next()) {
            now = std::max(now, *due);
            for (const delivery_command& c : machine.take(now)) {
                EXPECT_GE(now, *due);
                ++out.seen[c.what.target_arn][c.what.body];
                out.order[c.what.target_arn].push_back(c.what.body);
                machine.report(c.number, {}, now);
            }
        }
        now = std::max(now, until);
    };
    for (int i = 0; i < events; ++i) {
        for (const char* target : {"a", "b", "c"}) machine.accept(to(target, std::to_string(i)), now);
        pump(now + 10ms);
    }
    pump(now + std::chrono::hours{100});
    out.counts = machine.counted();
    EXPECT_EQ(machine.pending(), 0U);
    EXPECT_EQ(out.counts.matched + out.counts.duplicated,
              out.counts.lost + out.counts.delivered + out.counts.dead_lettered + out.counts.dropped);
    return out;
}

TEST(delivery_test, without_faults_each_event_reaches_each_target_once_and_in_order) {
    const outcome got = run({}, 500);
    for (const char* target : {"a", "b", "c"}) {
        ASSERT_EQ(got.order.at(target).size(), 500U);
        for (int i = 0; i < 500; ++i)
            EXPECT_EQ(got.order.at(target)[static_cast<std::size_t>(i)], std::to_string(i));
    }
    EXPECT_EQ(got.counts.delivered, 1500U);
}

// Whatever the faults, what arrives agrees with what the machine says, and the machine with the
// probabilities.
TEST(delivery_test, counts_agree_with_what_arrives) {
    rng random{11};
    for (int round = 0; round < 40; ++round) {
        delivery_faults f;
        f.loss = random.unit() * 0.5;
        f.duplicate = random.unit() * 0.5;
        f.failure = random.unit() * 0.5;
        f.reorder = random.unit() * 0.5;
        f.delay_high = duration{random.between(0, 5'000'000'000)};
        f.seed = random.next_u64();
        constexpr int events = 200;
        const outcome got = run(f, events);
        std::uint64_t copies = 0, missing = 0;
        for (const auto& [target, bodies] : got.seen) {
            for (const auto& [body, n] : bodies) {
                ASSERT_GE(n, 1);
                ASSERT_LE(n, 2);
                copies += static_cast<std::uint64_t>(n);
            }
            missing += events - bodies.size();
        }
        EXPECT_EQ(copies, got.counts.delivered);
        EXPECT_EQ(missing, got.counts.lost);
        EXPECT_EQ(copies - (3 * events - missing), got.counts.duplicated);
        EXPECT_NEAR(static_cast<double>(got.counts.lost), f.loss * 600, 75) << "seed " << f.seed;
        EXPECT_NEAR(static_cast<double>(got.counts.duplicated), f.duplicate * (1 - f.loss) * 600, 75);
    }
}

TEST(delivery_test, the_same_seed_gives_the_same_run) {
    delivery_faults f;
    f.loss = f.duplicate = f.reorder = f.failure = 0.2;
    f.delay_high = 3s;
    EXPECT_EQ(run(f, 100).order, run(f, 100).order);
    delivery_faults g = f;
    g.seed = 2;
    EXPECT_NE(run(f, 100).order, run(g, 100).order);
}

bool in_order(const std::vector<std::string>& bodies) {
    return std::is_sorted(bodies.begin(), bodies.end(), [](const std::string& a, const std::string& b) {
        return std::stoi(a) < std::stoi(b);
    });
}

TEST(delivery_test, delays_keep_the_order_and_reordering_does_not) {
    delivery_faults f;
    f.delay_low = 1s;
    f.delay_high = 5s;
    EXPECT_TRUE(in_order(run(f, 200).order.at("a")));
    f.reorder = 0.3;
    EXPECT_FALSE(in_order(run(f, 200).order.at("a")));
}

TEST(delivery_test, a_delay_is_within_its_range) {
    delivery_faults f;
    f.delay_low = 2s;
    f.delay_high = 4s;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        f.seed = seed;
        delivery_machine machine{f};
        machine.accept(to("a", "x"), start);
        EXPECT_GE(*machine.next(), start + 2s);
        EXPECT_LE(*machine.next(), start + 4s);
    }
}

// Fails every attempt; gives how often, and the dead letter's attributes.
std::pair<unsigned, std::map<std::string, std::string>> fail_always(delivery d, const delivery_outcome& how) {
    delivery_machine machine{{}};
    machine.accept(std::move(d), start);
    unsigned attempts = 0;
    wall_time now = start;
    while (machine.next()) {
        now = *machine.next();
        for (const delivery_command& c : machine.take(now)) {
            if (c.dead_letter) return {attempts, c.attributes};
            ++attempts;
            machine.report(c.number, how, now);
        }
    }
    EXPECT_EQ(machine.counted().dropped, 1U);
    return {attempts, {}};
}

TEST(delivery_test, retries_end_in_the_dead_letter_queue) {
    using kind = delivery_outcome::kind;
    delivery d = to("a", "x");
    d.retry = {3, std::chrono::seconds{86'400}};
    EXPECT_EQ(fail_always(d, {kind::failed, "THROTTLING", "slow"}).first, 4U);  // and dropped
    d.dead_letter_arn = "arn:dead";
    auto [attempts, attributes] = fail_always(d, {kind::failed, "THROTTLING", "slow"});
    EXPECT_EQ(attempts, 4U);
    EXPECT_EQ(attributes,
              (std::map<std::string, std::string>{{"RULE_ARN", "arn:rule"},
                                                  {"TARGET_ARN", "a"},
                                                  {"ERROR_CODE", "THROTTLING"},
                                                  {"ERROR_MESSAGE", "slow"},
                                                  {"RETRY_ATTEMPTS", "3"},
                                                  {"EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"}}));
    d.retry = {185, std::chrono::seconds{60}};
    EXPECT_EQ(fail_always(d, {kind::failed, "T", "m"}).second.at("EXHAUSTED_RETRY_CONDITION"),
              "MaximumEventAgeInSeconds");
    std::tie(attempts, attributes) = fail_always(d, {kind::refused, "NO_PERMISSIONS", "m"});
    EXPECT_EQ(attempts, 1U);
    EXPECT_EQ(attributes.at("RETRY_ATTEMPTS"), "0");
    EXPECT_FALSE(attributes.contains("EXHAUSTED_RETRY_CONDITION"));
}

TEST(delivery_test, what_waits_is_bounded) {
    delivery_faults f;
    f.delay_low = f.delay_high = 1s;
    delivery_machine machine{f};
    for (std::size_t i = 0; i < max_pending_deliveries + 3; ++i) machine.accept(to("a", ""), start);
    EXPECT_EQ(machine.pending(), max_pending_deliveries);
    EXPECT_EQ(machine.counted().overflowed, 3U);
}

TEST(delivery_faults_test, reads_what_it_says) {
    const auto f =
        parse_delivery_faults("loss=0.1,duplicate=0.05,failure=1,reorder=0.5,delay=250ms..2s,seed=42");
    ASSERT_TRUE(f);
    EXPECT_EQ(f->loss, 0.1);
    EXPECT_EQ(f->duplicate, 0.05);
    EXPECT_EQ(f->failure, 1);
    EXPECT_EQ(f->reorder, 0.5);
    EXPECT_EQ(f->delay_low, 250ms);
    EXPECT_EQ(f->delay_high, 2s);
    EXPECT_EQ(f->seed, 42U);
    EXPECT_EQ(parse_delivery_faults("delay=0..5s")->delay_high, 5s);
    EXPECT_EQ(parse_delivery_faults("delay=1..2m")->delay_low, 1min);
    EXPECT_EQ(parse_delivery_faults("delay=3s")->delay_low, 3s);
    EXPECT_TRUE(parse_delivery_faults(""));
    for (const char* bad : {"loss", "loss=2", "loss=-1", "loss=x", "delay=5..1", "delay=2h", "delay=-1s",
                            "seed=x", "speed=1", "loss=0.1;", "delay=61m", "loss=nan"})
        EXPECT_FALSE(parse_delivery_faults(bad)) << bad;
}

}  // namespace
}  // namespace trainyard::aws::local::events
