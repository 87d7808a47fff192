// Marks of messages that are being read: durable before the reading, gone with the record that concludes it.
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

record mark(const std::string& key, int times) {
    record r;
    r.mark = record::reading{key, times};
    return r;
}

using marks = std::map<std::string, int>;

TEST(ledger_marks, stand_until_the_message_is_concluded) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        EXPECT_EQ(l->marks().value(), marks{});
        const std::vector<record> first{mark("jobs\nm:1", 1), mark("jobs\nd:'x'", 1)};
        ASSERT_TRUE(ok(l->commit(first)));
        const std::vector<record> again{mark("jobs\nm:1", 2)};
        ASSERT_TRUE(ok(l->commit(again)));
    }
    const auto l = open(dir / "l");
    EXPECT_EQ(l->marks().value(), (marks{{"jobs\nm:1", 2}, {"jobs\nd:'x'", 1}}));
    record accepted = accept(1);
    accepted.mark = record::reading{"jobs\nm:1", 0};
    const std::vector<record> conclude{accepted};
    ASSERT_TRUE(ok(l->commit(conclude)));
    EXPECT_EQ(l->marks().value(), (marks{{"jobs\nd:'x'", 1}}));
    EXPECT_EQ(l->load()->size(), 1U);
}

TEST(ledger_marks, are_of_a_message) {
    const directory dir;
    const auto l = open(dir / "l");
    const std::vector<record> wrong{mark("", 1)};
    const auto refused = l->commit(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::invalid_argument);
}

}  // namespace
}  // namespace trainyard::ledger::testing
