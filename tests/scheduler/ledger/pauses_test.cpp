// What an operator has paused outlives the program, and is part of a backup.
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

using lifecycle::pause;

record pausing(pause which, bool on, std::int64_t at = 1'800'000'000) {
    record r;
    r.pausing = {std::move(which), on};
    r.when = from_unix_seconds(static_cast<double>(at));
    return r;
}

TEST(ledger_pauses, stand_until_they_are_resumed) {
    const directory dir;
    const wall_time since = from_unix_seconds(1'800'000'000);
    {
        const auto l = open(dir / "l");
        EXPECT_TRUE(l->pauses()->empty());
        const std::vector<record> first{pausing({}, true), pausing({pause::of::tenant, "a:b'%"}, true),
                                        pausing({pause::of::queue, "jobs"}, true), accept(1)};
        ASSERT_TRUE(ok(l->commit(first)));
        const std::vector<record> second{pausing({}, false),
                                         pausing({pause::of::pool, "never paused"}, false)};
        ASSERT_TRUE(ok(l->commit(second)));
    }
    const auto l = open(dir / "l");
    EXPECT_EQ(l->pauses().value(), (lifecycle::pauses{{{pause::of::tenant, "a:b'%"}, since},
                                                      {{pause::of::queue, "jobs"}, since}}));
    EXPECT_EQ(l->load()->size(), 1U);
    EXPECT_TRUE(l->marks()->empty());
}

TEST(ledger_pauses, are_of_something_and_of_no_job) {
    for (const pause& wrong : {pause{pause::of::tenant, ""}, pause{pause::of::fleet, "x"}}) {
        const directory dir;
        const auto l = open(dir / "l");
        const auto refused = l->commit(std::vector<record>{pausing(wrong, true)});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, errc::invalid_argument);
    }
    const directory dir;
    const auto l = open(dir / "l");
    record of_a_job = accept(1);
    of_a_job.pausing = {pause{}, true};
    EXPECT_FALSE(l->commit(std::vector<record>{of_a_job}));
}

TEST(ledger_pauses, text_names_one_thing) {
    EXPECT_EQ(lifecycle::to_text(pause{}), "fleet:");
    EXPECT_EQ(lifecycle::parse_pause("pool:1/us-east-1"), (pause{pause::of::pool, "1/us-east-1"}));
    for (const char* wrong : {"", "fleet", "fleet:x", "pool:", "tenants:x", ":x"})
        EXPECT_FALSE(lifecycle::parse_pause(wrong)) << wrong;
}

}  // namespace
}  // namespace trainyard::ledger::testing
