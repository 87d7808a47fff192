// Logs of real clusters against schedules and figures that others have published for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/base/json.hpp"
#include "tests/scheduler/sim/fixture.hpp"

namespace trainyard::sim {
namespace {

#define NEED_TRACE(variable, name)     \
    const auto variable = trace(name); \
    if (!variable) GTEST_SKIP() << why_no_trace(name)

workload read_log(const std::string& text) {
    auto w = read_swf(text, {});
    EXPECT_TRUE(w) << w.error().message;
    return std::move(*w);
}

// Start of each job by its number: in the published schedules field 3 is the wait in that schedule.
std::map<std::string, double> published_starts(const std::string& text) {
    std::map<std::string, double> out;
    std::istringstream lines{text};
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words{line};
        std::string number;
        double submit = 0, wait = 0;
        if (!line.starts_with(';') && words >> number >> submit >> wait) out[number] = submit + wait;
    }
    return out;
}

void expect_published_schedule(const std::string& text, std::int64_t units, std::size_t jobs,
                               policy::backfill fill) {
    const workload w = read_log(text);
    const auto starts = published_starts(text);
    ASSERT_EQ(w.jobs.size(), jobs);
    ASSERT_EQ(starts.size(), jobs);
    const simulator s = run(w, pool_of(units, policy::order::fifo, fill));
    std::size_t different = 0;
    for (std::size_t i = 0; i < jobs; ++i) {
        const double expected = starts.at(w.jobs[i].name), actual = to_seconds(s.record().outcomes[i].start);
        if (expected == actual) continue;
        if (++different <= 5)
            ADD_FAILURE() << "job " << w.jobs[i].name << " starts at " << actual << ", not " << expected;
    }
    EXPECT_EQ(different, 0U);
}

TEST(sim_trace, kth_sp2_starts_every_job_at_the_published_second) {
    NEED_TRACE(text, "pwa_kth_sp2.easy_exact.pyss.swf.gz");
    expect_published_schedule(*text, 100, 28'481, policy::backfill::easy);
}

TEST(sim_trace, sdsc_sp2_starts_every_job_at_the_published_second) {
    NEED_TRACE(text, "pwa_sdsc_sp2.easy_exact.pyss.swf.gz");
    expect_published_schedule(*text, 128, 54'006, policy::backfill::easy);
}

double slowdown_with_estimates(const std::string& text, std::int64_t units, policy::backfill fill) {
    const workload w = read_log(text);
    options o;
    o.exact_estimates = false;
    return summarise(w, run(w, pool_of(units, policy::order::fifo, fill), o), "").all.slowdown.mean;
}

TEST(sim_trace, with_user_estimates_slowdowns_are_near_the_published) {
    NEED_TRACE(kth, "pwa_kth_sp2.easy_reqtime.pyss.swf.gz");
    NEED_TRACE(sdsc, "pwa_sdsc_sp2.easy_reqtime.pyss.swf.gz");
    EXPECT_NEAR(slowdown_with_estimates(*kth, 100, policy::backfill::easy), 92.58, 0.03 * 92.58);
    EXPECT_NEAR(slowdown_with_estimates(*sdsc, 128, policy::backfill::easy), 87.87, 0.03 * 87.87);
}

TEST(sim_trace, shortest_job_backfill_is_near_the_published) {
    NEED_TRACE(text, "pwa_kth_sp2.easysjbf_exact.pyss.swf.gz");
    const workload w = read_log(*text);
    const simulator s = run(w, pool_of(100, policy::order::fifo, policy::backfill::easy_sjbf));
    EXPECT_NEAR(summarise(w, s, "").all.slowdown.mean, 49.8477, 0.03 * 49.8477);
    EXPECT_NEAR(slowdown_with_estimates(*text, 100, policy::backfill::easy_sjbf), 69.4054, 0.03 * 69.4054);
}

// Virtual clusters of Philly with their quota, as the notes of baselines.json derive it.
class philly : public testing::Test {
protected:
    void SetUp() override {
        const auto text = trace("philly_2017-10.csv.gz"), notes = trace("baselines.json");
        if (!text || !notes) GTEST_SKIP() << why_no_trace("philly_2017-10.csv.gz");
        auto read = read_csv(*text, {});
        ASSERT_TRUE(read) << read.error().message;
        jobs = std::move(*read);
        const auto document = json::document::parse(*notes);
        ASSERT_TRUE(document);
        const json::value stated = document->root().find("philly_2017_10_strict_partition").find("quota");
        for (auto q = stated.members().begin(); q != stated.members().end(); ++q)
            quota[std::string{q.key()}] = *(*q).integer();
        ASSERT_EQ(quota.size(), jobs.tenants.size());
    }
    policy::settings shared() const {
        policy::settings s = pool_of(656, policy::order::fair, policy::backfill::easy);
        for (const auto& [name, units] : quota) {
            policy::tenant_config t;
            t.name = name;
            t.weight = static_cast<double>(units);
            t.quota["unit"] = {policy::amount{units}, policy::amount::unlimited()};
            s.tenants.push_back(std::move(t));
        }
        return s;
    }
    // The mean wait of the tenant's jobs on a pool of its own, without those that are larger than it.
    double alone(const std::string& tenant) const {
        workload own;
        own.resources = jobs.resources;
        own.classes = jobs.classes;
        own.tenants.intern(tenant);
        for (const job& j : jobs.jobs) {
            if (jobs.tenants[j.tenant] != tenant || j.units() > quota.at(tenant)) continue;
            own.jobs.push_back(j);
            own.jobs.back().tenant = 0;
        }
        const simulator s = run(own, pool_of(quota.at(tenant), policy::order::fifo, policy::backfill::easy));
        return summarise(own, s, "").all.wait.mean;
    }
    workload jobs;
    std::map<std::string, std::int64_t> quota;
};

TEST_F(philly, one_pool_with_easy_waits_as_stated) {
    const summary f =
        summarise(jobs, run(jobs, pool_of(656, policy::order::fifo, policy::backfill::easy)), "easy");
    EXPECT_EQ(f.finished, 47'192U);
    EXPECT_NEAR(f.all.wait.mean, 4233.1, 0.1);
    EXPECT_NEAR(f.all.wait.p99, 48'776, 1);
    EXPECT_NEAR(f.all.slowdown.mean, 11.437, 0.001);
}

TEST_F(philly, with_borrowing_the_mean_wait_is_far_below_one_shared_queue) {
    EXPECT_LE(summarise(jobs, run(jobs, shared()), "").all.wait.mean, 1.15 * 4233);
}

TEST_F(philly, with_reclaim_all_but_one_wait_no_longer_than_alone) {
    // Jobs above their own tenant's quota would wait for ever alone.
    std::erase_if(jobs.jobs, [&](const job& j) { return j.units() > quota.at(jobs.tenants[j.tenant]); });
    ASSERT_EQ(jobs.jobs.size(), 47'172U);
    for (job& j : jobs.jobs) j.preemptible = true;
    policy::settings s = shared();
    s.preemption.reclaim = policy::preempt_reclaim::any;
    s.preemption.protected_runtime = 0s;
    s.preemption.victims_max = 1000;
    const summary f = summarise(jobs, run(jobs, s), "");
    EXPECT_EQ(f.finished, 47'172U);
    std::string longer;
    for (const group& t : f.tenants)
        if (t.wait.mean > alone(t.name)) longer += t.name + " ";
    // The smallest tenant with large jobs: reservations are for room in pools, not for quota, so its large
    // jobs are passed by its small ones.
    EXPECT_THAT(longer, testing::AnyOf("", "e13805 "));
}

TEST_F(philly, on_four_pools_jobs_are_bound_late) {
    policy::settings s = pool_of(164, policy::order::fair, policy::backfill::easy);
    s.packing = policy::packing::pack;
    for (const char* name : {"b", "c", "d"}) {
        s.pools.push_back(s.pools[0]);
        s.pools.back().name = name;
    }
    EXPECT_LE(summarise(jobs, run(jobs, s), "").all.wait.mean, 1.05 * 3495);
    // First come, first served, as in the published figure, which chooses pools otherwise.
    s.order = policy::order::fifo;
    EXPECT_LE(summarise(jobs, run(jobs, s), "").all.wait.mean, 1.1 * 3495);
}

}  // namespace
}  // namespace trainyard::sim
