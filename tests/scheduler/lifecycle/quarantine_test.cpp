// A message that ends the program while it is read.
#include <map>

#include "tests/scheduler/lifecycle/fixture.hpp"

namespace trainyard::lifecycle {
namespace {

class Quarantine : public Machine {
protected:
    // A start that finds so many ends of the program inside the reading of `id`.
    void start(const std::string& id, int crashes) {
        m = machine{"prod", times, 7};
        m.restore_crashes({{dedup_key(test_message(test_body(), id)), crashes}});
        m.restore({}, now);
        step();
    }
    const job& receive(const std::string& id) {
        const auto made = m.handle_message(test_message(test_body(), id), "h", rules, now);
        step();
        return m.jobs().at(made.value());
    }
};

TEST_F(Quarantine, AMessageThatKeepsEndingTheProgramIsSetAsideUnread) {
    start("bad", times.reading_crashes);
    const job& j = receive("bad");
    EXPECT_EQ(j.state, state::rejected);
    EXPECT_NE(j.reason.find("the program ended 3 times while it read this message"), std::string::npos)
        << j.reason;
    EXPECT_TRUE(j.facts.name.empty()) << "unread";
    ASSERT_EQ(out.records.size(), 1U);
    EXPECT_EQ(out.records[0].body, test_body()) << "kept as it came";
    ASSERT_TRUE(out.records[0].mark) << "the count goes with the record";
    EXPECT_EQ(out.records[0].mark->times, 0);
    EXPECT_EQ(effects<effect::delete_message>(), 1U);
    EXPECT_EQ(m.counts().quarantined, 1U);
}

TEST_F(Quarantine, OneEndLessAndItIsRead) {
    start("unlucky", times.reading_crashes - 1);
    EXPECT_EQ(receive("unlucky").state, state::pending);
    ASSERT_TRUE(out.records[0].mark);
    EXPECT_EQ(out.records[0].mark->key, dedup_key(test_message(test_body(), "unlucky")));
    EXPECT_EQ(out.records[0].mark->times, 0) << "it was read, so nothing is held against it";
    EXPECT_EQ(m.counts().quarantined, 0U);
}

TEST_F(Quarantine, NobodyElseIsBlamed) {
    start("bad", times.reading_crashes);
    EXPECT_EQ(receive("good").state, state::pending);
    EXPECT_FALSE(out.records[0].mark);
    EXPECT_EQ(receive("bad").state, state::rejected);
}

TEST_F(Quarantine, ManyDeliveriesAreNoReason) {
    auto often = test_message(test_body(), "often");
    often.receive_count = 1'000;
    EXPECT_EQ(m.jobs().at(m.handle_message(often, "h", rules, now).value()).state, state::pending);
}

}  // namespace
}  // namespace trainyard::lifecycle
