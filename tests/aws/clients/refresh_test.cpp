#include "aws/credentials/refresh.hpp"

#include <gtest/gtest.h>

namespace trainyard::aws {
namespace {

using action = refresh_machine::action;

class refresh : public testing::Test {
protected:
    refresh_machine make() { return refresh_machine{{}, rng{7}}; }
    credentials_snapshot set(const std::string& id, std::optional<duration> life) {
        sigv4::credentials k{id, secret{"s"}, secret{"t-" + id}, {}};
        if (life) k.expires_at = clock.wall() + *life;
        return std::make_shared<const sigv4::credentials>(std::move(k));
    }
    action want(refresh_machine& m) { return m.want(clock.mono(), clock.wall()); }
    void fetched(refresh_machine& m, result<credentials_snapshot> r) {
        m.fetched(std::move(r), clock.mono(), clock.wall());
    }
    error down{errc::unreachable, "sts is down"};
    manual_clock clock{*parse_iso8601("2026-01-01T00:00:00Z")};
};

TEST_F(refresh, one_fetch_serves_everyone) {
    auto m = make();
    EXPECT_EQ(want(m), action::fetch);
    EXPECT_EQ(want(m), action::wait);
    EXPECT_EQ(want(m), action::wait);
    fetched(m, set("A", 1h));
    EXPECT_EQ(want(m), action::use);
    EXPECT_EQ(m.current()->access_key_id, "A");
}

TEST_F(refresh, fetches_early_between_the_window_and_its_jitter) {
    auto m = make();
    want(m);
    fetched(m, set("A", 1h));
    // 20 % of an hour is 12 min before expiry, and the jitter is at most 6 min more.
    clock.advance(41min);
    EXPECT_EQ(want(m), action::use);
    clock.advance(7min);
    EXPECT_EQ(want(m), action::use_and_fetch);
    EXPECT_EQ(want(m), action::use);  // the others go on with the good set
    fetched(m, set("B", 1h));
    EXPECT_EQ(m.current()->access_key_id, "B");
    EXPECT_EQ(want(m), action::use);
}

TEST_F(refresh, roles_of_the_same_age_do_not_refresh_together) {
    int due = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        manual_clock c{clock.wall()};
        refresh_machine m{{}, rng{seed}};
        m.want(c.mono(), c.wall());
        m.fetched(set("A", 1h), c.mono(), c.wall());
        c.advance(45min);  // the middle of the jitter
        due += m.want(c.mono(), c.wall()) == action::use_and_fetch ? 1 : 0;
    }
    EXPECT_GT(due, 25);
    EXPECT_LT(due, 75);
}

TEST_F(refresh, short_lives_are_not_fetched_on_every_call) {
    auto m = make();
    want(m);
    fetched(m, set("A", 60s));
    EXPECT_EQ(want(m), action::use);
    clock.advance(31s);
    EXPECT_EQ(want(m), action::use_and_fetch);
}

TEST_F(refresh, failure_keeps_the_last_good_set_until_it_expires) {
    auto m = make();
    want(m);
    fetched(m, set("A", 1h));
    clock.advance(50min);
    EXPECT_EQ(want(m), action::use_and_fetch);
    fetched(m, down);
    EXPECT_EQ(want(m), action::use);
    clock.advance(59s);
    EXPECT_EQ(want(m), action::use);
    clock.advance(1s);
    EXPECT_EQ(want(m), action::use_and_fetch);
    fetched(m, down);
    clock.advance(9min);  // expired by its margin
    EXPECT_EQ(want(m), action::fetch);
    fetched(m, down);
    EXPECT_EQ(want(m), action::fail);
    EXPECT_EQ(m.last_error().message, "sts is down");
    clock.advance(1s);
    EXPECT_EQ(want(m), action::fetch);
    fetched(m, set("B", 1h));
    EXPECT_EQ(want(m), action::use);
}

TEST_F(refresh, an_expired_answer_is_a_failure) {
    auto m = make();
    want(m);
    fetched(m, set("A", -1s));
    EXPECT_EQ(want(m), action::fail);
    EXPECT_FALSE(m.current());
}

TEST_F(refresh, invalidate_drops_only_the_set_it_names) {
    auto m = make();
    want(m);
    fetched(m, set("A", 1h));
    const auto stale = m.current();
    m.invalidate(*stale);
    EXPECT_EQ(want(m), action::fetch);
    fetched(m, set("B", 1h));
    m.invalidate(*stale);
    EXPECT_EQ(want(m), action::use);
    EXPECT_EQ(m.current()->access_key_id, "B");
}

TEST_F(refresh, an_abandoned_fetch_is_taken_over) {
    auto m = make();
    EXPECT_EQ(want(m), action::fetch);
    EXPECT_EQ(want(m), action::wait);
    m.abandoned();
    EXPECT_EQ(want(m), action::fetch);
}

TEST_F(refresh, sets_without_expiry_are_kept) {
    auto m = make();
    want(m);
    fetched(m, set("A", std::nullopt));
    clock.advance(24h * 365);
    EXPECT_EQ(want(m), action::use);
}

TEST_F(refresh, an_expired_set_is_used_where_the_source_is_known_to_give_them) {
    refresh_options options;
    options.use_expired = true;
    refresh_machine m{options, rng{7}};
    want(m);
    fetched(m, set("A", 1h));
    clock.advance(50min);
    EXPECT_EQ(want(m), action::use_and_fetch);
    fetched(m, set("OLD", -1h));  // worse than what is held
    EXPECT_EQ(m.current()->access_key_id, "A");
    clock.advance(1h);
    EXPECT_EQ(want(m), action::use_and_fetch);
    fetched(m, set("B", -1s));
    EXPECT_EQ(m.current()->access_key_id, "B");
    EXPECT_EQ(want(m), action::use);
    clock.advance(60s);
    EXPECT_EQ(want(m), action::use_and_fetch);
    fetched(m, down);
    EXPECT_EQ(want(m), action::use);
    m.invalidate(*m.current());  // a service refuses it
    EXPECT_EQ(want(m), action::fail);
    clock.advance(1s);
    EXPECT_EQ(want(m), action::fetch);
    fetched(m, set("C", 1h));
    EXPECT_EQ(m.current()->access_key_id, "C");
}

}  // namespace
}  // namespace trainyard::aws
