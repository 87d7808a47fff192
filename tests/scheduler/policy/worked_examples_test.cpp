// Numbers that papers, manuals and other schedulers' tests state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/scheduler/policy/data.hpp"
#include "tests/scheduler/policy/fixture.hpp"

namespace trainyard::policy::test {
namespace {

using namespace std::chrono_literals;

struct worked_examples : testing::Test {
    std::optional<json::document> cases = read_cases("worked_examples.json");
    void SetUp() override {
        if (!cases) GTEST_SKIP() << missing("worked_examples.json");
    }
    json::value named(std::string_view id) const {
        for (const json::value c : cases->root().find("cases").elements())
            if (c.find("id").string() == id) return c;
        ADD_FAILURE() << "no case " << id;
        return {};
    }
};

// Tenants ask for single units until nothing is left: their counts are the max-min shares. `scale` units make
// one of the example, so that its fractions come out whole.
std::vector<double> shared_out(std::int64_t capacity, const std::vector<double>& demands,
                               const std::vector<double>& weights, std::int64_t scale) {
    std::vector<tenant_config> tenants;
    for (std::size_t i = 0; i < demands.size(); ++i)
        tenants.push_back(tenant("t" + std::to_string(i), i < weights.size() ? weights[i] : 1.0));
    scheduler s(fleet(tenants, {pool("p", {{"g", amount{capacity * scale}}})}));
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < demands.size(); ++i) {
        const double wanted =
            std::min(demands[i], static_cast<double>(capacity)) * static_cast<double>(scale);
        for (std::int64_t n = std::llround(wanted); n > 0; --n) s.add(job(++id, tenants[i].name));
    }
    s.decide(t0, id);
    s.check_invariants();
    std::vector<double> out;
    for (const tenant_usage& t : s.tenants()) {
        const auto it = t.used.find("g");
        const std::int64_t n = it == t.used.end() ? 0 : it->second.count();
        out.push_back(static_cast<double>(n) / static_cast<double>(scale));
    }
    return out;
}

std::vector<double> numbers(const json::value list) {
    std::vector<double> out;
    for (const json::value v : list.elements()) out.push_back(v.number().value_or(HUGE_VAL));  // "inf"
    return out;
}

TEST_F(worked_examples, max_min_of_keshav_and_yarn) {
    for (const auto& [id, scale] : {std::pair{"maxmin-keshav-unweighted", 10}, std::pair{"yarn-equal", 1},
                                    std::pair{"yarn-low-max", 1}, std::pair{"yarn-weighted", 1}}) {
        const json::value c = named(id);
        const json::value in = c.find("input");
        const std::vector<double> want = numbers(c.find("expected"));
        const std::vector<double> got = shared_out(
            *in.find("capacity").integer(), numbers(in.find("demands")), numbers(in.find("weights")), scale);
        ASSERT_EQ(got.size(), want.size()) << id;
        for (std::size_t i = 0; i < want.size(); ++i) EXPECT_DOUBLE_EQ(got[i], want[i]) << id << " " << i;
    }
}

TEST_F(worked_examples, dominant_resource_fairness) {
    const json::value c = named("drf-9cpu-18gb");
    const json::value in = c.find("input"), want = c.find("expected");
    const auto demand = [&](const char* who) {
        const json::value t = in.find("task").find(who);
        return std::vector<demand_line>{{"cpu", *t.find("cpu").integer()},
                                        {"mem", *t.find("mem_gb").integer()}};
    };
    scheduler s(fleet({tenant("B"), tenant("A")},
                      {pool("p", {{"cpu", amount{*in.find("capacity").find("cpu").integer()}},
                                  {"mem", amount{*in.find("capacity").find("mem_gb").integer()}}})}));
    for (std::uint64_t id = 1; id <= 20; ++id) {
        pending_job a = job(id, "A"), b = job(100 + id, "B");
        a.demand = demand("A");
        b.demand = demand("B");
        s.add(a);
        s.add(b);
    }
    std::vector<std::string> order, expected;
    for (const std::uint64_t id : ids(s.decide(t0, 100))) order.push_back(id > 100 ? "B" : "A");
    for (const json::value v : want.find("order_if_first_tie_goes_to_B").elements())
        expected.emplace_back(*v.string());
    EXPECT_EQ(order, expected);
    for (const tenant_usage& t : s.tenants()) {
        EXPECT_EQ(t.jobs.count(), *want.find("tasks").find(t.tenant).integer());
        EXPECT_EQ(t.used.at("cpu").count(), *want.find("alloc").find(t.tenant).find("cpu").integer());
        EXPECT_EQ(t.used.at("mem").count(), *want.find("alloc").find(t.tenant).find("mem_gb").integer());
        EXPECT_NEAR(t.share, *want.find("dominant_share").find(t.tenant).number(), 1e-11);
    }
    EXPECT_EQ(s.pools()[0].used.at("cpu").count(), *want.find("used").find("cpu").integer());
    EXPECT_EQ(s.pools()[0].used.at("mem").count(), *want.find("used").find("mem_gb").integer());
}

std::int64_t most_started(scheduler& s, const std::string& who, const std::string& resource) {
    for (std::uint64_t id = 1; id <= 200; ++id) s.add(job(id, who, 1, 0, t0, resource));
    return static_cast<std::int64_t>(s.decide(t0, 200).starts.size());
}

TEST_F(worked_examples, kueue_borrowing) {
    const json::value c = named("kueue-borrow-unlimited");
    const auto settings_of = [&] {
        settings s =
            fleet({tenant("a"), tenant("b")}, {pool("p", {{"cpu", amount{999}}, {"mem_gib", amount{999}}})});
        for (tenant_config& t : s.tenants) {
            const json::value q = c.find("input").find("queues").find(t.name);
            for (const char* r : {"cpu", "mem_gib"})
                t.quota[r] = {amount{*q.find(r).integer()}, amount::unlimited()};
        }
        return s;
    };
    for (const char* r : {"cpu", "mem_gib"}) {
        scheduler s(settings_of());
        EXPECT_EQ(most_started(s, "a", r), *c.find("expected").find("a_max").find(r).integer()) << r;
        s.check_invariants();
    }
    // "If b has pending work and a already uses all its nominal quota, b is admitted before anything new of
    // a."
    scheduler s(settings_of());
    for (std::uint64_t id = 1; id <= 9; ++id) s.restore(job(id, "a", 1, 0, t0, "cpu"), "p");
    s.add(job(10, "a", 1, 0, t0, "cpu"));
    s.add(job(11, "b", 1, 0, t0 + 1s, "cpu"));
    EXPECT_THAT(ids(s.decide(t0 + 2s, 1)), testing::ElementsAre(11));
}

TEST_F(worked_examples, kueue_borrowing_limit) {
    const json::value c = named("kueue-borrowing-limit");
    const json::value q = c.find("input").find("queues");
    for (const char* who : {"a", "b"}) {
        settings s = fleet({tenant("a"), tenant("b")}, {pool("p", {{"cpu", amount{999}}})});
        for (tenant_config& t : s.tenants) {
            const json::value limit = q.find(t.name).find("borrowing_limit");
            t.quota["cpu"] = {amount{*q.find(t.name).find("cpu").integer()},
                              limit.exists() ? amount{*limit.integer()} : amount::unlimited()};
        }
        scheduler x(s);
        const char* key = who[0] == 'a' ? "a_max_cpu_when_b_idle" : "b_max_cpu_when_a_idle";
        EXPECT_EQ(most_started(x, who, "cpu"), *c.find("expected").find(key).integer());
    }
}

TEST_F(worked_examples, fair_tree_of_slurm) {
    const json::value c = named("slurm-fairtree-small-no-tie");
    settings s = fleet({}, {pool("p", {{"g", amount{1'000'000}}})}, order::fair_tree);
    for (const json::value a : c.find("input").find("accounts").elements())
        s.tenants.push_back(tenant(std::string{*a.find("account").string()}, *a.find("shares").number()));
    std::vector<std::pair<std::string, std::int64_t>> usage;
    for (const json::value u : c.find("input").find("users").elements()) {
        const std::string path =
            std::string{*u.find("account").string()} + "/" + std::string{*u.find("user").string()};
        s.tenants.push_back(tenant(path, *u.find("shares").number()));
        usage.emplace_back(path, *u.find("usage").integer());
    }
    scheduler x(s);
    x.advance(t0);
    for (const auto& [path, seconds] : usage) x.charge(path, "g", seconds);
    std::map<std::uint64_t, std::string> user;
    std::uint64_t id = 0;
    for (auto it = usage.rbegin(); it != usage.rend(); ++it) {
        user[++id] = it->first.substr(it->first.find('/') + 1);
        x.add(job(id, it->first));
    }
    std::vector<std::string> got, want;
    for (const std::uint64_t started : ids(x.decide(t0, 100))) got.push_back(user[started]);
    for (const json::value v : c.find("expected").find("user_order").elements())
        want.emplace_back(*v.string());
    EXPECT_EQ(got, want);
    // LF = (shares / sum of shares) / (usage / sum of usage), and the reported share is usage / shares.
    double shares = 0, used = 0;
    for (const json::value a : c.find("input").find("accounts").elements()) {
        shares += *a.find("shares").number();
        used += *a.find("usage").number();
    }
    const auto& level = c.find("expected").find("level_fs").members();
    std::map<std::string, double> by_account;
    for (const tenant_usage& t : x.tenants())
        if (t.parent.empty()) by_account[t.tenant] = t.share;
    for (auto it = level.begin(); it != level.end(); ++it) {
        // The share is in 1,024 instance-milliseconds of a fleet of a million.
        const double ratio = by_account.at(std::string{it.key()}) * 1024 * 1e6 / 1000 * shares / used;
        EXPECT_NEAR(1 / ratio, *(*it).number(), 1e-3) << it.key();
    }
}

TEST_F(worked_examples, fair_shares_of_armada) {
    std::size_t count = 0;
    for (const json::value c : named("armada-fairshare-1..6").find("input_expected").elements()) {
        SCOPED_TRACE(++count);
        std::vector<double> demands, weights;
        std::vector<std::string> names;
        const json::value queues = c.find("queues");
        const auto& all = queues.members();
        for (auto q = all.begin(); q != all.end(); ++q) {
            names.emplace_back(q.key());
            weights.push_back(*(*q).at(0).number());
            demands.push_back(*(*q).at(1).number());
        }
        const std::int64_t capacity = *c.find("capacity").integer();
        const std::vector<double> got = shared_out(capacity, demands, weights, 1);
        for (std::size_t i = 0; i < names.size(); ++i)
            EXPECT_DOUBLE_EQ(got[i] / static_cast<double>(capacity),
                             *c.find("demand_capped").find(names[i]).number());
        // The fair share is what it gets when everybody asks for everything.
        const std::vector<double> backlogged =
            shared_out(capacity, std::vector<double>(names.size(), 1000), weights, 1);
        for (std::size_t i = 0; i < names.size(); ++i)
            EXPECT_DOUBLE_EQ(backlogged[i] / static_cast<double>(capacity),
                             *c.find("fair_share").find(names[i]).number());
    }
    EXPECT_EQ(count, 6U);
}

}  // namespace
}  // namespace trainyard::policy::test
