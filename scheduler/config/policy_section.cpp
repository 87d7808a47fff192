#include "scheduler/config/policy_section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "engine/base/encoding.hpp"
#include "scheduler/config/fleet.hpp"
#include "scheduler/config/node.hpp"

namespace trainyard::config {
namespace {

constexpr std::int64_t instances_max = 1'000'000'000;
constexpr std::int64_t jobs_max = 10'000'000;
constexpr std::int64_t seconds_max = 10LL * 365 * 86400;

template <class T>
struct word {
    std::string_view name;
    T value;
};
constexpr std::array<word<policy::order>, 4> orders{{{"fifo", policy::order::fifo},
                                                     {"priority", policy::order::priority},
                                                     {"fair", policy::order::fair},
                                                     {"fair_tree", policy::order::fair_tree}}};
constexpr std::array<word<policy::backfill>, 5> backfills{{{"none", policy::backfill::none},
                                                           {"greedy", policy::backfill::greedy},
                                                           {"easy", policy::backfill::easy},
                                                           {"easy_sjbf", policy::backfill::easy_sjbf},
                                                           {"conservative", policy::backfill::conservative}}};
constexpr std::array<word<policy::packing>, 2> packings{
    {{"spread", policy::packing::spread}, {"pack", policy::packing::pack}}};
constexpr std::array<word<policy::preempt_within>, 3> withins{
    {{"never", policy::preempt_within::never},
     {"lower_priority", policy::preempt_within::lower_priority},
     {"lower_or_newer_equal", policy::preempt_within::lower_or_newer_equal}}};
constexpr std::array<word<policy::preempt_reclaim>, 3> reclaims{
    {{"never", policy::preempt_reclaim::never},
     {"lower_priority", policy::preempt_reclaim::lower_priority},
     {"any", policy::preempt_reclaim::any}}};

template <class T, std::size_t N>
const T* find_word(const std::array<word<T>, N>& words, std::string_view name) {
    const auto found = std::ranges::find(words, name, &word<T>::name);
    return found == words.end() ? nullptr : &found->value;
}

template <class T, std::size_t N>
std::string names_of(const std::array<word<T>, N>& words) {
    std::vector<std::string_view> names;
    for (const auto& w : words) names.push_back(w.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

// Takes what is stated; `Holder` is T or std::optional<T>.
template <class Holder, class T, std::size_t N>
void choose(const node& n, const std::array<word<T>, N>& words, Holder& into) {
    if (!n.present()) return;
    const std::string name = n.text();
    if (const T* value = find_word(words, name))
        into = *value;
    else
        n.fail(fmt::format("'{}' is not one of {}", printable(name, 40), names_of(words)));
}

void read_seconds(const node& n, duration& into) {
    if (n.present()) into = std::chrono::seconds{n.whole(0, 0, seconds_max)};
}

policy::amount read_amount(const node& n, policy::amount fallback) {
    if (!n.present()) return fallback;
    if (n.text() == "unlimited") return policy::amount::unlimited();
    return policy::amount{n.whole(0, 0, instances_max)};
}

std::map<std::string, policy::amount> read_amounts(const node& n) {
    std::map<std::string, policy::amount> out;
    for (const auto& [key, value] : n.entries()) out[key] = read_amount(value, policy::amount{});
    return out;
}

void read_preemption(const node& n, policy::preemption_settings& p) {
    n.only({"within", "reclaim", "protected_runtime_seconds", "victims_max", "window_seconds"});
    choose(n["within"], withins, p.within);
    choose(n["reclaim"], reclaims, p.reclaim);
    read_seconds(n["protected_runtime_seconds"], p.protected_runtime);
    p.victims_max = n["victims_max"].whole(p.victims_max, 0, jobs_max);
    if (n["window_seconds"].present())
        p.window = std::chrono::seconds{n["window_seconds"].whole(60, 1, seconds_max)};
}

void read_pool(const node& n, policy::settings& s) {
    n.only({"name", "limits", "max_jobs", "preference", "prices", "order", "backfill"});
    policy::pool_config p;
    p.name = n["name"].required_text();
    p.limits = read_amounts(n["limits"]);
    if (p.limits.empty()) n["limits"].fail("at least one resource with its limit is required");
    p.jobs_max = read_amount(n["max_jobs"], policy::amount::unlimited());
    p.preference = static_cast<int>(n["preference"].whole(0, -1000, 1000));
    for (const auto& [resource, price] : n["prices"].entries())
        p.prices[resource] = price.whole(0, 0, instances_max);
    choose(n["order"], orders, p.order);
    choose(n["backfill"], backfills, p.backfill);
    if (std::ranges::any_of(s.pools, [&](const policy::pool_config& x) { return x.name == p.name; }))
        n["name"].fail(fmt::format("the pool '{}' stands there twice", p.name));
    s.pools.push_back(std::move(p));
}

void read_tenant(const node& n, policy::settings& s) {
    n.only({"name", "weight", "quota", "max_jobs", "pools", "order", "within", "reclaim"});
    policy::tenant_config t;
    t.name = n["name"].required_text();
    t.weight = n["weight"].real(1.0, 0.001, 1e6);
    t.quota = read_quota(n["quota"]);
    t.jobs_max = read_amount(n["max_jobs"], policy::amount::unlimited());
    t.pools = n["pools"].texts();
    for (const std::string& pool : t.pools)
        if (std::ranges::none_of(s.pools, [&](const policy::pool_config& p) { return p.name == pool; }))
            n["pools"].fail(fmt::format("there is no pool '{}'", pool));
    choose(n["order"], orders, t.order);
    choose(n["within"], withins, t.within);
    choose(n["reclaim"], reclaims, t.reclaim);
    if (std::ranges::any_of(s.tenants, [&](const policy::tenant_config& x) { return x.name == t.name; }))
        n["name"].fail(fmt::format("the tenant '{}' stands there twice", t.name));
    s.tenants.push_back(std::move(t));
}

}  // namespace

std::map<std::string, policy::quota> read_quota(const node& n) {
    std::map<std::string, policy::quota> out;
    for (const auto& [resource, value] : n.entries()) {
        if (!value.is_mapping()) {
            out[resource] = policy::quota{read_amount(value, policy::amount{})};
            continue;
        }
        value.only({"nominal", "borrow", "lend"});
        out[resource] = {read_amount(value["nominal"], policy::amount{}),
                         read_amount(value["borrow"], policy::amount::unlimited()),
                         read_amount(value["lend"], policy::amount::unlimited())};
    }
    return out;
}

void read_policy_rules(const node& n, policy::settings& s) {
    n.only({"order", "backfill", "packing", "aging_step_seconds", "half_life_seconds",
            "default_runtime_seconds", "preemption", "max_jobs_by_kind", "max_jobs_by_group", "lookahead"});
    choose(n["order"], orders, s.order);
    choose(n["backfill"], backfills, s.backfill);
    choose(n["packing"], packings, s.packing);
    read_seconds(n["aging_step_seconds"], s.aging_step);
    read_seconds(n["half_life_seconds"], s.half_life);
    read_seconds(n["default_runtime_seconds"], s.default_runtime);
    read_preemption(n["preemption"], s.preemption);
    if (n["max_jobs_by_kind"].present()) s.kinds_max = read_amounts(n["max_jobs_by_kind"]);
    if (n["max_jobs_by_group"].present()) s.groups_max = read_amounts(n["max_jobs_by_group"]);
    s.lookahead =
        static_cast<std::size_t>(n["lookahead"].whole(static_cast<std::int64_t>(s.lookahead), 1, jobs_max));
}

result<void> apply_policy_name(std::string_view name, policy::settings& s) {
    std::string_view rest = name;
    const bool alone = name.find('+') == std::string_view::npos;
    while (true) {
        const std::string_view w = rest.substr(0, rest.find('+'));
        if (w == "fcfs") {
            s.order = policy::order::fifo;
            s.backfill = policy::backfill::none;
        } else if (const auto* order = find_word(orders, w)) {
            s.order = *order;
            if (alone)
                s.backfill =
                    *order == policy::order::fifo ? policy::backfill::none : policy::backfill::greedy;
        } else if (const auto* fill = find_word(backfills, w == "sjbf" ? "easy_sjbf" : w)) {
            s.backfill = *fill;
            if (alone) s.order = policy::order::fifo;
        } else if (const auto* pack = find_word(packings, w)) {
            s.packing = *pack;
        } else {
            return error{
                errc::invalid_argument,
                fmt::format(
                    "'{}' is neither a policy nor a file; a policy is made of fcfs, {}, {}, sjbf and {}, "
                    "joined by '+', as in fair+easy",
                    printable(name, 80), names_of(orders), names_of(backfills), names_of(packings))};
        }
        if (w.size() == rest.size()) return {};
        rest.remove_prefix(w.size() + 1);
    }
}

result<simulated_fleet> parse_simulated_fleet(std::string_view yaml, const std::string& file,
                                              const std::map<std::string, std::string>& environment) {
    simulated_fleet f;
    bool production = false;
    const auto read = read_document(yaml, file, environment, [&](const node& root) {
        if ((production = root["accounts"].present())) return;
        root.only({"pools", "tenants", "policy", "priorities"});
        for (const node& n : root["pools"].items()) read_pool(n, f.policy);
        for (const node& n : root["tenants"].items()) read_tenant(n, f.policy);
        read_policy_rules(root["policy"], f.policy);
        if (f.policy.pools.empty()) root["pools"].fail("at least one pool is required");
        if (!root["priorities"].present()) return;
        f.priorities.clear();
        for (const auto& [key, value] : root["priorities"].entries())
            f.priorities[key] = static_cast<int>(value.whole(0, -1'000'000, 1'000'000));
    });
    if (!read) return read.error();
    if (!production) return f;
    auto whole = parse_fleet(yaml, file, "", environment);
    if (!whole) return whole.error();
    f.policy = std::move(whole->policy);
    f.priorities = std::move(whole->priorities);
    return f;
}

result<void> parse_policy_file(std::string_view yaml, const std::string& file,
                               const std::map<std::string, std::string>& environment, policy::settings& s) {
    return read_document(yaml, file, environment, [&](const node& root) {
        if (root["policy"].present()) {
            root.only({"policy"});
            read_policy_rules(root["policy"], s);
        } else {
            read_policy_rules(root, s);
        }
    });
}

}  // namespace trainyard::config
