// Fair queues: a tenant that floods a standard queue does not make the others wait.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "aws/local/sqs/queue_store.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::local {
namespace {

using std::chrono::seconds;

class fair_queue : public testing::Test {
protected:
    wall_time at() const { return wall_time{std::chrono::hours(480'000) + seconds(now)}; }
    void send(const std::string& tenant, int count = 1) {
        for (int i = 0; i < count; ++i) {
            queue_message m;
            m.body = tenant.empty() ? "alone" : tenant;
            m.group_id = tenant;
            store.send(std::move(m), std::nullopt, at(), ids);
        }
    }
    // The bodies in order, as "a a b".
    std::string receive(std::size_t max, int visibility = 1'000) {
        std::string out;
        for (const auto& d : store.receive({max, seconds(visibility), 0, {}}, at(), ids).messages) {
            out.append(out.empty() ? "" : " ").append(d.message->body);
            handles.push_back(d.handle);
        }
        return out;
    }
    void receive_many(std::size_t count) {
        for (std::size_t n = 0; n < count; n += 10) receive(std::min<std::size_t>(10, count - n));
    }

    rng ids{7};
    std::int64_t now = 0;
    queue_store store{{}, 3};
    std::vector<std::string> handles;
};

TEST_F(fair_queue, order_is_that_of_arrival_while_nobody_is_noisy) {
    send("a"), send(""), send("b"), send("a");
    EXPECT_EQ(receive(10), "a alone b a");
}

TEST_F(fair_queue, thirty_in_flight_make_a_tenant_noisy) {
    send("a", 100);
    receive_many(29);
    send("b"), send("");
    EXPECT_EQ(receive(1), "a") << "29 are not enough";
    EXPECT_EQ(receive(3), "b alone a") << "the quiet ones first, and then all the same the noisy one";
}

TEST_F(fair_queue, a_tenth_of_what_is_in_flight_is_not_noisy) {
    for (int tenant = 0; tenant < 20; ++tenant) send("t" + std::to_string(tenant), 20);
    receive_many(400);
    send("x", 35);
    receive_many(35);
    send("x"), send("y");
    EXPECT_EQ(receive(2), "x y") << "36 of 437";
    send("x", 20);
    receive_many(20);
    send("x"), send("y");
    EXPECT_EQ(receive(1), "y") << "56 of 457";
}

TEST_F(fair_queue, among_noisy_tenants_the_one_with_fewest_in_flight_goes_first) {
    send("a", 40), send("b", 35);
    receive_many(40);
    send("a", 5);
    receive_many(35);
    send("b", 5);
    EXPECT_EQ(receive(2), "b b") << "35 in flight, the other 40, though its messages came first";
}

TEST_F(fair_queue, a_drained_backlog_makes_quiet) {
    send("a", 40);
    receive_many(40);
    for (const std::string& h : handles) store.remove(h, at());
    send("a"), send("b");
    EXPECT_EQ(receive(2), "a b");
}

TEST_F(fair_queue, five_minutes_without_a_send_make_quiet) {
    send("a", 50);
    receive_many(35);
    send("b", 2);
    now += 299;
    EXPECT_EQ(receive(1), "b");
    now += 1;
    EXPECT_EQ(receive(1), "a");
    EXPECT_EQ(receive(1), "a") << "and it stays so though more are in flight";
    send("a");
    EXPECT_EQ(receive(1), "b") << "until it sends";
}

TEST_F(fair_queue, what_is_shown_without_a_timeout_comes_once_in_an_answer) {
    send("a", 3);
    EXPECT_EQ(receive(10, 0), "a a a");
    EXPECT_EQ(receive(10, 0), "a a a");
}

// One tenant sends 100 messages a second, nine others one each; a consumer takes 50 a second and needs two
// seconds for each. Without fairness everybody would wait behind a backlog that grows by 59 a second.
TEST_F(fair_queue, quiet_tenants_wait_little_beside_a_noisy_one) {
    std::map<std::string, std::vector<std::int64_t>> dwell;
    std::map<std::int64_t, std::vector<std::string>> busy;  // handles by when their work is done
    for (; now < 120; ++now) {
        for (const std::string& h : busy[now]) store.remove(h, at());
        send("noisy", 100);
        for (int t = 0; t < 9; ++t) send("quiet" + std::to_string(t));
        for (int i = 0; i < 5; ++i)
            for (const auto& d : store.receive({10, seconds(60), 0, {}}, at(), ids).messages) {
                const auto waited = std::chrono::duration_cast<seconds>(at() - d.message->sent).count();
                dwell[d.message->body].push_back(waited);
                busy[now + 2].push_back(d.handle);
            }
    }
    std::size_t quiet = 0;
    for (const auto& [tenant, waits] : dwell) {
        if (tenant == "noisy") continue;
        quiet += waits.size();
        EXPECT_LE(*std::max_element(waits.begin(), waits.end()), 2) << tenant;
    }
    EXPECT_GE(quiet, 9U * 118U);
    EXPECT_GT(dwell["noisy"].back(), 40) << "whose backlog is its own";
    EXPECT_GT(dwell["noisy"].size(), 120U * 40U) << "all that the others leave over";
}

// Whatever is noisy when: nothing is lost, nothing comes twice, and the counts add up.
TEST_F(fair_queue, random_sequences_lose_nothing) {
    for (std::uint64_t seed = 1; seed <= test::runs(2'000) && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        rng dice{seed};
        store_settings settings;
        settings.noisy_from = 1 + dice.below(4);
        queue_store s{settings, 3};
        std::set<std::string> there;  // message ids
        std::vector<std::pair<std::string, std::string>> taken;
        now = 0;
        for (int step = 0; step < 120; ++step) {
            switch (dice.below(6)) {
                case 0:
                case 1: {
                    queue_message m;
                    if (dice.chance(0.8)) m.group_id = std::string(1, static_cast<char>('a' + dice.below(4)));
                    there.insert(s.send(std::move(m), seconds(dice.below(3)), at(), ids).id.str());
                    break;
                }
                case 2:
                case 3: {
                    std::set<std::string> once;
                    const auto visibility = seconds(dice.below(20));
                    for (const auto& d :
                         s.receive({1 + dice.below(10), visibility, 0, {}}, at(), ids).messages) {
                        const std::string id = d.message->id.str();
                        EXPECT_TRUE(there.contains(id) && once.insert(id).second);
                        taken.emplace_back(id, d.handle);
                    }
                    break;
                }
                case 4:
                    if (!taken.empty()) {
                        const auto& [id, handle] = taken[dice.below(taken.size())];
                        s.remove(handle, at());
                        there.erase(id);
                    }
                    break;
                default: now += static_cast<std::int64_t>(dice.below(dice.chance(0.1) ? 400 : 5));
            }
            const auto n = s.count(at());
            EXPECT_EQ(n.visible + n.in_flight + n.delayed, there.size());
        }
        now += 1'000;
        EXPECT_EQ(s.count(at()).visible, there.size());
        while (!there.empty() && !HasFailure()) {
            const auto got = s.receive({10, seconds(1'000), 0, {}}, at(), ids);
            EXPECT_FALSE(got.messages.empty());
            for (const auto& d : got.messages) EXPECT_EQ(there.erase(d.message->id.str()), 1U);
        }
    }
}

}  // namespace
}  // namespace trainyard::aws::local
