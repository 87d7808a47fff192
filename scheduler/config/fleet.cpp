#include "scheduler/config/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "scheduler/config/node.hpp"
#include "scheduler/config/policy_section.hpp"
#include "scheduler/config/provision_section.hpp"

namespace trainyard::config {
namespace {

constexpr std::array<std::string_view, 3> group_orders{"none", "start", "end"};
constexpr std::array<std::string_view, 6> kinds{"training",  "tuning",   "processing",
                                                "transform", "pipeline", "endpoint"};

bool is_account(const std::string& s) {
    return s.size() == 12 && s.find_first_not_of("0123456789") == std::string::npos;
}

// Metric labels, file names and SageMaker tags carry these names.
bool is_name(const std::string& s) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    return !s.empty() && s.size() <= 128 && s.find_first_not_of(allowed) == std::string::npos;
}

api_rates read_rates(const node& n) {
    n.only({"create", "stop", "describe", "list"});
    const api_rates d;
    return {n["create"].real(d.create, 0.01, 1e6), n["stop"].real(d.stop, 0.01, 1e6),
            n["describe"].real(d.describe, 0.01, 1e6), n["list"].real(d.list, 0.01, 1e6)};
}

void read_account(const node& n, fleet& f) {
    n.only({"id", "role", "external_id", "execution_role", "bucket", "regions", "limits", "max_jobs",
            "api_rates", "preference", "prices", "order", "backfill"});
    const std::string id = n["id"].required_text();
    if (!id.empty() && !is_account(id)) n["id"].fail(fmt::format("'{}' is not a 12-digit account id", id));
    const auto regions = n["regions"].texts();
    if (regions.empty()) n["regions"].fail("at least one region is required");
    policy::pool_config rules;
    rules.discovers = f.discovers;
    read_pool_policy(n, rules);
    for (const std::string& region : regions) {
        pool p;
        p.name = id + "/" + region;
        p.account = id;
        p.region = region;
        p.role = n["role"].text();
        p.external_id = secret{n["external_id"].text()};
        p.execution_role = n["execution_role"].text();
        p.bucket = n["bucket"].text();
        p.rates = read_rates(n["api_rates"]);
        policy::pool_config c = rules;
        c.name = p.name;
        f.pools.push_back(std::move(p));
        f.policy.pools.push_back(std::move(c));
    }
}

void read_tenant(const node& n, fleet& f) {
    n.only({"name", "weight", "quota", "max_jobs", "pools", "roles", "order", "preempt_within",
            "preempt_reclaim"});
    tenant t;
    t.name = n["name"].required_text();
    if (!t.name.empty() && !is_name(t.name))
        n["name"].fail("letters, digits, '-', '_', '.', '/' only, 128 at most");
    t.pools = n["pools"].texts();
    t.roles = n["roles"].texts();
    policy::tenant_config c;
    c.name = t.name;
    read_tenant_policy(n, c);
    c.pools = t.pools;
    for (const std::string& pool : t.pools)
        if (std::none_of(f.pools.begin(), f.pools.end(),
                         [&](const config::pool& p) { return p.name == pool; }))
            n["pools"].fail(fmt::format(
                "there is no pool '{}'; a pool is ACCOUNT/REGION of an entry under accounts", pool));
    f.tenants.push_back(std::move(t));
    f.policy.tenants.push_back(std::move(c));
}

void read_queue(const node& n, fleet& f) {
    n.only({"name", "url", "region", "tenants", "max_priority", "kind", "reject_queue", "results_queue",
            "weight", "payload_buckets", "group_order"});
    queue q;
    q.url = n["url"].text();
    q.name = n["name"].text(q.url.substr(q.url.rfind('/') + 1));
    if (q.name.empty()) n.fail("a queue needs a name or a url");
    if (!q.name.empty() && !is_name(q.name))
        n["name"].fail("letters, digits, '-', '_', '.', '/' only, 128 at most");
    q.region = n["region"].required_text();
    q.tenants = n["tenants"].texts();
    if (q.tenants.empty()) n["tenants"].fail("at least one tenant is required; the first is the default");
    for (const std::string& t : q.tenants)
        if (std::none_of(f.tenants.begin(), f.tenants.end(), [&](const tenant& x) { return x.name == t; }))
            n["tenants"].fail(fmt::format("there is no tenant '{}'", t));
    q.max_priority = n["max_priority"].text();
    if (!q.max_priority.empty() && !f.priorities.contains(q.max_priority))
        n["max_priority"].fail(fmt::format("there is no priority class '{}'", q.max_priority));
    q.default_kind = n["kind"].text("training");
    if (std::find(kinds.begin(), kinds.end(), q.default_kind) == kinds.end())
        n["kind"].fail(fmt::format("'{}' is not one of {}", q.default_kind, fmt::join(kinds, ", ")));
    q.reject_queue = n["reject_queue"].text();
    q.results_queue = n["results_queue"].text();
    q.group_order = n["group_order"].text("none");
    if (std::find(group_orders.begin(), group_orders.end(), q.group_order) == group_orders.end())
        n["group_order"].fail(
            fmt::format("'{}' is not one of {}", q.group_order, fmt::join(group_orders, ", ")));
    if (q.group_order != "none" && !(q.url.empty() ? q.name : q.url).ends_with(".fifo"))
        n["group_order"].fail("only FIFO queues, whose names end in .fifo, have message groups");
    q.weight = n["weight"].real(1, 0.01, 100);
    q.payload_buckets = n["payload_buckets"].texts();
    f.queues.push_back(std::move(q));
}

void read_events(const node& n, fleet& f) {
    n.only({"name", "url", "region"});
    event_queue e;
    e.url = n["url"].text();
    e.name = n["name"].text(e.url.substr(e.url.rfind('/') + 1));
    if (e.name.empty()) n.fail("a queue of events needs a name or a url");
    e.region = n["region"].required_text();
    f.events.push_back(std::move(e));
}

void read_admin(const node& n, fleet& f) {
    const std::string text = n.text("127.0.0.1:0");
    if (text == "off") {
        f.admin = false;
        return;
    }
    const auto colon = text.rfind(':');
    const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
    f.admin_address = text.substr(0, std::min(colon, text.size()));
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
        std::stoul(port) > 65535)
        return n.fail("must be ADDRESS:PORT, for example 127.0.0.1:9400, or off");
    // The admin pages have no authentication yet, so they stay on this machine.
    if (f.admin_address != "127.0.0.1" && f.admin_address != "[::1]")
        return n.fail("must be on a loopback address (127.0.0.1 or [::1])");
    if (f.admin_address == "[::1]") f.admin_address = "::1";
    f.admin_port = static_cast<std::uint16_t>(std::stoul(port));
}

