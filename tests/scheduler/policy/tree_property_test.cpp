// Random trees, random policies and random histories: gangs, dependencies, preemption, blocks, restarts.
// Every counter is recomputed after every step, and what the quota tree permits is computed once more, in the
// words of Kueue.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "engine/base/rng.hpp"
#include "tests/scheduler/policy/fixture.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> paths{"a", "a/x", "a/y", "a/y/u", "a/y/v", "b", "b/x", "c"};
const std::vector<std::string> leaves{"a/x", "a/y/u", "a/y/v", "b/x", "c"};

struct tree_settings {
    settings s;
    explicit tree_settings(rng& r) {
        s.order = static_cast<order>(r.below(4));
        s.backfill = static_cast<backfill>(r.below(5));
        s.packing = r.chance(0.5) ? packing::pack : packing::spread;
        s.half_life = r.chance(0.5) ? 0s : 3600s;
        s.aging_step = r.chance(0.2) ? 0s : 10min;
        if (r.chance(0.4)) s.kinds_max["k"] = amount{r.between(1, 3)};
        if (r.chance(0.4)) s.groups_max["sweep"] = amount{r.between(1, 3)};
        for (int p = 0; p < 3; ++p) {
            pool_config c = pool("p" + std::to_string(p), {{"g", amount{r.between(1, 12)}}});
            if (r.chance(0.6)) c.limits["h"] = amount{r.between(1, 8)};
            if (r.chance(0.2)) c.jobs_max = amount{r.between(1, 6)};
            if (r.chance(0.2)) c.backfill = static_cast<backfill>(r.below(5));
            if (r.chance(0.2)) c.order = static_cast<order>(r.below(4));
            s.pools.push_back(std::move(c));
        }
        for (const std::string& path : paths) {
            tenant_config t = tenant(path, static_cast<double>(r.between(1, 6)) / 2);
            for (const char* x : {"g", "h"}) {
                if (!r.chance(0.7)) continue;
                quota q{amount{r.between(0, 8)}, amount::unlimited()};
                if (r.chance(0.5)) q.borrowing_limit = amount{r.between(0, 6)};
                if (r.chance(0.4)) q.lending_limit = amount{r.between(0, 6)};
                t.quota[x] = r.chance(0.2) ? quota{q.nominal} : q;
            }
            if (r.chance(0.15)) t.jobs_max = amount{r.between(1, 6)};
            if (r.chance(0.2)) t.order = static_cast<order>(r.below(4));
            s.tenants.push_back(std::move(t));
        }
        if (r.chance(0.5)) {
            s.preemption.within = static_cast<preempt_within>(r.below(3));
            s.preemption.reclaim = static_cast<preempt_reclaim>(r.below(3));
            s.preemption.protected_runtime = r.between(0, 200) * 1s;
            s.preemption.victims_max = r.between(1, 4);
            s.preemption.nominal_stays = true;
        }
    }
};

// One draw a statement: the order of a call's arguments is the compiler's.
pending_job tree_job(rng& r, std::uint64_t id, wall_time now) {
    const std::string who = leaves[r.below(leaves.size())];
    const std::int64_t instances = r.between(1, 4);
    pending_job j = job(id, who, instances, static_cast<int>(r.between(0, 2)), now);
    if (r.chance(0.3)) j.demand.push_back({"h", r.between(1, 3)});
    if (r.chance(0.15)) j.fall_back = {{"h", r.between(1, 3)}};
    if (r.chance(0.2)) j.pools = {"p" + std::to_string(r.below(3)), "p1"};
    j.runtime = r.between(0, 2000) * 1s;
    j.preemptible = r.chance(0.6);
    if (r.chance(0.2)) j.kind = "k";
    if (r.chance(0.2)) j.group = "sweep";
    return j;
}

// Kueue's quota of a cohort tree, from what runs: usage of a node above what it does not lend is its
// parent's.
class kueue_tree {
public:
    kueue_tree(const settings& s, std::string resource) : s_(s), resource_(std::move(resource)) {}
    std::map<std::string, std::int64_t> own;  // usage by leaf

