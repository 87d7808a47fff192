// What an operator has paused: nothing of it starts, it holds up nobody, and it goes on once it is resumed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/base/rng.hpp"
#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

scheduler two_tenants(backfill b = backfill::greedy) {
    settings s = fleet({tenant("a"), tenant("a/x"), tenant("b")},
                       {pool("p", {{"g", amount{4}}}), pool("q", {{"g", amount{2}}})});
    s.backfill = b;
    return scheduler{s};
}

TEST(pause, of_a_tenant_holds_what_lies_below_it_and_nobody_else) {
    scheduler s = two_tenants();
    EXPECT_TRUE(s.pause_tenant("a", true));
    EXPECT_FALSE(s.pause_tenant("a", true));
    s.add(job(1, "a/x"));
    s.add(job(2, "b"));
    EXPECT_THAT(ids(s.decide(t0, 10)), ElementsAre(2));
    const explanation e = s.explain(1, t0);
    EXPECT_EQ(e.tenant_reason, "tenant a is paused");
    EXPECT_EQ(e.limited_at, "a");
    EXPECT_FALSE(e.estimated_start);
    EXPECT_FALSE(s.impossible(job(3, "a/x"))) << "it will be resumed";
    EXPECT_TRUE(s.pause_tenant("a", false));
    EXPECT_THAT(ids(s.decide(t0, 10)), ElementsAre(1));
    s.check_invariants();
}

TEST(pause, of_a_pool_leaves_the_others) {
    scheduler s = two_tenants();
    s.pause_pool("p", true);
    for (std::uint64_t id = 1; id <= 4; ++id) s.add(job(id, "b"));
    EXPECT_THAT(placed(s.decide(t0, 10)), ElementsAre("1@q", "2@q"));
    EXPECT_EQ(refusal(s, 3, t0), "the pool is paused");
    EXPECT_TRUE(s.pools()[0].paused);
    s.pause_pool("p", false);
    EXPECT_THAT(placed(s.decide(t0, 10)), ElementsAre("3@p", "4@p"));
}

TEST(pause, of_all_starts_waits_for_nothing) {
    scheduler s = two_tenants();
    s.add(job(1, "b"));
    s.pause_tenant("", true);
    EXPECT_THAT(ids(s.decide(t0, 10)), IsEmpty());
    EXPECT_FALSE(s.next_wakeup()) << "only an operator can help";
    EXPECT_EQ(s.explain(1, t0).tenant_reason, "all starts are paused");
    s.pause_tenant("", false);
    EXPECT_THAT(ids(s.decide(t0, 10)), ElementsAre(1));
}

TEST(pause, keeps_no_room_for_who_may_not_start) {
    for (const backfill b : {backfill::none, backfill::easy, backfill::easy_sjbf, backfill::conservative}) {
        scheduler s = two_tenants(b);
        s.add(job(1, "a", 3));
        EXPECT_THAT(ids(s.decide(t0, 10)), ElementsAre(1));
        pending_job next = job(2, "a", 4, 5, t0 + 1s);  // only p could hold it
        s.add(next);
        s.pause_pool("p", true);
        for (std::uint64_t id = 3; id <= 4; ++id) {
            pending_job j = job(id, "b", 1, 0, t0 + 2s);
            j.runtime = 1000h;
            s.add(j);
        }
        EXPECT_THAT(placed(s.decide(t0 + 3s, 10)), ElementsAre("3@q", "4@q")) << static_cast<int>(b);
        EXPECT_FALSE(s.explain(2, t0 + 3s).estimated_start);
        s.check_invariants();
    }
}

// Room that a victim leaves is not kept for a tenant that was paused meanwhile.
TEST(pause, ends_the_claim_of_who_preempts) {
    settings s = fleet(
        {tenant("a", 1, {{"g", {amount{2}, amount{0}}}}), tenant("b", 1, {{"g", {amount{2}, amount{2}}}})},
        {pool("p", {{"g", amount{4}}})});
    s.preemption.reclaim = preempt_reclaim::any;
    s.preemption.protected_runtime = 0s;
    scheduler x{s};
    for (std::uint64_t id = 1; id <= 4; ++id) {
        pending_job j = job(id, "b");
        j.preemptible = true;
        x.add(j);
    }
    ASSERT_EQ(x.decide(t0, 10).starts.size(), 4U);
    x.add(job(5, "a"));
    const decision d = x.decide(t0 + 1h, 10);
    ASSERT_EQ(d.preemptions.size(), 1U);
    x.pause_tenant("a", true);
    x.release(d.preemptions[0].victim);
    x.add(job(6, "b"));
    EXPECT_THAT(ids(x.decide(t0 + 2h, 10)), ElementsAre(6));
    x.check_invariants();
}