template <class Range, class Name>
void check_unique(const node& n, const Range& range, Name name, std::string_view what) {
    std::set<std::string> seen;
    for (const auto& x : range)
        if (!seen.insert(name(x)).second)
            n.fail(fmt::format("the {} '{}' stands there twice", what, name(x)));
}

void read_fleet(const node& root, fleet& f, const std::string& directory) {
    root.only({"installation", "ledger", "admin", "reconcile_seconds", "retention_days",
               "receivers_per_queue", "limits", "discover_seconds", "accounts", "tenants", "queues", "events",
               "priorities", "default_priority", "policy", "provision"});
    f.installation = root["installation"].required_text();
    if (!f.installation.empty() && !is_name(f.installation))
        root["installation"].fail("letters, digits, '-', '_', '.', '/' only, 128 at most");
    const std::string ledger = root["ledger"].text("trainyard.db");
    f.ledger_file = (std::filesystem::path{directory} / ledger).lexically_normal().string();
    read_admin(root["admin"], f);
    f.reconcile = std::chrono::milliseconds{
        static_cast<std::int64_t>(root["reconcile_seconds"].real(30, 0.05, 3600) * 1000)};
    // A message lives at most 14 days in its queue; a job that is remembered longer is never taken twice.
    f.retention = std::chrono::hours{24 * root["retention_days"].whole(30, 14, 3650)};
    f.receivers_per_queue = static_cast<int>(root["receivers_per_queue"].whole(4, 1, 64));
    if (root["priorities"].present()) {
        f.priorities.clear();
        for (const auto& [key, value] : root["priorities"].entries())
            f.priorities[key] = static_cast<int>(value.whole(0, -1'000'000, 1'000'000));
    }
    f.default_priority = root["default_priority"].text(f.priorities.contains("normal") ? "normal" : "");
    if (!f.priorities.contains(f.default_priority))
        root["default_priority"].fail(fmt::format("there is no priority class '{}'", f.default_priority));
    f.discovers = read_discover(root["limits"]);
    if (root["limits"].is_mapping())
        root["limits"].fail(
            "limits of instance types belong to an account; of the whole fleet it is discover");
    f.discover_every = std::chrono::milliseconds{
        static_cast<std::int64_t>(root["discover_seconds"].real(600, 1, 86'400) * 1000)};
    for (const node& n : root["accounts"].items()) read_account(n, f);
    for (const node& n : root["tenants"].items()) read_tenant(n, f);
    for (const node& n : root["queues"].items()) read_queue(n, f);
    for (const node& n : root["events"].items()) read_events(n, f);
    read_policy(root["policy"], f.policy);
    read_provision(root["provision"], f, directory);
    check_tree(root["tenants"], f.policy);
    if (f.pools.empty()) root["accounts"].fail("at least one account is required");
    if (f.tenants.empty()) root["tenants"].fail("at least one tenant is required");
    if (f.queues.empty()) root["queues"].fail("at least one queue is required");
    check_unique(root["accounts"], f.pools, [](const pool& p) { return p.name; }, "pool");
    check_unique(root["tenants"], f.tenants, [](const tenant& t) { return t.name; }, "tenant");
    check_unique(root["queues"], f.queues, [](const queue& q) { return q.name; }, "queue");
}

}  // namespace

result<fleet> parse_fleet(std::string_view yaml, const std::string& file, const std::string& directory,
                          const std::map<std::string, std::string>& environment) {
    fleet f;
    const auto done =
        read_document(yaml, file, environment, [&](const node& root) { read_fleet(root, f, directory); });
    if (!done) return done.error();
    return f;
}

}  // namespace trainyard::config