    bool admits(const std::string& leaf, std::int64_t n) const {
        const std::string top = leaf.substr(0, leaf.find('/'));
        if (!governed(top)) return true;
        return available(leaf) >= n;
    }
    // Whether the greatest subtree with `victim` and without `taker` uses its quota or more.
    bool keeps_quota(const std::string& victim, const std::string& taker) const {
        std::string branch = victim;
        while (!parent(branch).empty() && taker != parent(branch) && !taker.starts_with(parent(branch) + "/"))
            branch = parent(branch);
        return !governed(branch.substr(0, branch.find('/'))) || usage(branch) >= subtree_quota(branch);
    }

private:
    static constexpr std::int64_t endless = std::int64_t{1} << 40U;
    static std::string parent(const std::string& t) {
        const auto slash = t.rfind('/');
        return slash == std::string::npos ? "" : t.substr(0, slash);
    }
    std::vector<std::string> children(const std::string& t) const {
        std::vector<std::string> out;
        for (const std::string& p : paths)
            if (parent(p) == t && (!t.empty() || governed(p))) out.push_back(p);
        return out;
    }
    const quota* stated(const std::string& t) const {
        const auto it = std::ranges::find(s_.tenants, t, &tenant_config::name);
        if (it == s_.tenants.end()) return nullptr;
        const auto q = it->quota.find(resource_);
        return q == it->quota.end() ? nullptr : &q->second;
    }
    bool governed(const std::string& top) const {
        return std::ranges::any_of(
            paths, [&](const std::string& p) { return (p == top || p.starts_with(top + "/")) && stated(p); });
    }
    std::int64_t lending(const std::string& t) const {
        const quota* q = stated(t);
        return q && !q->lending_limit.is_unlimited() ? q->lending_limit.count() : endless;
    }
    std::int64_t subtree_quota(const std::string& t) const {
        const quota* q = stated(t);
        std::int64_t sum = q ? q->nominal.count() : 0;
        for (const std::string& c : children(t)) sum += std::min(subtree_quota(c), lending(c));
        return sum;
    }
    std::int64_t kept(const std::string& t) const {
        return std::max<std::int64_t>(0, subtree_quota(t) - lending(t));
    }
    std::int64_t usage(const std::string& t) const {
        const auto it = own.find(t);
        std::int64_t sum = it == own.end() ? 0 : it->second;
        for (const std::string& c : children(t)) sum += std::max<std::int64_t>(0, usage(c) - kept(c));
        return sum;
    }
    std::int64_t available(const std::string& t) const {
        if (t.empty()) return subtree_quota(t) - usage(t);
        const std::int64_t local = std::max<std::int64_t>(0, kept(t) - usage(t));
        std::int64_t from_parent = available(parent(t));
        if (const quota* q = stated(t); q && !q->borrowing_limit.is_unlimited())
            from_parent = std::min(from_parent, subtree_quota(t) - kept(t) -
                                                    std::max<std::int64_t>(0, usage(t) - kept(t)) +
                                                    q->borrowing_limit.count());
        return local + std::max<std::int64_t>(0, from_parent);
    }

    const settings& s_;
    std::string resource_;
};

struct tree_history {
    rng r;
    settings config;
    scheduler s;
    wall_time now = t0;
    std::uint64_t next_id = 1;
    struct known {
        pending_job job;
        std::string pool;
        bool fell_back = false;
        wall_time since{};
    };
    std::map<std::uint64_t, known> jobs;  // pool empty: waits
    std::set<std::uint64_t> stopping;
    std::map<wall_time, std::size_t> victims;
    std::uint64_t digest = 14695981039346656037ULL;  // FNV-1a of every decision
    std::size_t starts = 0, preemptions = 0, reclaimed = 0;

    explicit tree_history(std::uint64_t seed) : tree_history(rng{seed}) {}
    explicit tree_history(rng seeded) : r(seeded), config(tree_settings{r}.s), s(config) {}