struct paused_world {
    rng r;
    scheduler s;
    wall_time now = t0;
    std::map<std::uint64_t, pending_job> waiting, started;
    std::set<std::string> tenants, pools;  // paused
    std::size_t starts = 0, preemptions = 0, held_back = 0;

    static settings made_of(std::uint64_t seed) {
        settings s = fleet({tenant("a", 2, {{"g", {amount{4}, amount{3}}}}), tenant("a/x"), tenant("a/y"),
                            tenant("b", 1, {{"g", {amount{3}, amount{4}}}})},
                           {pool("p", {{"g", amount{4}}}), pool("q", {{"g", amount{3}}})});
        s.order = static_cast<order>(seed % 4);
        s.backfill = static_cast<backfill>(seed / 4 % 5);
        s.preemption.reclaim = preempt_reclaim::any;
        s.preemption.within = preempt_within::lower_priority;
        s.preemption.protected_runtime = 1min;
        if (seed % 3 == 0) s.pools[1].backfill = backfill::conservative;
        return s;
    }
    explicit paused_world(std::uint64_t seed) : r(seed), s(made_of(seed)) {}

    bool is_paused(const std::string& tenant) const {
        return tenants.contains("") || tenants.contains(tenant) || tenants.contains(tenant.substr(0, 1));
    }
    void decide() {
        const decision d = s.decide(now, 100);
        for (const start& x : d.starts) {
            ASSERT_TRUE(waiting.contains(x.job));
            EXPECT_FALSE(is_paused(waiting.at(x.job).tenant)) << x.job << " of a paused tenant";
            EXPECT_FALSE(pools.contains(x.pool)) << x.job << " in a paused pool";
            started.insert(waiting.extract(x.job));
            ++starts;
        }
        for (const preemption& p : d.preemptions) {
            EXPECT_FALSE(is_paused(waiting.at(p.beneficiary).tenant)) << "room for a paused tenant";
            ++preemptions;
        }
        for (const auto& [id, j] : waiting) held_back += is_paused(j.tenant) ? 1 : 0;
        s.check_invariants();
    }
    void end(std::uint64_t id) {
        s.release(id);
        started.erase(id);
    }
    void toggle(std::set<std::string>& names, const std::string& name, bool tenant) {
        const bool on = names.insert(name).second;
        if (!on) names.erase(name);
        EXPECT_TRUE(tenant ? s.pause_tenant(name, on) : s.pause_pool(name, on));
    }
    void step(std::uint64_t id) {
        now += r.between(0, 300) * 1s;
        const std::vector<std::string> leaves{"a/x", "a/y", "b"}, nodes{"", "a", "a/x", "b"}, all{"p", "q"};
        switch (r.below(6)) {
            case 0:
            case 1: {
                pending_job j =
                    job(id, leaves[r.below(3)], r.between(1, 3), static_cast<int>(r.below(3)), now);
                j.preemptible = r.chance(0.6);
                j.runtime = r.between(1, 50) * 1min;
                if (r.chance(0.3)) j.pools = {all[r.below(2)]};
                waiting[id] = j;
                s.add(j);
                break;
            }
            case 2:
                if (!started.empty()) end(started.begin()->first);
                break;
            case 3: toggle(tenants, nodes[r.below(4)], true); break;
            case 4: toggle(pools, all[r.below(2)], false); break;
            default: break;
        }
        decide();
    }
    void resume_all() {
        for (const std::string& t : std::set<std::string>{tenants}) toggle(tenants, t, true);
        for (const std::string& p : std::set<std::string>{pools}) toggle(pools, p, false);
    }
};

TEST(pause, keeps_everything_back_and_resume_wakes_all) {
    std::size_t starts = 0, preemptions = 0, held_back = 0;
    for (std::uint64_t seed = 0; seed < 400 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        paused_world w{seed};
        for (std::uint64_t i = 1; i <= 60; ++i) w.step(i);
        w.resume_all();
        while (!w.waiting.empty()) {
            w.now += 1h;
            const std::size_t before = w.starts;
            w.decide();
            for (const auto& [id, j] : std::map<std::uint64_t, pending_job>{w.started}) w.end(id);
            ASSERT_TRUE(w.starts > before || !w.waiting.empty());
            if (w.starts == before) {
                w.decide();
                ASSERT_GT(w.starts, before) << "with everything free, somebody sleeps on";
            }
        }
        EXPECT_EQ(w.s.pending(), 0U);
        starts += w.starts;
        preemptions += w.preemptions;
        held_back += w.held_back;
    }
    EXPECT_GT(starts, 4'000U);
    EXPECT_GT(preemptions, 100U) << "the worlds preempt nobody";
    EXPECT_GT(held_back, 10'000U) << "the worlds hold nobody back";
}

}  // namespace
}  // namespace trainyard::policy::test
