// Random fleets and random histories; the seed in a failure message reproduces it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/rng.hpp"
#include "tests/scheduler/policy/fixture.hpp"
#include "tests/scheduler/policy/reference.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t fleets =
    trainyard::test::runs(500);  // in each of `parts` tests, which run in parallel
constexpr std::uint64_t parts = 5;
constexpr int steps = 40;
const std::vector<std::string> resources{"g", "h", "x"};

amount some_limit(rng& r) {
    return r.chance(0.1) ? amount::unlimited() : amount{r.between(0, 6)};
}

std::vector<std::string> some_of(rng& r, const std::vector<std::string>& names) {
    std::vector<std::string> out;
    if (r.chance(0.6)) return out;
    for (const std::string& n : names)
        if (r.chance(0.5)) out.push_back(n);
    return out;
}

settings random_fleet(rng& r) {
    settings s;
    s.order = static_cast<order>(r.below(3));
    s.aging_step = r.chance(0.2) ? 0s : 10min;
    std::vector<std::string> pool_names;
    for (std::int64_t i = r.between(1, 4); i > 0; --i) {
        pool_config p;
        p.name = pool_names.emplace_back("p" + std::to_string(i));
        for (const std::string& x : resources)
            if (r.chance(0.8)) p.limits[x] = some_limit(r);
        if (r.chance(0.3)) p.jobs_max = amount{r.between(0, 5)};
        p.preference = static_cast<int>(r.below(2));
        s.pools.push_back(p);
    }
    for (std::int64_t i = r.between(1, 4); i > 0; --i) {
        tenant_config t = tenant("t" + std::to_string(i), static_cast<double>(r.between(1, 6)) / 2);
        for (const std::string& x : resources)
            if (r.chance(0.3)) t.quota[x] = some_limit(r);
        if (r.chance(0.3)) t.jobs_max = amount{r.between(0, 5)};
        t.pools = some_of(r, pool_names);
        s.tenants.push_back(t);
    }
    return s;
}

pending_job random_job(rng& r, const settings& s, std::uint64_t id, wall_time now) {
    pending_job j =
        job(id, s.tenants[r.below(s.tenants.size())].name, 0, static_cast<int>(r.between(-1, 2)), now);
    j.demand.clear();
    for (const std::string& x : resources)
        if (r.chance(0.45)) j.demand.push_back({x, r.between(1, 3)});
    std::vector<std::string> names;
    for (const pool_config& p : s.pools) names.push_back(p.name);
    j.pools = some_of(r, names);
    return j;
}

// One history applied to the scheduler and to the reference.
struct history {
    rng r;
    reference expected;
    scheduler actual;
    wall_time now = t0;
    std::uint64_t next_id = 1;
    std::vector<std::string> log;  // every decision
    std::size_t restored = 0;

    explicit history(std::uint64_t seed) : history(rng{seed}) {}
    explicit history(rng seeded) : r(seeded), expected(random_fleet(r)), actual(expected.config()) {}

    std::string some_pool() { return expected.config().pools[r.below(expected.config().pools.size())].name; }
    std::string some_tenant() {
        return expected.config().tenants[r.below(expected.config().tenants.size())].name;
    }
    void pause_tenant(const std::string& name, bool paused) {
        expected.pause_tenant(name, paused);
        actual.pause_tenant(name, paused);
    }
    void pause_pool(const std::string& name, bool paused) {
        expected.pause_pool(name, paused);
        actual.pause_pool(name, paused);
    }
    void resume_all() {
        pause_tenant("", false);
        for (const tenant_config& t : expected.config().tenants) pause_tenant(t.name, false);
        for (const pool_config& p : expected.config().pools) pause_pool(p.name, false);
    }
    template <class F>
    void with_some(const std::vector<std::uint64_t>& v, F f) {
        if (!v.empty()) f(v[r.below(v.size())]);
    }

    void decide(std::size_t max) {
        const auto want = placed(expected.decide(now, max)), got = placed(actual.decide(now, max));
        ASSERT_EQ(got, want);
        log.insert(log.end(), got.begin(), got.end());
    }

