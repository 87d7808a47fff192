// Kueue's own cases of classic preemption: how many victims, of which queue, of which size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scheduler/policy/data.hpp"
#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;

std::int64_t quantity(std::string_view text) {
    std::int64_t n = 0;
    for (const char c : text)
        if (c >= '0' && c <= '9') n = n * 10 + (c - '0');
    return n;
}

preempt_within within_named(std::string_view name) {
    if (name == "LowerPriority") return preempt_within::lower_priority;
    if (name == "LowerOrNewerEqualPriority") return preempt_within::lower_or_newer_equal;
    return preempt_within::never;
}
preempt_reclaim reclaim_named(std::string_view name) {
    if (name == "LowerPriority") return preempt_reclaim::lower_priority;
    return name == "Any" ? preempt_reclaim::any : preempt_reclaim::never;
}

amount optional_amount(const json::value v) {
    return v.exists() ? amount{*v.integer()} : amount::unlimited();
}

// One pool that holds more than any quota.
settings fleet_of(const json::value queues, std::string_view target) {
    settings s;
    s.pools.push_back(pool("p", {}));
    s.preemption.protected_runtime = 0s;
    s.preemption.nominal_stays = false;
    s.aging_step = 0s;
    const json::value cohort = queues.find(target).find("cohort");
    const auto& all = queues.members();
    for (auto it = all.begin(); it != all.end(); ++it) {
        const json::value q = *it;
        const bool together = cohort.is_string() && q.find("cohort").is_string() &&
                              *q.find("cohort").string() == *cohort.string();
        if (it.key() != target && !together) continue;
        tenant_config t = tenant(std::string{it.key()});
        t.within = within_named(*q.find("within").string());
        if (const auto r = q.find("reclaim").string()) t.reclaim = reclaim_named(*r);
        t.quota["cpu-default"] = {amount{*q.find("cpu").integer()}, optional_amount(q.find("cpu_borrow"))};
        if (q.find("mem_gi").exists())
            t.quota["memory-default"] = {amount{*q.find("mem_gi").integer()},
                                         optional_amount(q.find("mem_borrow"))};
        const json::value flavors = q.find("memory_gi");
        const auto& each = flavors.members();
        for (auto f = each.begin(); f != each.end(); ++f)
            t.quota["memory-" + std::string{f.key()}] = amount{*(*f).integer()};
        s.tenants.push_back(t);
    }
    for (const tenant_config& t : s.tenants)
        for (const auto& [resource, q] : t.quota) s.pools[0].limits[resource] = amount{1000};
    return s;
}

using flavors = std::map<std::string, std::string, std::less<>>;  // by resource; not named: default

std::vector<demand_line> demand_of(const json::value requests, const flavors& chosen) {
    std::vector<demand_line> out;
    const auto& all = requests.members();
    for (auto r = all.begin(); r != all.end(); ++r) {
        const auto flavor = chosen.find(r.key());
        out.push_back({std::string{r.key()} + "-" + (flavor == chosen.end() ? "default" : flavor->second),
                       quantity(*(*r).string())});
    }
    return out;
}

flavors flavors_of(const json::value named) {
    flavors out;
    const auto& all = named.members();
    for (auto f = all.begin(); f != all.end(); ++f) out[std::string{f.key()}] = *(*f).string();
    return out;
}

struct running {
    std::string name, queue;
    std::vector<demand_line> demand;
};

TEST(kueue_preemption, the_victims_of_every_case) {
    const auto cases = read_cases("kueue_classic_preemption.json");
    if (!cases) GTEST_SKIP() << missing("kueue_classic_preemption.json");
    std::size_t count = 0;
    for (const json::value c : cases->root().find("cases").elements()) {
        ++count;
        SCOPED_TRACE(std::string{*c.find("name").string()});
        const std::string target{*c.find("targetCQ").string()};
        scheduler s{fleet_of(cases->root().find("queues"), target)};
        std::map<std::uint64_t, running> jobs;
        std::map<std::string, std::uint64_t> by_name;
        std::uint64_t id = 0;
        for (const json::value a : c.find("admitted").elements()) {
            pending_job j = job(++id, std::string{*a.find("cq").string()}, 0,
                                static_cast<int>(*a.find("priority").integer()), t0);
            j.demand = demand_of(a.find("requests"), flavors_of(a.find("flavors")));
            j.preemptible = true;
            const bool later = a.find("reserved_at").string() == "now.Add(time.Second)";
            s.restore(j, "p", t0 + (later ? 1s : 0s));
            jobs[id] = {std::string{*a.find("id").string()}, j.tenant, j.demand};
            by_name[jobs[id].name] = id;
        }
        const json::value in = c.find("incoming");
        pending_job j = job(100, target, 0, static_cast<int>(*in.find("priority").integer()), t0);
        if (in.find("created").is_string()) j.submitted = t0 - 15s;
        // The flavor that Kueue has assigned by then.
        flavors chosen;
        for (const json::value m : c.find("modes").elements())
            chosen[*m.at(0).string() == "ResourceCPU" ? "cpu" : "memory"] = *m.at(1).string();
        j.demand = demand_of(in.find("requests"), chosen);
        s.add(j);
        const decision d = s.decide(t0 + 2s, 10);
        s.check_invariants();
        // Two of the jobs fit without victims: Kueue's test asks for victims all the same, and there are
        // none.
        EXPECT_TRUE(d.starts.empty() || d.preemptions.empty());
        std::vector<std::pair<std::string, std::int64_t>> got, want;  // queue, size
        const auto size = [](const running& r) {
            std::int64_t n = 0;
            for (const demand_line& l : r.demand) n = n * 1000 + l.instances;
            return n;
        };
        for (const preemption& p : d.preemptions) {
            EXPECT_EQ(p.beneficiary, 100U);
            got.emplace_back(jobs.at(p.victim).queue, size(jobs.at(p.victim)));
        }
        for (const json::value v : c.find("victims").elements()) {
            const running& r = jobs.at(by_name.at(std::string{*v.string()}));
            want.emplace_back(r.queue, size(r));
        }
        EXPECT_THAT(got, testing::UnorderedElementsAreArray(want));
        // The victims stop; then the job starts, and nobody else is touched.
        for (const preemption& p : d.preemptions) s.requeue(p.victim);
        if (!d.preemptions.empty()) {
            EXPECT_THAT(ids(s.decide(t0 + 3s, 1)), testing::ElementsAre(100));
        }
        s.check_invariants();
    }
    EXPECT_EQ(count, 21U);
}

}  // namespace
}  // namespace trainyard::policy::test
