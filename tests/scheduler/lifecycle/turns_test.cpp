// The order of FIFO message groups: whose turn it is to start.
#include "tests/scheduler/lifecycle/fixture.hpp"

namespace trainyard::lifecycle {
namespace {

using namespace std::chrono_literals;

class Turns : public Machine {
protected:
    incoming_message message(const std::string& name, const std::string& group,
                             const std::string& envelope = "") {
        auto got = test_message(R"({"kind":"training","name":")" + name + "\"" + envelope + R"(,"request":)" +
                                    test_request() + "}",
                                name);
        got.group_id = group;
        return got;
    }
    job_id take(const std::string& name, const std::string& group, const std::string& envelope = "") {
        const auto id = m.handle_message(message(name, group, envelope), "h", rules, now);
        step();
        return id.value_or(0);
    }
    void under(group_rule r) { rules.group_order = r; }
    void step() {
        Machine::step();
        for (const auto& c : out.quota)
            if (const auto* p = std::get_if<quota::make_pending>(&c)) ++ready[p->job];
    }
    void pass(duration d) {
        now += d;
        m.handle_time(now);
        step();
    }
    void accept(job_id id) {
        m.handle_create(id, attempt(id), create_outcome::accepted, "", now);
        step();
        pass(0s);
    }
    void see(job_id id, const sighting& what) {
        m.handle_describe(id, attempt(id), look_outcome::found, what, now);
        step();
        pass(0s);
    }
    // The program ends, and another one begins with what is on the disk.
    void restart() {
        const auto jobs = fold();
        m = machine{"prod", times, 7};
        ready.clear();
        m.restore(jobs, now);
        step();
        pass(0s);
    }
    int times_ready(job_id id) const { return ready.contains(id) ? ready.at(id) : 0; }