    void step() {
        now += r.between(0, 400) * 1s;
        const std::string pool = some_pool();
        const std::string resource = resources[r.below(resources.size())];
        switch (r.below(14)) {
            case 0:
            case 1:
            case 2:
                for (std::int64_t n = r.between(1, 4); n > 0; --n) {
                    const pending_job j = random_job(r, expected.config(), next_id++, now);
                    expected.add(j);
                    actual.add(j);
                }
                break;
            case 3:
                with_some(expected.waiting(), [&](std::uint64_t id) {
                    expected.remove(id);
                    EXPECT_TRUE(actual.remove(id));
                });
                break;
            case 4:
            case 5:
                with_some(expected.started(), [&](std::uint64_t id) {
                    expected.release(id);
                    actual.release(id);
                });
                break;
            case 6:
                with_some(expected.started(), [&](std::uint64_t id) {
                    expected.requeue(id);
                    actual.requeue(id);
                });
                break;
            case 7: {
                const std::int64_t n = r.between(0, 4);
                expected.set_start_budget(pool, n);
                actual.set_start_budget(pool, n);
                break;
            }
            case 8: {
                const wall_time until = now + r.between(-100, 1500) * 1s;
                expected.block(pool, resource, until);
                actual.block(pool, resource, until);
                break;
            }
            case 9:
                expected.unblock(pool, resource);
                actual.unblock(pool, resource);
                break;
            case 10:
                if (r.chance(0.2)) {
                    const pending_job j = random_job(r, expected.config(), next_id++, now);
                    expected.restore(j, pool);
                    actual.restore(j, pool);
                    ++restored;
                }
                break;
            case 11: pause_tenant(r.chance(0.2) ? "" : some_tenant(), r.chance(0.4)); break;
            case 12: pause_pool(pool, r.chance(0.4)); break;
            default: decide(r.below(4));
        }
    }

    // What explain() says of every waiting job is what the rules say.
    void check_explanations() {
        for (const std::uint64_t id : expected.waiting()) {
            const pending_job& j = expected.job(id);
            const explanation e = actual.explain(id, now);
            ASSERT_TRUE(e.known && e.pending);
            EXPECT_EQ(e.tenant_reason.empty(), expected.tenant_allows(j)) << "job " << id;
            for (const pool_config& p : expected.config().pools) {
                const bool refused =
                    std::ranges::any_of(e.pool_reasons, [&](const auto& x) { return x.first == p.name; });
                EXPECT_EQ(refused, !expected.pool_takes(j, p, now)) << "job " << id << " in " << p.name;
            }
        }
    }

    // Nothing that waits could start.
    void check_conservation() {
        for (const std::uint64_t id : expected.waiting()) {
            const pending_job& j = expected.job(id);
            if (!expected.tenant_allows(j)) continue;
            for (const pool_config& p : expected.config().pools)
                EXPECT_FALSE(expected.pool_takes(j, p, now)) << "job " << id << " could start in " << p.name;
        }
    }

    void check_limits() {
        if (restored > 0) return;  // check_invariants() bounds what restore() may exceed
        for (const pool_usage& p : actual.pools()) {
            EXPECT_LE(p.jobs, p.jobs_max);
            for (const auto& [x, used] : p.used) EXPECT_LE(used, p.limits.at(x)) << p.pool;
        }
        for (const tenant_usage& t : actual.tenants()) {
            EXPECT_LE(t.jobs, t.jobs_max);
            for (const auto& [x, quota] : t.quota) EXPECT_LE(t.used.at(x), quota) << t.tenant;
        }
    }
};

struct histories : testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(part, histories, testing::Range<std::uint64_t>(0, parts));

TEST_P(histories, agree_with_the_reference) {
    std::size_t decisions = 0;
    for (std::uint64_t i = 0; i < fleets && !HasFailure(); ++i) {
        const std::uint64_t seed = GetParam() * fleets + i;
        SCOPED_TRACE("seed " + std::to_string(seed));
        history h{seed};
        for (int k = 0; k < steps && !HasFailure(); ++k) {
            h.step();
            h.actual.check_invariants();
            h.check_limits();
            ASSERT_EQ(h.actual.pending(), h.expected.waiting().size());
            ASSERT_EQ(h.actual.reserved(), h.expected.started().size());
        }
        h.check_explanations();
        h.decide(1'000);
        h.check_conservation();
        h.check_explanations();
        h.resume_all();
        h.check_explanations();
        h.decide(1'000);
        h.check_conservation();
        h.check_limits();
        h.actual.check_invariants();
        decisions += h.log.size();
    }
    EXPECT_GT(decisions, fleets * 4) << "the histories hardly start anything";
}

TEST(property, the_same_calls_give_the_same_decisions) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        history a{seed}, b{seed};
        for (int i = 0; i < steps; ++i) {
            a.step();
            b.step();
        }
        ASSERT_EQ(a.log, b.log) << "seed " << seed;
    }
}

