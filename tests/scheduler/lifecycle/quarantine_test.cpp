// A message that ends the program while it is read: the program here is a machine, and its end is its loss.
#include <map>

#include "tests/scheduler/lifecycle/fixture.hpp"

namespace trainyard::lifecycle {
namespace {

class Quarantine : public Machine {
protected:
    incoming_message message(const std::string& id, int receives) {
        auto got = test_message(test_body(), id);
        got.receive_count = receives;
        return got;
    }
    // Makes the last batch's marks durable.
    void commit() {
        for (const record& r : out.records) {
            if (!r.mark) continue;
            if (r.mark->times > 0)
                ledger[r.mark->key] = r.mark->times;
            else
                ledger.erase(r.mark->key);
        }
    }
    void restart() {
        const auto jobs = fold();
        m = machine{"prod", times, 7};
        m.restore_marks(ledger);
        m.restore(jobs, now);
        step();
    }
    std::map<std::string, int> ledger;
};

TEST_F(Quarantine, AMessageThatKeepsEndingTheProgramIsSetAsideUnread) {
    for (int receives = 3; receives < 5; ++receives) {
        EXPECT_FALSE(m.handle_message(message("bad", receives), "h", rules, now));
        step();
        commit();
        ASSERT_EQ(effects<effect::admit>(), 1U) << "the mark is durable before the message is read";
        EXPECT_EQ(effects<effect::delete_message>(), 0U);
        restart();
    }
    m.handle_message(message("bad", 5), "h5", rules, now);
    step();
    commit();
    ASSERT_EQ(m.jobs().size(), 1U);
    const job& j = m.jobs().begin()->second;
    EXPECT_EQ(j.state, state::rejected);
    EXPECT_NE(j.reason.find("the program ended 2 times while it read this message"), std::string::npos)
        << j.reason;
    EXPECT_EQ(out.records.back().body, test_body()) << "kept as it came";
    EXPECT_EQ(effects<effect::delete_message>(), 1U);
    EXPECT_TRUE(ledger.empty()) << "the mark is gone with the record";
    EXPECT_EQ(m.counts().quarantined, 1U);
}

TEST_F(Quarantine, AGoodMessageThatCameOftenIsReadAfterItsMark) {
    m.handle_message(message("good", 9), "h", rules, now);
    step();
    commit();
    EXPECT_EQ(ledger.size(), 1U);
    m.handle_admit(dedup_key(message("good", 9)), now);
    step();
    commit();
    EXPECT_TRUE(ledger.empty());
    EXPECT_EQ(m.jobs().begin()->second.state, state::pending);
    EXPECT_EQ(effects<effect::delete_message>(), 1U);
}

TEST_F(Quarantine, OneMessageIsMarkedAtATimeSoThatNobodyElseIsBlamed) {
    m.handle_message(message("bad", 3), "h", rules, now);
    m.handle_message(message("good", 3), "h", rules, now);
    m.handle_message(message("bad", 4), "newest", rules, now);
    step();
    commit();
    EXPECT_EQ(effects<effect::admit>(), 1U);
    EXPECT_EQ(ledger.size(), 1U);
    m.handle_admit(dedup_key(message("bad", 3)), now);
    step();
    commit();
    ASSERT_EQ(effects<effect::delete_message>(), 2U) << "each delivery is answered";
    EXPECT_EQ(std::get<effect::delete_message>(out.effects[1]).receipt_handle, "newest");
    EXPECT_EQ(effects<effect::admit>(), 1U) << "now the other";
    m.handle_admit("nobody", now);
    m.handle_admit(dedup_key(message("good", 3)), now);
    step();
    EXPECT_EQ(m.jobs().size(), 2U);
}

TEST_F(Quarantine, FewDeliveriesNeedNoMark) {
    EXPECT_TRUE(m.handle_message(message("a", 2), "h", rules, now));
    step();
    EXPECT_EQ(effects<effect::admit>(), 0U);
}

}  // namespace
}  // namespace trainyard::lifecycle
