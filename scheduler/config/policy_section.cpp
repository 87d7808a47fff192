#include "scheduler/config/policy_section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace trainyard::config {
namespace {

constexpr std::int64_t instances_max = 1'000'000;
constexpr std::int64_t jobs_max = 10'000'000;
constexpr std::int64_t year = 31'536'000;  // seconds
constexpr std::size_t depth_max = 15;      // the policy's tree_depth_max, less the fleet itself

template <class T, std::size_t N>
void read_name(const node& n, T& to, const std::array<std::pair<std::string_view, T>, N>& names) {
    if (!n.present()) return;
    const std::string text = n.text();
    const auto it = std::ranges::find(names, text, [](const auto& x) { return x.first; });
    if (it != names.end()) {
        to = it->second;
        return;
    }
    std::vector<std::string_view> known;
    for (const auto& [name, value] : names) known.push_back(name);
    n.fail(fmt::format("'{}' is not one of {}", text, fmt::join(known, ", ")));
}

template <class T, std::size_t N>
void read_name(const node& n, std::optional<T>& to,
               const std::array<std::pair<std::string_view, T>, N>& names) {
    if (!n.present()) return;
    T value{};
    read_name(n, value, names);
    to = value;
}

constexpr std::array orders{
    std::pair<std::string_view, policy::order>{"fair", policy::order::fair},
    std::pair<std::string_view, policy::order>{"priority", policy::order::priority},
    std::pair<std::string_view, policy::order>{"fifo", policy::order::fifo},
    std::pair<std::string_view, policy::order>{"fair_tree", policy::order::fair_tree}};
constexpr std::array backfills{
    std::pair<std::string_view, policy::backfill>{"none", policy::backfill::none},
    std::pair<std::string_view, policy::backfill>{"greedy", policy::backfill::greedy},
    std::pair<std::string_view, policy::backfill>{"easy", policy::backfill::easy},
    std::pair<std::string_view, policy::backfill>{"easy_sjbf", policy::backfill::easy_sjbf},
    std::pair<std::string_view, policy::backfill>{"conservative", policy::backfill::conservative}};
constexpr std::array withins{
    std::pair<std::string_view, policy::preempt_within>{"never", policy::preempt_within::never},
    std::pair<std::string_view, policy::preempt_within>{"lower_priority",
                                                        policy::preempt_within::lower_priority},
    std::pair<std::string_view, policy::preempt_within>{"lower_or_newer_equal",
                                                        policy::preempt_within::lower_or_newer_equal}};
constexpr std::array reclaims{
    std::pair<std::string_view, policy::preempt_reclaim>{"never", policy::preempt_reclaim::never},
    std::pair<std::string_view, policy::preempt_reclaim>{"lower_priority",
                                                         policy::preempt_reclaim::lower_priority},
    std::pair<std::string_view, policy::preempt_reclaim>{"any", policy::preempt_reclaim::any}};
constexpr std::array packings{std::pair<std::string_view, policy::packing>{"spread", policy::packing::spread},
                              std::pair<std::string_view, policy::packing>{"pack", policy::packing::pack}};

policy::amount read_amount(const node& n, policy::amount fallback) {
    return n.present() ? policy::amount{n.whole(0, 0, instances_max)} : fallback;
}

duration read_seconds(const node& n, duration fallback, std::int64_t low) {
    const std::int64_t whole = std::chrono::duration_cast<std::chrono::seconds>(fallback).count();
    return std::chrono::seconds{n.whole(whole, low, year)};
}

bool read_flag(const node& n, bool fallback) {
    bool out = fallback;
    read_name(n, out,
              std::array{std::pair<std::string_view, bool>{"true", true},
                         std::pair<std::string_view, bool>{"false", false}});
    return out;
}

std::map<std::string, policy::amount> read_maxima(const node& n) {
    std::map<std::string, policy::amount> out;
    for (const auto& [key, value] : n.entries()) out[key] = policy::amount{value.whole(0, 0, jobs_max)};
    return out;
}

void read_preemption(const node& n, policy::preemption_settings& p) {
    n.only({"within", "reclaim", "protected_seconds", "interval_seconds", "victims_max", "window_seconds",
            "nominal_stays"});
    read_name(n["within"], p.within, withins);
    read_name(n["reclaim"], p.reclaim, reclaims);
    p.protected_runtime = read_seconds(n["protected_seconds"], p.protected_runtime, 0);
    p.interval = read_seconds(n["interval_seconds"], p.interval, 0);
    p.victims_max = n["victims_max"].whole(p.victims_max, 0, jobs_max);
    p.window = read_seconds(n["window_seconds"], p.window, 1);
    p.nominal_stays = read_flag(n["nominal_stays"], p.nominal_stays);
}

}  // namespace