    void note(std::string_view text) {
        for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    std::vector<std::uint64_t> which(bool started) const {
        std::vector<std::uint64_t> out;
        for (const auto& [id, k] : jobs)
            if (k.pool.empty() != started) out.push_back(id);
        return out;
    }
    const std::vector<demand_line>& held(const known& k) const {
        return k.fell_back ? k.job.fall_back : k.job.demand;
    }

    kueue_tree tree(const std::string& resource) const {
        kueue_tree t{config, resource};
        for (const auto& [id, k] : jobs)
            if (!k.pool.empty())
                for (const demand_line& d : held(k))
                    if (d.resource == resource) t.own[k.job.tenant] += d.instances;
        return t;
    }

    void add() {
        if (r.chance(0.1)) {  // a gang of two or three, of which one may come late
            const std::int64_t size = r.between(2, 3);
            const std::string name = "gang" + std::to_string(next_id);
            for (std::int64_t i = 0; i < size; ++i) {
                pending_job j = tree_job(r, next_id++, now);
                j.gang = name;
                j.gang_size = static_cast<std::size_t>(size);
                jobs[j.id] = {j, {}, false, {}};
                s.add(j);
            }
            return;
        }
        pending_job j = tree_job(r, next_id++, now);
        if (r.chance(0.15) && !jobs.empty()) {
            for (int i = 0; i < 2; ++i) j.depends_on.push_back(r.below(next_id));
            std::ranges::sort(j.depends_on);
            j.depends_on.erase(std::unique(j.depends_on.begin(), j.depends_on.end()), j.depends_on.end());
            std::erase(j.depends_on, j.id);
            j.when = static_cast<depends>(r.below(3));
        }
        jobs[j.id] = {j, {}, false, {}};
        s.add(j);
    }

    void decide(std::size_t max) {
        const auto before = jobs;
        const decision d = s.decide(now, max);
        ASSERT_LE(d.starts.size(), max + 2) << "more than the rest of a gang of three above the bound";
        for (const std::uint64_t id : d.unsatisfiable) {
            note("x" + std::to_string(id));
            ASSERT_EQ(jobs.erase(id), 1U);
        }
        for (const start& x : d.starts) {
            note(std::to_string(x.job) + "@" + x.pool);
            known& k = jobs.at(x.job);
            ASSERT_TRUE(k.pool.empty()) << "started twice";
            k.pool = x.pool;
            k.fell_back = x.fell_back;
            k.since = now;
            ++starts;
        }
        for (const preemption& p : d.preemptions) {
            note("!" + std::to_string(p.victim));
            const known& v = jobs.at(p.victim);
            ASSERT_FALSE(v.pool.empty());
            EXPECT_TRUE(v.job.preemptible);
            EXPECT_GE(now - v.since, config.preemption.protected_runtime);
            EXPECT_TRUE(stopping.insert(p.victim).second) << "stopped twice";
            ++victims[now];
            ++preemptions;
        }
        std::size_t in_window = 0;
        for (const auto& [at, n] : victims)
            if (at > now - config.preemption.window) in_window += n;
        // A window may begin anywhere in another: at most twice as many in any span of its length.
        EXPECT_LE(in_window, 2 * static_cast<std::size_t>(config.preemption.victims_max));
        if (!d.preemptions.empty()) check_nominal(d);
    }

    // Reclaiming leaves the victim's side of the tree with its quota.
    void check_nominal(const decision& d) {
        const std::string taker = jobs.at(d.preemptions[0].beneficiary).job.tenant;
        for (const preemption& p : d.preemptions) {
            if (p.beneficiary != d.preemptions[0].beneficiary) return;
            if (jobs.at(p.victim).job.tenant == taker) return;
        }
        for (const char* resource : {"g", "h"}) {
            kueue_tree t = tree(resource);
            for (const preemption& p : d.preemptions)
                for (const demand_line& l : held(jobs.at(p.victim)))
                    if (l.resource == resource) t.own[jobs.at(p.victim).job.tenant] -= l.instances;
            for (const preemption& p : d.preemptions) {
                const auto& demand = held(jobs.at(p.victim));
                if (!std::ranges::count(demand, resource, &demand_line::resource)) continue;
                EXPECT_TRUE(t.keeps_quota(jobs.at(p.victim).job.tenant, taker)) << "victim " << p.victim;
                ++reclaimed;
            }
        }
    }

    void step() {
        now += r.between(0, 300) * 1s;
        s.advance(now);
        switch (r.below(9)) {
            case 0:
            case 1:
            case 2:
                for (std::int64_t n = r.between(1, 4); n > 0; --n) add();
                break;
            case 3:
            case 4:
                if (const auto all = which(true); !all.empty()) {
                    const std::uint64_t id = all[r.below(all.size())];
                    s.release(id, r.chance(0.7) ? outcome::succeeded : outcome::failed);
                    jobs.erase(id);
                    stopping.erase(id);
                }
                break;
            case 5:
                if (const auto all = which(true); !all.empty()) {
                    const std::uint64_t id = all[r.below(all.size())];
                    s.requeue(id);
                    jobs.at(id).pool.clear();
                    stopping.erase(id);
                }
                break;
            case 6:
                if (const auto all = which(false); !all.empty()) {
                    const std::uint64_t id = all[r.below(all.size())];
                    if (s.remove(id))
                        jobs.erase(id);  // it may be unsatisfiable already, and told with the next decision
                }
                break;
            case 7:
                for (const std::uint64_t id : std::set<std::uint64_t>{stopping}) {
                    s.requeue(id);
                    jobs.at(id).pool.clear();
                }
                stopping.clear();
                break;
            default: break;
        }
        decide(r.chance(0.2) ? r.below(3) : 1000);
        s.check_invariants();
        check_quota();
    }

    void check_quota() {
        const kueue_tree g = tree("g"), h = tree("h");
        for (const std::uint64_t id : which(false)) {
            const explanation e = s.explain(id, now);
            const pending_job& j = jobs.at(id).job;
            if (!e.known || !j.gang.empty() ||
                (e.summary.starts_with("Waiting for") && e.summary.ends_with("on.")))
                continue;
            std::map<std::string, std::int64_t> need;
            for (const demand_line& d : j.demand) need[d.resource] += d.instances;
            const bool quota = g.admits(j.tenant, need["g"]) && h.admits(j.tenant, need["h"]);
            const bool said = !e.tenant_reason.starts_with("the quota");
            if (e.tenant_reason.starts_with("jobs of")) continue;
            EXPECT_EQ(said, quota) << "job " << id << ": " << e.tenant_reason;
        }
    }

    // With greedy backfill and nothing claimed, whatever fits has started.
    void check_conservation() {
        if (!stopping.empty() || config.preemption.within != preempt_within::never ||
            config.preemption.reclaim != preempt_reclaim::never)
            return;
        for (const pool_config& p : config.pools)
            if (p.backfill.value_or(config.backfill) != backfill::greedy) return;
        for (const std::uint64_t id : which(false)) {
            const explanation e = s.explain(id, now);
            if (!e.known || !jobs.at(id).job.gang.empty() || !jobs.at(id).job.depends_on.empty()) continue;
            EXPECT_TRUE(!e.tenant_reason.empty() || e.scores.empty()) << "job " << id << ": " << e.summary;
        }
    }
};

std::uint64_t run_tree(std::uint64_t seed, int steps, std::size_t& starts, std::size_t& preemptions) {
    tree_history h{seed};
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) h.step();
    h.decide(1000);
    h.check_conservation();
    starts += h.starts;
    preemptions += h.preemptions;
    return h.digest;
}

