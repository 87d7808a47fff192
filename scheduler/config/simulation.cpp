#include "scheduler/config/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/encoding.hpp"
#include "scheduler/config/fleet.hpp"
#include "scheduler/config/node.hpp"
#include "scheduler/config/policy_section.hpp"

namespace trainyard::config {
namespace {

template <class T>
struct word {
    std::string_view name;
    T value;
};
constexpr std::array<word<policy::order>, 4> orders{{{"fifo", policy::order::fifo},
                                                     {"priority", policy::order::priority},
                                                     {"fair", policy::order::fair},
                                                     {"fair_tree", policy::order::fair_tree}}};
constexpr std::array<word<policy::backfill>, 6> backfills{{{"none", policy::backfill::none},
                                                           {"greedy", policy::backfill::greedy},
                                                           {"easy", policy::backfill::easy},
                                                           {"easy_sjbf", policy::backfill::easy_sjbf},
                                                           {"sjbf", policy::backfill::easy_sjbf},
                                                           {"conservative", policy::backfill::conservative}}};
constexpr std::array<word<policy::packing>, 2> packings{
    {{"spread", policy::packing::spread}, {"pack", policy::packing::pack}}};

template <class T, std::size_t N>
const T* find_word(const std::array<word<T>, N>& words, std::string_view name) {
    const auto found = std::ranges::find(words, name, &word<T>::name);
    return found == words.end() ? nullptr : &found->value;
}

std::string known_words() {
    std::string out = "fcfs";
    for (const auto& w : orders) out += fmt::format(", {}", w.name);
    for (const auto& w : backfills) out += fmt::format(", {}", w.name);
    for (const auto& w : packings) out += fmt::format(", {}", w.name);
    return out;
}

void read_pool(const node& n, policy::settings& s) {
    n.only({"name", "limits", "max_jobs", "preference", "prices", "order", "backfill"});
    policy::pool_config p;
    p.name = n["name"].required_text();
    read_pool_policy(n, p);
    if (std::ranges::any_of(s.pools, [&](const policy::pool_config& x) { return x.name == p.name; }))
        n["name"].fail(fmt::format("the pool '{}' stands there twice", p.name));
    s.pools.push_back(std::move(p));
}

void read_tenant(const node& n, policy::settings& s) {
    n.only({"name", "weight", "quota", "max_jobs", "pools", "order", "preempt_within", "preempt_reclaim"});
    policy::tenant_config t;
    t.name = n["name"].required_text();
    read_tenant_policy(n, t);
    t.pools = n["pools"].texts();
    for (const std::string& pool : t.pools)
        if (std::ranges::none_of(s.pools, [&](const policy::pool_config& p) { return p.name == pool; }))
            n["pools"].fail(fmt::format("there is no pool '{}'", pool));
    if (std::ranges::any_of(s.tenants, [&](const policy::tenant_config& x) { return x.name == t.name; }))
        n["name"].fail(fmt::format("the tenant '{}' stands there twice", t.name));
    s.tenants.push_back(std::move(t));
}

// There is no Service Quotas to ask.
result<void> forget_discovery(policy::settings& s, const std::string& file) {
    for (policy::pool_config& p : s.pools) {
        p.discovers = false;
        if (p.limits.empty())
            return error{errc::invalid_argument,
                         fmt::format("{}: pool {} discovers its limits; a simulation needs them in the file",
                                     file, p.name)};
    }
    return {};
}

}  // namespace

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
        } else if (const auto* fill = find_word(backfills, w)) {
            s.backfill = *fill;
            if (alone) s.order = policy::order::fifo;
        } else if (const auto* pack = find_word(packings, w)) {
            s.packing = *pack;
        } else {
            return error{errc::invalid_argument,
                         fmt::format("'{}' is neither a policy nor a file; a policy is made of {}, joined by "
                                     "'+', as in fair+easy",
                                     printable(name, 80), known_words())};
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
        read_policy(root["policy"], f.policy);
        check_tree(root["tenants"], f.policy);
        if (f.policy.pools.empty()) root["pools"].fail("at least one pool is required");
        if (!root["priorities"].present()) return;
        f.priorities.clear();
        for (const auto& [key, value] : root["priorities"].entries())
            f.priorities[key] = static_cast<int>(value.whole(0, -1'000'000, 1'000'000));
    });
    if (!read) return read.error();
    if (!production) {
        if (auto known = forget_discovery(f.policy, file); !known) return known.error();
        return f;
    }
    auto whole = parse_fleet(yaml, file, "", environment);
    if (!whole) return whole.error();
    f.policy = std::move(whole->policy);
    f.priorities = std::move(whole->priorities);
    if (auto known = forget_discovery(f.policy, file); !known) return known.error();
    return f;
}

result<void> parse_policy_file(std::string_view yaml, const std::string& file,
                               const std::map<std::string, std::string>& environment, policy::settings& s) {
    return read_document(yaml, file, environment, [&](const node& root) {
        if (root["policy"].present()) {
            root.only({"policy"});
            read_policy(root["policy"], s);
        } else {
            read_policy(root, s);
        }
    });
}

}  // namespace trainyard::config
