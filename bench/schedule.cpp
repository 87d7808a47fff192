// The price of a decision: add, decide and complete one job with the full policy on, beside one push and pop
// of a std::priority_queue of the same size.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <queue>
#include <vector>

#include "bench/commands.hpp"
#include "bench/report.hpp"
#include "engine/base/rng.hpp"
#include "scheduler/policy/scheduler.hpp"

namespace trainyard::bench {
namespace {

using policy::amount;

struct options {
    std::vector<std::size_t> pending{10'000, 1'000'000, 10'000'000};
    std::size_t rounds = 7;
    std::size_t batch = 100'000;
    std::uint64_t seed = 1;
    bool json = false;
};

constexpr int fan_out = 10;  // three levels: 1,000 tenants
constexpr int pools = 50, resources = 20;
constexpr std::int64_t pool_limit = 16;

// Every tenant has a quota of some resources, may borrow, and weighs something else; jobs age; usage decays;
// backfill is EASY; lower priorities may be preempted.
policy::settings full_policy() {
    policy::settings s;
    s.order = policy::order::fair;
    s.backfill = policy::backfill::easy;
    s.half_life = std::chrono::hours{24 * 7};
    s.preemption.within = policy::preempt_within::lower_priority;
    s.preemption.reclaim = policy::preempt_reclaim::any;
    for (int p = 0; p < pools; ++p) {
        policy::pool_config c;
        c.name = "account" + std::to_string(p);
        for (int r = 0; r < resources; ++r) c.limits["type" + std::to_string(r)] = amount{pool_limit};
        c.jobs_max = amount{1000};
        c.preference = p % 3;
        s.pools.push_back(std::move(c));
    }
    const auto add = [&](const std::string& name, int number, std::int64_t nominal) {
        policy::tenant_config t;
        t.name = name;
        t.weight = 1 + number % 4;
        for (int r = 0; r < resources; ++r)
            t.quota["type" + std::to_string(r)] = {amount{nominal}, amount{nominal * 50}};
        s.tenants.push_back(std::move(t));
    };
    for (int a = 0; a < fan_out; ++a) {
        const std::string top = "division" + std::to_string(a);
        add(top, a, 20);
        for (int b = 0; b < fan_out; ++b) {
            const std::string mid = top + "/group" + std::to_string(b);
            add(mid, b, 2);
            for (int c = 0; c < fan_out; ++c) add(mid + "/team" + std::to_string(c), c, 1);
        }
    }
    return s;
}

// A full fleet with a backlog; one step ends a job, adds one, and decides.
class workload {
public:
    workload(std::size_t pending, std::uint64_t seed) : random_(seed), scheduler_(full_policy()) {
        constexpr std::int64_t sizes[] = {1, 1, 1, 2, 4, 8};
        for (int tenant = 0; tenant < fan_out * fan_out * fan_out; ++tenant)
            for (int k = 0; k < 4; ++k) {
                policy::pending_job j;
                j.tenant = "division" + std::to_string(tenant / 100) + "/group" +
                           std::to_string(tenant / 10 % 10) + "/team" + std::to_string(tenant % 10);
                j.priority = static_cast<int>(random_.below(3)) * 100;
                j.demand = {{"type" + std::to_string(random_.below(resources)), sizes[random_.below(6)]}};
                j.preemptible = random_.chance(0.5);
                shapes_.push_back(scheduler_.shape_of(j));
            }
        for (std::size_t i = 0; i < pending; ++i) add();
        while (true) {
            const policy::decision d = scheduler_.decide(now_, 100'000);
            for (const policy::start& s : d.starts) running_.push_back(s.job);
            for (std::size_t i = 0; i < d.starts.size(); ++i) add();
            if (d.starts.empty()) break;
        }
    }

    void step() {
        now_ += std::chrono::microseconds{100};
        if (!running_.empty()) {
            const std::size_t at = random_.below(running_.size());
            std::swap(running_[at], running_.back());
            scheduler_.release(running_.back());
            running_.pop_back();
        }
        add();
        const policy::decision d = scheduler_.decide(now_, 16);
        for (const policy::start& s : d.starts) running_.push_back(s.job);
        for (const policy::preemption& p : d.preemptions) stop(p.victim);
        started_ += d.starts.size();
    }

    std::uint64_t started() const { return started_; }
    std::uint64_t examined() const { return scheduler_.shapes_examined(); }
    double bytes_per_job() const {
        return static_cast<double>(scheduler_.memory()) / static_cast<double>(scheduler_.pending());
    }
    void check() const { scheduler_.check_invariants(); }

private:
    void add() {
        submitted_ += std::chrono::microseconds{50};
        scheduler_.add(++id_, shapes_[random_.below(shapes_.size())], submitted_,
                       std::chrono::seconds{random_.between(60, 86'400)});
    }
    void stop(std::uint64_t victim) {
        const auto it = std::ranges::find(running_, victim);
        *it = running_.back();
        running_.pop_back();
        scheduler_.requeue(victim);
    }

    rng random_;
    policy::scheduler scheduler_;
    std::vector<policy::scheduler::shape_id> shapes_;
    std::vector<std::uint64_t> running_;
    wall_time submitted_{std::chrono::hours{24 * 365 * 50}}, now_{std::chrono::hours{24 * 365 * 56}};
    std::uint64_t id_ = 0, started_ = 0;
};

struct queued {
    std::int64_t rank;
    std::uint64_t id;
    bool operator<(const queued& o) const { return rank != o.rank ? rank < o.rank : id < o.id; }
};

class plain_queue {
public:
    plain_queue(std::size_t size, std::uint64_t seed) : random_(seed) {
        std::vector<queued> all(size);
        for (queued& q : all) q = {static_cast<std::int64_t>(random_.next_u64() >> 1U), ++id_};
        queue_ = std::priority_queue<queued>{std::less<queued>{}, std::move(all)};
    }
    void step() {
        queue_.pop();
        queue_.push({static_cast<std::int64_t>(random_.next_u64() >> 1U), ++id_});
    }

private:
    rng random_;
    std::priority_queue<queued> queue_;
    std::uint64_t id_ = 0;
};

std::string count_text(std::size_t n) {
    if (n % 1'000'000 == 0) return std::to_string(n / 1'000'000) + " M";
    if (n % 1'000 == 0) return std::to_string(n / 1'000) + " k";
    return std::to_string(n);
}

figure quantile(std::string name, std::vector<double>& ns, double q) {
    const auto at = ns.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(ns.size() - 1));
    std::nth_element(ns.begin(), at, ns.end());
    return {std::move(name), *at / 1000, "us", std::nullopt, std::nullopt, 0};
}

int run(const options& o) {
    report r;
    r.bench = "schedule";
    r.seed = o.seed;
    r.parameters = {{"fleet", "1,000 tenants in 3 levels, 50 pools, 20 resources, 4,000 shapes"},
                    {"policy", "fair share with half-life, quota with borrowing, aging, EASY, preemption"},
                    {"step", "release, add, decide"}};
    std::vector<std::vector<double>> all;
    for (const std::size_t n : o.pending) {
        workload w{n, o.seed};
        plain_queue q{n, o.seed};
        rounds turns;
        const std::size_t ours = turns.add(
            [&](std::size_t k) {
                while (k-- > 0) w.step();
            },
            o.batch);
        const std::size_t plain = turns.add(
            [&](std::size_t k) {
                while (k-- > 0) q.step();
            },
            o.batch);
        const std::uint64_t before = w.started(), examined = w.examined();
        turns.run(o.rounds);
        const double steps = static_cast<double>(o.rounds * o.batch);
        const std::string at = count_text(n) + " pending: ";
        r.figures.push_back(time_figure(at + "add, decide and complete", turns.of(ours), turns.of(plain)));
        r.figures.push_back({at + "a second", 1e9 / median(turns.of(ours)), "1/s", std::nullopt, std::nullopt,
                             spread_of(turns.of(ours))});
        r.figures.push_back({at + "starts of one step", static_cast<double>(w.started() - before) / steps, "",
                             std::nullopt, std::nullopt, 0});
        r.figures.push_back({at + "shapes looked at in one step",
                             static_cast<double>(w.examined() - examined) / steps, "", std::nullopt,
                             std::nullopt, 0});
        r.figures.push_back({at + "memory of one", w.bytes_per_job(), "B", std::nullopt, std::nullopt, 0});
        std::vector<double> each;
        each.reserve(o.batch);
        for (std::size_t i = 0; i < o.batch; ++i) {
            const double from = thread_cpu_ns();
            w.step();
            each.push_back(thread_cpu_ns() - from);
        }
        r.figures.push_back(quantile(at + "99.9 % of steps", each, 0.999));
        r.figures.push_back(quantile(at + "the longest step", each, 1));
        all.emplace_back(turns.of(ours).begin(), turns.of(ours).end());
        if (n <= 100'000) w.check();
    }
    for (std::size_t i = 1; i < all.size(); ++i)
        r.figures.push_back(
            ratio_figure(count_text(o.pending[i]) + " / " + count_text(o.pending[i - 1]) + " pending", all[i],
                         all[i - 1]));
    print(r, o.json);
    return 0;
}

}  // namespace

void add_schedule(CLI::App& app, action& run_it) {
    auto* cmd =
        app.add_subcommand("schedule", "Deciding which job starts next, beside a plain priority queue");
    auto o = std::make_shared<options>();
    cmd->add_option("--pending", o->pending, "How many jobs wait; may be given several times")
        ->check(CLI::Range(100, 100'000'000));
    cmd->add_option("--rounds", o->rounds, "Rounds of each contender")->check(CLI::Range(1, 1000));
    cmd->add_option("--steps", o->batch, "Steps of a round")->check(CLI::Range(100, 100'000'000));
    cmd->add_option("--seed", o->seed, "Of the workload");
    cmd->add_flag("--json", o->json, "One JSON object instead of a table");
    cmd->callback([o, &run_it] { run_it = [o] { return run(*o); }; });
}

}  // namespace trainyard::bench
