// Promises that the dispatcher's core keeps over many accounts, at a size that is quick: `trainyard-bench
// fleet` holds it to them at a thousand.
#include "bench/fleet_run.hpp"

#include <gtest/gtest.h>

namespace trainyard::bench {
namespace {

fleet_shape small() {
    fleet_shape s;
    s.accounts = 20;
    s.jobs = 4'000;
    s.messages_per_second = 2'000;
    return s;
}

TEST(fleet, with_events_uses_the_creates_it_has_and_sees_ends_within_seconds) {
    const fleet_outcome o = run_fleet(small());
    EXPECT_EQ(o.problem, "");
    EXPECT_GE(o.starts, 0.95 * o.starts_allowed);
    EXPECT_GT(o.starts, 3'000) << "most of the starts were judged";
    EXPECT_LE(o.seen_p99, 5);
    EXPECT_LE(o.assumed_most_per_40_minutes, 1);
    EXPECT_GE(o.assumed, 40U) << "roles expire within the run";
    EXPECT_EQ(o.throttled, 0U);
}

TEST(fleet, without_events_sees_ends_within_the_interval_of_reconciliation) {
    fleet_shape s = small();
    s.events = false;
    s.reconcile_seconds = 20;
    const fleet_outcome o = run_fleet(s);
    EXPECT_EQ(o.problem, "");
    EXPECT_GE(o.starts, 0.95 * o.starts_allowed);
    EXPECT_LE(o.seen_most, 20 + 1) << "and the calls themselves";
    EXPECT_GT(o.seen_p50, 5) << "there is nothing that would tell sooner";
}

TEST(fleet, one_seed_is_one_run) {
    fleet_shape s = small();
    s.accounts = 3;
    s.jobs = 300;
    const fleet_outcome a = run_fleet(s), b = run_fleet(s);
    EXPECT_EQ(a.steps, b.steps);
    EXPECT_EQ(a.lists, b.lists);
    EXPECT_EQ(a.seen_p99, b.seen_p99);
    s.seed = 2;
    EXPECT_NE(run_fleet(s).steps, a.steps);
}

}  // namespace
}  // namespace trainyard::bench
