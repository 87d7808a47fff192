// Starts and looks within the budget of each operation of each kind, and what events do when looks are dear.
#include "scheduler/dispatcher/core.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace trainyard::dispatcher {
namespace {

namespace effect = lifecycle::effect;
using lifecycle::kind;

class Core : public ::testing::Test {
protected:
    static config::fleet fleet() {
        const std::string yaml =
            "installation: test\nledger: ledger.db\nadmin: off\nreconcile_seconds: 30\n"
            "accounts:\n  - {id: \"111111111111\", execution_role: arn:aws:iam::111111111111:role/exec, "
            "bucket: s3://b,\n"
            "     regions: [us-east-1], limits: {ml.m5.xlarge: 1000}}\n"
            "tenants:\n  - {name: vision}\nqueues:\n  - {name: jobs, region: us-east-1, tenants: [vision]}\n";
        return config::parse_fleet(yaml, "fleet.yaml", "/", {}).value();
    }
    void accept(kind k, int n) {
        for (int i = 0; i < n; ++i) {
            lifecycle::incoming_message m;
            m.queue = "jobs";
            m.message_id = std::to_string(++messages);
            m.body =
                k == kind::training
                    ? R"({"kind":"training","request":{"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}",)"
                      R"("OutputDataConfig":{},"StoppingCondition":{},"ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}})"
                    : R"({"kind":"processing","request":{"AppSpecification":{},"RoleArn":"${pool.execution_role}",)"
                      R"("ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}}})";
            ASSERT_TRUE(c.machine().handle_message(m, "h", c.rules("jobs"), at.wall));
        }
    }
    // A turn whose starts are paid for as far as the budget allows, and accepted.
    void turn() {
        auto b = c.turn(at, 1'000);
        for (const auto& e : b.effects)
            if (const auto* create = std::get_if<effect::create>(&e)) waiting.push_back(*create);
        for (auto i = waiting.begin(); i != waiting.end();) {
            if (!c.pay(i->pool, i->kind, &pool_budgets::create, at)) {
                ++i;
                continue;
            }
            ++sent[i->kind];
            names.push_back(i->name);
            c.machine().handle_create(i->job, i->attempt, lifecycle::create_outcome::accepted, "arn",
                                      at.wall);
            i = waiting.erase(i);
        }
        most_waiting = std::max(most_waiting, waiting.size());
    }
    void pass(duration d) {
        at.wall += d;
        at.mono += d;
    }

    instant at{from_unix_seconds(1'800'000'000), mono_time{} + 1h};
    core c{fleet(), {}, 1, at};
    std::vector<effect::create> waiting;
    std::vector<std::string> names;
    std::map<kind, int> sent;
    std::size_t most_waiting = 0;
    int messages = 0;
};

const std::string pool = "111111111111/us-east-1";

TEST_F(Core, StartsOfOneKindTakeItsWholeBudgetAndNoMore) {
    accept(kind::training, 500);
    for (int i = 0; i < 5'000; ++i, pass(20ms)) turn();
    EXPECT_GE(sent[kind::training], 97);
    EXPECT_LE(sent[kind::training], 102) << "1/s for 100 s, and one second's burst";
    EXPECT_LE(most_waiting, 3U) << "intents do not pile up";
}

// Three jobs start, those of training last; the last one is refused, and AWS says that the limit of training
// is 1.
class StatedLimit : public Core {
protected:
    policy::amount learned() {
        std::vector<effect::create> all;
        std::size_t paid = 0;
        for (int i = 0; i < 100 && paid < 3; ++i, pass(1s)) {
            const auto batch = c.turn(at, 1'000);
            for (const auto& e : batch.effects)
                if (const auto* create = std::get_if<effect::create>(&e)) all.push_back(*create);
            while (paid < all.size() && c.pay(all[paid].pool, all[paid].kind, &pool_budgets::create, at))
                ++paid;
        }
        EXPECT_EQ(paid, 3U);
        std::ranges::sort(all, {}, [](const effect::create& e) { return e.kind == kind::training; });
        for (std::size_t i = 0; i < all.size(); ++i)
            c.machine().handle_create(
                all[i].job, all[i].attempt,
                i < 2 ? lifecycle::create_outcome::accepted : lifecycle::create_outcome::refused_by_quota,
                i < 2
                    ? "arn"
                    : "The account-level service limit 'ml.m5.xlarge for training job usage' is 1 Instances",
                at.wall);
        static_cast<void>(c.turn(at, 1'000));
        return c.policy().pools().front().learned.at("ml.m5.xlarge");
    }
};

TEST_F(StatedLimit, BoundsWhatIsLearnedWhereAllJobsAreOfItsUse) {
    accept(kind::training, 3);
    EXPECT_EQ(learned(), policy::amount{1});
}

TEST_F(StatedLimit, SaysNothingOfAnotherUseThatIsCountedWithIt) {
    accept(kind::training, 2);
    accept(kind::processing, 1);
    EXPECT_EQ(learned(), policy::amount{2});
}

TEST_F(Core, KindsHaveBudgetsOfTheirOwn) {
    for (int i = 0; i < 250; ++i) {
        accept(kind::training, 1);
        accept(kind::processing, 1);
    }
    for (int i = 0; i < 5'000; ++i, pass(20ms)) turn();
    EXPECT_GE(sent[kind::training] + sent[kind::processing], 190) << "alternating jobs use both";
    EXPECT_LE(sent[kind::training], 102);
    EXPECT_LE(sent[kind::processing], 102);
    EXPECT_LE(most_waiting, 6U);
}

TEST_F(Core, AKindWhoseBudgetIsSpentStopsNoOther) {
    accept(kind::training, 500);
    accept(kind::processing, 50);
    for (int i = 0; i < 2'000; ++i, pass(20ms)) turn();
    EXPECT_GE(sent[kind::training], 38);
    EXPECT_GE(sent[kind::processing], 38) << "behind five hundred that wait for theirs";
    EXPECT_LE(most_waiting, 2U) << "an intent is recorded just before its call may leave";
}

TEST_F(Core, ManyEventsBringAListingForwardInsteadOfManyLooks) {
    accept(kind::training, 60);
    for (int i = 0; i < 700; ++i, pass(100ms)) turn();
    ASSERT_EQ(names.size(), 60U);
    for (auto& p : c.pages_due(at)) c.handle_page(p, {true, "", at.wall}, at);
    pass(10s);
    EXPECT_TRUE(c.pages_due(at).empty());
    std::size_t looks = 0;
    for (const std::string& name : names) {
        c.handle_event({"111111111111", "us-east-1", kind::training, name, "Completed"}, at);
        c.handle_event({"999999999999", "us-east-1", kind::training, name, "Completed"}, at);
        for (const auto& e : c.turn(at, 1'000).effects)
            looks += std::holds_alternative<effect::describe>(e) ? 1 : 0;
    }
    EXPECT_GE(looks, 10U);
    EXPECT_LE(looks, 12U) << "as many as two seconds of the budget pay for";
    const auto pages = c.pages_due(at);
    ASSERT_EQ(pages.size(), 1U) << "one page tells of the rest";
    EXPECT_EQ(pages[0].where, (lifecycle::stream{pool, kind::training, ""}));
}

// A pool with room for one job, and a policy that preempts.
class Preempting : public Core {
protected:
    static config::fleet narrow() {
        const std::string yaml =
            "installation: test\nledger: ledger.db\nadmin: off\n"
            "accounts:\n  - {id: \"111111111111\", execution_role: arn:aws:iam::111111111111:role/exec, "
            "bucket: s3://b,\n"
            "     regions: [us-east-1], limits: {ml.m5.xlarge: 1}}\n"
            "tenants:\n  - {name: vision}\n"
            "queues:\n  - {name: jobs, region: us-east-1, tenants: [vision], max_priority: high}\n"
            "policy: {order: priority, preemption: {within: lower_priority, protected_seconds: 0}}\n";
        return config::parse_fleet(yaml, "fleet.yaml", "/", {}).value();
    }
    lifecycle::job_id job(const std::string& priority) {
        lifecycle::incoming_message m;
        m.queue = "jobs";
        m.message_id = priority;
        m.body =
            R"({"kind":"training","priority":")" + priority +
            R"(","preemptible":true,"request":{"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}",)"
            R"("OutputDataConfig":{},"StoppingCondition":{},"ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}})";
        return d.machine().handle_message(m, "h", d.rules("jobs"), at.wall).value();
    }
    template <class Effect>
    std::vector<Effect> next() {
        pass(2s);
        std::vector<Effect> out;
        for (const auto& e : d.turn(at, 10).effects)
            if (const auto* found = std::get_if<Effect>(&e)) out.push_back(*found);
        if constexpr (std::is_same_v<Effect, effect::create>) {
            for (const auto& create : out)
                EXPECT_TRUE(d.pay(create.pool, create.kind, &pool_budgets::create, at));
        }
        return out;
    }
    lifecycle::state state(lifecycle::job_id id) const { return d.machine().find(id)->state; }

    core d{narrow(), {}, 1, at};
};

TEST_F(Preempting, AVictimIsStoppedOnceItRunsAndComesBackAfterTheOther) {
    using lifecycle::state;
    const auto low = job("low");
    ASSERT_EQ(next<effect::create>().size(), 1U);
    const auto high = job("high");
    EXPECT_TRUE(next<effect::stop>().empty()) << "nobody knows yet whether it runs";
    d.machine().handle_create(low, 1, lifecycle::create_outcome::accepted, "arn", at.wall);
    const auto stops = next<effect::stop>();
    ASSERT_EQ(stops.size(), 1U);
    EXPECT_EQ(stops[0].job, low);
    EXPECT_TRUE(next<effect::stop>().empty()) << "once";
    d.machine().handle_stop(low, 1, true, at.wall);
    d.machine().handle_describe(low, 1, lifecycle::look_outcome::found, {"Stopped", "Stopped", ""}, at.wall);
    const auto creates = next<effect::create>();
    ASSERT_EQ(creates.size(), 1U);
    EXPECT_EQ(creates[0].job, high);
    EXPECT_EQ(state(low), state::pending);
    EXPECT_EQ(d.machine().find(low)->progress.uncharged, 1) << "it costs no attempt";
    d.machine().handle_create(high, 1, lifecycle::create_outcome::accepted, "arn", at.wall);
    d.machine().handle_describe(high, 1, lifecycle::look_outcome::found, {"Completed", "Completed", ""},
                                at.wall);
    const auto again = next<effect::create>();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].job, low);
    EXPECT_EQ(again[0].attempt, 2);
}

TEST_F(Core, StartsThatWaitForTheirBudgetAskForNoWaking) {
    accept(kind::training, 50);
    for (int i = 0; i < 20; ++i) {
        c.turn(at, 1'000);
        const auto wake = c.next_wakeup(at);
        EXPECT_TRUE(!wake || *wake > 0s) << "at once, again and again, would burn a processor";
    }
}

// What the fleet file says of a queue comes to its jobs.
TEST(CoreOrder, AMessageGroupStartsInTheOrderOfItsQueue) {
    const instant at{from_unix_seconds(1'800'000'000), mono_time{} + 1h};
    for (const std::string order : {"none", "start"}) {
        const std::string yaml =
            "installation: test\nledger: ledger.db\nadmin: off\nreconcile_seconds: 30\n"
            "accounts:\n  - {id: \"111111111111\", execution_role: arn:aws:iam::111111111111:role/exec, "
            "bucket: s3://b, api_rates: {create: 100, stop: 1, describe: 1, list: 1},\n"
            "     regions: [us-east-1], limits: {ml.m5.xlarge: 1000}}\n"
            "tenants:\n  - {name: vision}\nqueues:\n"
            "  - {name: jobs.fifo, region: us-east-1, tenants: [vision], group_order: " +
            order + "}\n";
        core c{config::parse_fleet(yaml, "fleet.yaml", "/", {}).value(), {}, 1, at};
        std::vector<lifecycle::job_id> jobs;
        for (int i = 0; i < 3; ++i) {
            lifecycle::incoming_message m;
            m.queue = "jobs.fifo";
            m.message_id = std::to_string(i);
            m.group_id = "g";
            m.body =
                R"({"kind":"processing","request":{"AppSpecification":{},"RoleArn":"${pool.execution_role}",)"
                R"("ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}}})";
            jobs.push_back(c.machine().handle_message(m, "h", c.rules("jobs.fifo"), at.wall).value());
        }
        std::vector<lifecycle::job_id> started;
        for (int i = 0; i < 3; ++i) {
            const auto b = c.turn(at, 1'000);
            std::size_t now = 0;
            for (const auto& e : b.effects)
                if (const auto* create = std::get_if<effect::create>(&e)) {
                    ++now;
                    started.push_back(create->job);
                    c.machine().handle_create(create->job, create->attempt,
                                              lifecycle::create_outcome::accepted, "arn", at.wall);
                }
            EXPECT_EQ(now, order == "none" ? (i == 0 ? 3U : 0U) : 1U);
            if (i == 0) {
                EXPECT_EQ(c.machine().held_by(jobs[2]).empty(), order == "none");
            }
        }
        EXPECT_EQ(started, jobs);
    }
}

}  // namespace
}  // namespace trainyard::dispatcher