struct trees : testing::TestWithParam<std::uint64_t> {};
constexpr std::uint64_t parts = 10, in_part = trainyard::test::runs(2'000);
INSTANTIATE_TEST_SUITE_P(part, trees, testing::Range<std::uint64_t>(0, parts));

TEST_P(trees, keep_every_rule) {
    std::size_t starts = 0, preemptions = 0;
    for (std::uint64_t i = 0; i < in_part && !HasFailure(); ++i) {
        const std::uint64_t seed = GetParam() * in_part + i;
        SCOPED_TRACE("seed " + std::to_string(seed));
        run_tree(seed, 12, starts, preemptions);
    }
    EXPECT_GT(starts, in_part * 3) << "the histories hardly start anything";
    EXPECT_GT(preemptions, in_part / 50) << "the histories hardly preempt anything";
}

// The number was computed once; every compiler and every level of optimisation has to find it again.
TEST(tree, decisions_are_the_same_everywhere) {
    std::size_t starts = 0, preemptions = 0;
    std::uint64_t all = 0;
    for (std::uint64_t seed = 1'000'000; seed < 1'000'100; ++seed)
        all = all * 1099511628211ULL + run_tree(seed, 30, starts, preemptions);
    EXPECT_EQ(all, 15353180713564353081ULL);
}

TEST(tree, shrunk_histories_keep_every_rule) {
    const bool ok = rc::check("any seed, any length", [] {
        const auto seed = *rc::gen::arbitrary<std::uint64_t>();
        const int steps = *rc::gen::inRange(1, 40);
        std::size_t starts = 0, preemptions = 0;
        run_tree(seed, steps, starts, preemptions);
        RC_ASSERT(!testing::Test::HasFailure());
    });
    EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace trainyard::policy::test