    std::map<job_id, int> ready;  // how often each came to the scheduler
};

TEST_F(Turns, WithoutARuleNobodyWaits) {
    const job_id a = take("a", "g"), b = take("b", "g");
    EXPECT_EQ(times_ready(a), 1);
    EXPECT_EQ(times_ready(b), 1);
    EXPECT_EQ(m.held_by(b), "");
}

TEST_F(Turns, TheNextStartsWhenTheFormerWasStarted) {
    under(group_rule::start);
    const job_id a = take("a", "g"), b = take("b", "g"), c = take("c", "g"), other = take("d", "h"),
                 free = take("e", "");
    EXPECT_EQ(times_ready(a), 1);
    EXPECT_EQ(times_ready(b), 0);
    EXPECT_EQ(times_ready(other), 1) << "groups go beside each other";
    EXPECT_EQ(times_ready(free), 1) << "of no group";
    EXPECT_EQ(m.held_by(b), "waits for its turn in message group g of queue jobs: " + to_text(a) +
                                " (a) has not started yet");
    start(a);
    pass(0s);
    EXPECT_EQ(times_ready(b), 0) << "nobody knows yet whether it was started";
    accept(a);
    EXPECT_EQ(times_ready(b), 1);
    EXPECT_EQ(times_ready(c), 0);
    EXPECT_EQ(m.held_by(b), "");
    start(b);
    accept(b);
    EXPECT_EQ(times_ready(c), 1);
}

TEST_F(Turns, AStartOfUnknownFateIsNoneUntilItIsFound) {
    under(group_rule::start);
    const job_id a = take("a", "g"), b = take("b", "g");
    start(a);
    restart();
    ASSERT_EQ(state_of(a), state::starting);
    EXPECT_EQ(times_ready(b), 0);
    m.handle_verify(a, 1, look_outcome::found, {"InProgress", "", ""}, tags(a), now);
    step();
    pass(0s);
    EXPECT_EQ(state_of(a), state::running);
    EXPECT_EQ(times_ready(b), 1);
}

TEST_F(Turns, ARefusedStartIsNone) {
    under(group_rule::start);
    const job_id a = take("a", "g"), b = take("b", "g");
    for (const auto how : {create_outcome::refused_for_now, create_outcome::refused_by_quota}) {
        start(a);
        m.handle_create(a, 1, how, "no", now);
        step();
        pass(2min);
        EXPECT_EQ(times_ready(b), 0);
        restart();
        EXPECT_EQ(times_ready(b), 0);
        pass(2min);
    }
    start(a);
    accept(a);
    EXPECT_EQ(times_ready(b), 1);
}

TEST_F(Turns, ARetryOfTheFormerIsNotWaitedForUnlessItsEndIs) {
    for (const auto rule : {group_rule::start, group_rule::end}) {
        m = machine{"prod", times, 7};
        journal.clear();
        ready.clear();
        under(rule);
        const job_id a = take("a", "g", R"(,"max_attempts":3)"), b = take("b", "g");
        start(a);
        accept(a);
        see(a, {"Failed", "Failed", "InternalServerError: x"});
        ASSERT_EQ(state_of(a), state::pending);
        EXPECT_EQ(times_ready(b), rule == group_rule::start ? 1 : 0);
        restart();
        EXPECT_EQ(times_ready(b), rule == group_rule::start ? 1 : 0);
        pass(20min);
        start(a);
        restart();
        EXPECT_EQ(times_ready(b), rule == group_rule::start ? 1 : 0) << "its second start is under way";
    }
}

TEST_F(Turns, TheNextStartsWhenTheFormerHasEnded) {
    under(group_rule::end);
    const job_id a = take("a", "g"), b = take("b", "g");
    start(a);
    accept(a);
    EXPECT_EQ(times_ready(b), 0);
    EXPECT_EQ(m.held_by(b), "waits for its turn in message group g of queue jobs: " + to_text(a) +
                                " (a) has not ended yet");
    restart();
    EXPECT_EQ(times_ready(b), 0);
    see(a, {"Completed", "Completed", ""});
    EXPECT_EQ(times_ready(b), 1);
    restart();
    EXPECT_EQ(times_ready(b), 1);
}

// However the first one ends, the second is ready once, and not before.
TEST_F(Turns, NobodyWaitsForEver) {
    using end_it = std::function<void(job_id)>;
    const std::map<std::string, end_it> ends{
        {"cancelled", [&](job_id a) { m.handle_cancel(a, now); }},
        {"impossible", [&](job_id a) { m.handle_impossible(a, "no pool has it", now); }},
        {"expired", [&](job_id) { pass(61s); }},
        {"refused",
         [&](job_id a) {
             start(a);
             m.handle_create(a, 1, create_outcome::refused_request, "wrong", now);
         }},
        {"a stranger's name",
         [&](job_id a) {
             start(a);
             m.handle_create(a, 1, create_outcome::name_taken, "", now);
             m.handle_verify(a, 1, look_outcome::found, {"InProgress", "", ""}, {}, now);
         }},
        {"failed",
         [&](job_id a) {
             start(a);
             accept(a);
             see(a, {"Failed", "Failed", "AlgorithmError: x"});
         }},
    };
    for (const auto rule : {group_rule::start, group_rule::end})
        for (const auto& [name, end_first] : ends) {
            SCOPED_TRACE(name);
            m = machine{"prod", times, 7};
            journal.clear();
            ready.clear();
            under(rule);
            const job_id a = take("a", "g", R"(,"max_wait_seconds":60)"), b = take("b", "g"),
                         c = take("c", "g");
            ASSERT_EQ(times_ready(b), 0);
            end_first(a);
            step();
            pass(0s);
            EXPECT_TRUE(is_terminal(state_of(a)));
            EXPECT_EQ(times_ready(b), 1);
            EXPECT_EQ(times_ready(c), 0);
            // One that ends while it waits for its turn stands in nobody's way either.
            const job_id d = take("d", "g");
            m.handle_cancel(c, now);
            step();
            start(b);
            accept(b);
            see(b, {"Completed", "Completed", ""});
            EXPECT_EQ(times_ready(c), 0);
            EXPECT_EQ(times_ready(d), 1);
        }
}

TEST_F(Turns, ARejectedMessageHasNoTurn) {
    under(group_rule::end);
    auto broken = test_message("{", "broken");
    broken.group_id = "g";
    m.handle_message(broken, "h", rules, now);
    step();
    EXPECT_EQ(times_ready(take("b", "g")), 1);
}

// Each would wait for the other.
TEST_F(Turns, AJobCannotWaitForOneBehindIt) {
    for (const char* rule : {"all", "any", "always"}) {
        SCOPED_TRACE(rule);
        m = machine{"prod", times, 7};
        journal.clear();
        ready.clear();
        under(group_rule::start);
        const job_id a = take("a", "g", R"(,"depends_on":{")" + std::string{rule} + R"(":["b"]})");
        EXPECT_EQ(m.held_by(a), "waits for jobs that it depends on: b");
        const job_id b = take("b", "g");
        pass(0s);
        EXPECT_EQ(state_of(a), state::cancelled);
        EXPECT_EQ(m.find(a)->reason, "depends on b, which comes after it in its message group");
        pass(0s);
        EXPECT_EQ(times_ready(b), 1);
    }
}

TEST_F(Turns, ARuleIsTheJobsOwn) {
    under(group_rule::start);
    const job_id a = take("a", "g");
    under(group_rule::end);
    const job_id b = take("b", "g");
    under(group_rule::start);
    const job_id c = take("c", "g");
    start(a);
    accept(a);
    EXPECT_EQ(times_ready(b), 0);
    EXPECT_EQ(times_ready(c), 0);
    restart();
    EXPECT_EQ(times_ready(b), 0);
    see(a, {"Completed", "Completed", ""});
    EXPECT_EQ(times_ready(b), 1);
    start(b);
    accept(b);
    EXPECT_EQ(times_ready(c), 1);
}

}  // namespace
}  // namespace trainyard::lifecycle