std::map<std::string, policy::amount> read_amounts(const node& n) {
    std::map<std::string, policy::amount> out;
    for (const auto& [key, value] : n.entries()) out[key] = policy::amount{value.whole(0, 0, instances_max)};
    return out;
}

policy::amount read_jobs_max(const node& n) {
    return n.present() ? policy::amount{n.whole(0, 1, jobs_max)} : policy::amount::unlimited();
}

std::map<std::string, policy::quota> read_quota(const node& n) {
    std::map<std::string, policy::quota> out;
    for (const auto& [key, value] : n.entries()) {
        if (!value.is_mapping()) {
            out[key] = policy::amount{value.whole(0, 0, instances_max)};
            continue;
        }
        value.only({"nominal", "borrowing_limit", "lending_limit"});
        out[key] = {read_amount(value["nominal"], policy::amount{}),
                    read_amount(value["borrowing_limit"], policy::amount::unlimited()),
                    read_amount(value["lending_limit"], policy::amount::unlimited())};
    }
    return out;
}

void read_tenant_policy(const node& n, policy::tenant_config& c) {
    c.weight = n["weight"].real(1.0, 0.001, 1e6);
    c.quota = read_quota(n["quota"]);
    c.jobs_max = read_jobs_max(n["max_jobs"]);
    read_name(n["order"], c.order, orders);
    read_name(n["preempt_within"], c.within, withins);
    read_name(n["preempt_reclaim"], c.reclaim, reclaims);
}

bool read_discover(const node& limits) {
    if (!limits.present() || limits.is_mapping()) return false;
    if (limits.text() != "discover") limits.fail("must be discover, or a limit for each instance type");
    return true;
}

void read_pool_policy(const node& n, policy::pool_config& c) {
    const node limits = n["limits"];
    const bool only_discovered = read_discover(limits);
    c.discovers = c.discovers || only_discovered;
    if (!only_discovered)
        for (const auto& [key, value] : limits.entries()) {
            if (key == "discover")
                c.discovers = read_flag(value, c.discovers);
            else
                c.limits[key] = policy::amount{value.whole(0, 0, instances_max)};
        }
    if (c.limits.empty() && !c.discovers)
        limits.fail("at least one instance type with its limit is required, or discover");
    c.jobs_max = read_jobs_max(n["max_jobs"]);
    c.preference = static_cast<int>(n["preference"].whole(0, -1000, 1000));
    for (const auto& [key, value] : n["prices"].entries()) c.prices[key] = value.whole(0, 0, 1'000'000'000);
    read_name(n["order"], c.order, orders);
    read_name(n["backfill"], c.backfill, backfills);
}

void read_policy(const node& n, policy::settings& s) {
    n.only({"order", "backfill", "packing", "aging_step_seconds", "half_life_seconds",
            "default_runtime_seconds", "preemption", "max_jobs_by_kind", "max_jobs_by_group", "lookahead"});
    s.backfill = policy::backfill::easy;
    read_name(n["order"], s.order, orders);
    read_name(n["backfill"], s.backfill, backfills);
    read_name(n["packing"], s.packing, packings);
    s.aging_step = read_seconds(n["aging_step_seconds"], s.aging_step, 0);
    s.half_life = read_seconds(n["half_life_seconds"], s.half_life, 0);
    s.default_runtime = read_seconds(n["default_runtime_seconds"], s.default_runtime, 1);
    read_preemption(n["preemption"], s.preemption);
    s.kinds_max = read_maxima(n["max_jobs_by_kind"]);
    s.groups_max = read_maxima(n["max_jobs_by_group"]);
    s.lookahead =
        static_cast<std::size_t>(n["lookahead"].whole(static_cast<std::int64_t>(s.lookahead), 1, jobs_max));
}

void check_tree(const node& n, const policy::settings& s) {
    for (const policy::tenant_config& t : s.tenants) {
        const auto depth = static_cast<std::size_t>(std::ranges::count(t.name, '/')) + 1;
        if (depth > depth_max)
            n.fail(fmt::format("tenant '{}' lies {} levels deep, {} at most", t.name, depth, depth_max));
        if (t.name.starts_with('/') || t.name.ends_with('/') || t.name.find("//") != std::string::npos)
            n.fail(fmt::format("tenant '{}' has an empty part in its path", t.name));
    }
}

}  // namespace trainyard::config
