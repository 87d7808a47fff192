#include "tests/simulation/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trainyard::simulation {
namespace {

// Nothing in half of the cases; else between 1/50 of `most` and `most`, small values as likely as great ones.
double some(rng& r, double most) {
    const bool there = r.chance(0.5);
    const double u = r.unit();
    return there ? most * std::ldexp(1.0, -static_cast<int>(u * 6)) : 0;
}

fault_plan make_faults(rng r) {
    fault_plan f;
    f.request_lost = some(r, 0.1);
    f.request_late = some(r, 0.1);
    f.answer_lost = some(r, 0.2);
    f.create_lost_answer = some(r, 0.6);
    f.error_before = some(r, 0.1);
    f.error_after = some(r, 0.1);
    f.unreachable = some(r, 0.1);
    f.throttled = some(r, 0.3);
    f.entry_fails = some(r, 0.3);
    f.delivered_twice = some(r, 0.3);
    f.delete_forgotten = some(r, 0.2);
    f.stranger = some(r, 0.05);
    f.event_lost = some(r, 1.0);
    f.event_twice = some(r, 0.5);
    f.erased = some(r, 4);
    f.crashes = some(r, 6);
    f.pauses = some(r, 4);
    f.clock_steps = some(r, 2);
    f.disk_failures = some(r, 1);
    f.clogs = some(r, 4);
    f.throttle_storms = some(r, 2);
    f.slow_commits = some(r, 0.02);
    f.list_delay = std::chrono::seconds{r.chance(0.5) ? r.between(0, 20) : 0};
    // A Create that lands late may start again what somebody has deleted meanwhile; no client can prevent it.
    if (f.request_late > 0) f.erased = 0;
    return f;
}

}  // namespace

plan make_plan(std::uint64_t seed, const plan_options& options) {
    const rng root{seed};
    rng r = root.split("plan");
    plan p;
    p.seed = seed;
    p.length = options.length;
    p.messages = std::max<std::size_t>(1, options.messages / 2 + r.below(options.messages + 1));
    p.fifo = r.chance(0.3);
    p.visibility_seconds = static_cast<int>(r.chance(0.3) ? r.between(1, 5) : r.between(10, 120));
    p.spot = some(r, 0.5);
    p.broken_message = some(r, 0.1);
    p.cancelled = some(r, 0.1);
    p.poison = some(r, 0.02);
    p.other_kinds = r.chance(0.5) ? r.unit() : 0;
    p.events = r.chance(0.7);
    p.capacity = some(r, 0.2);
    p.internal = some(r, 0.2);
    p.algorithm = some(r, 0.2);
    p.interruption = some(r, 0.3);
    p.seconds_min = static_cast<int>(r.between(1, 30));
    p.seconds_max = p.seconds_min + static_cast<int>(r.between(1, 1200));
    const char* regions[] = {"us-east-1", "eu-west-1"};
    const auto accounts = r.between(1, 3);
    for (std::int64_t a = 1; a <= accounts; ++a) {
        const std::string account(12, static_cast<char>('0' + a));
        const std::int64_t limit = r.between(2, 12);
        for (std::int64_t g = r.between(0, 1); g >= 0; --g) {
            pool_plan& one = p.pools.emplace_back();
            one.account = account;
            one.region = regions[g];
            one.name = one.account + "/" + one.region;
            one.limit = limit;
            one.hidden = r.chance(0.3) ? std::max<std::int64_t>(2, one.limit / 2) : one.limit;
        }
    }
    for (std::int64_t t = r.between(1, 3); t > 0; --t) p.tenants.push_back(fmt::format("tenant-{}", t));
    if (r.chance(0.3)) p.create_rate = 0.1;
    if (r.chance(0.2)) p.describe_rate = 0.2;
    if (r.chance(0.2)) p.list_rate = 0.1;
    p.reconcile_seconds = static_cast<int>(r.between(10, 120));
    // Dice of its own: other seeds stay what they were.
    rng groups = root.split("groups");
    const char* const orders[] = {"none", "start", "end"};
    if (p.fifo) p.group_order = orders[groups.below(3)];
    if (options.faults) p.faults = make_faults(root.split("faults"));
    return p;
}

std::string plan::fleet_yaml() const {
    std::string y = fmt::format(
        "installation: simulated\nledger: none.db\nadmin: \"off\"\nreconcile_seconds: {}\n"
        "accounts:\n",
        reconcile_seconds);
    for (std::size_t i = 0; i < pools.size();) {
        const pool_plan& first = pools[i];
        y += fmt::format(
            "  - id: \"{0}\"\n    role: arn:aws:iam::{0}:role/spoke\n    execution_role: "
            "arn:aws:iam::{0}:role/exec\n"
            "    bucket: s3://bucket-{0}\n    api_rates: {{create: {1}, stop: {2}, describe: {3}, list: "
            "{4}}}\n"
            "    limits: {{ml.m5.large: {5}, \"ml.m5.large:spot\": {5}}}\n    regions: [",
            first.account, create_rate, stop_rate, describe_rate, list_rate, first.limit);
        for (; i < pools.size() && pools[i].account == first.account; ++i)
            y += (&pools[i] == &first ? "" : ", ") + pools[i].region;
        y += "]\n";
    }
    y += "tenants:\n";
    for (const std::string& t : tenants) y += fmt::format("  - name: {}\n", t);
    y += fmt::format("queues:\n  - name: jobs{}\n    region: us-east-1\n    tenants: [", fifo ? ".fifo" : "");
    for (const std::string& t : tenants) y += (&t == &tenants.front() ? "" : ", ") + t;
    y += fmt::format("]\n    group_order: {}\n    reject_queue: rejected\n", group_order);
    return y;
}

}  // namespace trainyard::simulation