// What can start by an impossible() answer does start in an empty fleet, and nothing else does.
TEST(property, impossible_is_exact) {
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
        rng r{seed};
        const settings s = random_fleet(r);
        scheduler x(s);
        const pending_job j = random_job(r, s, 1, t0);
        const auto reason = x.impossible(j);
        x.add(j);
        ASSERT_EQ(x.decide(t0, 1).starts.empty(), reason.has_value())
            << "seed " << seed << ' ' << reason.value_or("possible");
    }
}

// |S_i/w_i - S_k/w_k| <= C (1/w_i + 1/w_k) at every start while all are backlogged, C the share of the
// largest job.
TEST(property, backlogged_tenants_stay_within_one_job_of_their_weighted_share) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        rng r{seed};
        settings s = fleet({}, {pool("p", {{"g", amount{60}}}), pool("q", {{"g", amount{60}}})});
        const std::int64_t size = r.between(1, 4);
        const std::int64_t n = r.between(2, 5);
        for (std::int64_t i = 0; i < n; ++i)
            s.tenants.push_back(tenant("t" + std::to_string(i), static_cast<double>(r.between(1, 8)) / 2));
        scheduler x(s);
        constexpr int rounds = 100;  // each starts one job, so nobody's backlog runs out
        std::uint64_t id = 0;
        for (int i = 0; i < rounds; ++i)
            for (const tenant_config& t : s.tenants) x.add(job(++id, t.name, size));
        const double c = static_cast<double>(size) / 120;  // the pools hold 120
        std::vector<std::uint64_t> running;
        for (int round = 0; round < rounds; ++round) {
            const auto starts = x.decide(t0, 1).starts;
            if (starts.empty()) {  // the fleet is full: everything ends, and it fills again
                for (const std::uint64_t done : running) x.release(done);
                running.clear();
                continue;
            }
            running.push_back(starts[0].job);
            const auto use = x.tenants();
            for (std::size_t i = 0; i < use.size(); ++i)
                for (std::size_t k = 0; k < i; ++k)
                    ASSERT_LE(std::abs(use[i].share - use[k].share),
                              c * (1 / s.tenants[i].weight + 1 / s.tenants[k].weight) + 1e-12)
                        << "seed " << seed << " round " << round;
        }
    }
}

// README: of priority q, only jobs submitted less than (q - p + 1) steps after a job of priority p can go
// before it.
TEST(property, aging_bounds_the_wait_behind_higher_priorities) {
    for (const order o : {order::fair, order::priority})
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            rng r{seed};
            settings s = fleet({tenant("a"), tenant("b")}, {pool("p", {{"g", amount{1}}})}, o);
            s.aging_step = 10min;
            scheduler x(s);
            wall_time now = t0 + r.between(0, 600) * 1s;
            const int high = static_cast<int>(r.between(1, 5));
            const wall_time low_came = now;
            x.add(job(1, "a", 1, 0, now));
            // One slot, and a job of the higher class arrives with every minute: more than the slot serves.
            std::uint64_t id = 1;
            std::optional<wall_time> low_started;
            while (!low_started && now < t0 + 24h) {
                x.add(job(++id, "a", 1, high, now));
                x.add(job(++id, o == order::priority ? "a" : "b", 1, high, now));
                const auto starts = x.decide(now, 1).starts;
                ASSERT_EQ(starts.size(), 1U);
                if (starts[0].job == 1) low_started = now;
                now += 1min;
                x.release(starts[0].job);
            }
            ASSERT_TRUE(low_started) << "starved, seed " << seed;
            // Two jobs a minute come before it for `high` steps, and the slot serves one a minute.
            EXPECT_LE(*low_started - low_came, 20min * high) << "seed " << seed;
            EXPECT_GE(*low_started - low_came, 10min * (high - 1))
                << "the higher class goes first, seed " << seed;
        }
}

TEST(property, without_aging_a_low_class_starves) {
    settings s = fleet({tenant("a")}, {pool("p", {{"g", amount{1}}})}, order::priority);
    s.aging_step = 0s;
    scheduler x(s);
    x.add(job(1, "a", 1, 0, t0));
    for (std::uint64_t id = 2; id < 2'000; ++id) {
        x.add(job(id, "a", 1, 1, t0 + static_cast<std::int64_t>(id) * 1min));
        const auto starts = x.decide(t0 + static_cast<std::int64_t>(id) * 1min, 1).starts;
        ASSERT_EQ(ids({starts, {}, {}}), std::vector{id});
        x.release(id);
    }
}

}  // namespace
}  // namespace trainyard::policy::test
