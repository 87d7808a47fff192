// Why a job waits, and when it will probably start.
#include <algorithm>

#include "scheduler/policy/profile.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

constexpr std::size_t listed_max = 10;

std::string text(amount a) {
    return a.is_unlimited() ? "unlimited" : std::to_string(a.count());
}

std::string in_use(const std::string& what, amount used, amount limit, amount needed) {
    return what + ": " + text(used) + " of " + text(limit) + " in use, " + text(needed) + " needed";
}

amount needed_of(const needs& n, index resource) {
    const auto it = std::ranges::find(n, resource, &need::resource);
    return it == n.end() ? amount{} : it->instances;
}

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& p : parts) out += (out.empty() ? "" : ", ") + p;
    return out;
}

}  // namespace

std::string scheduler::impl::describe(const obstacle& o, index pool, const needs& n) const {
    using kind = obstacle::kind;
    if (o.what == kind::none || o.what == kind::kind_jobs || o.what == kind::group_jobs) return {};
    const std::string resource =
        o.resource < fleet.resource_names().size() ? fleet.resource_names().name(o.resource) : "";
    const pool_state& p = fleet.pools()[pool];
    switch (o.what) {
        case kind::not_offered: return resource + " is not offered";
        case kind::paused: return "the pool is paused";
        case kind::pool_jobs: return in_use("jobs of the pool", p.jobs, p.jobs_max, amount{1});
        case kind::room: {
            const pool_line& l = p.lines[o.resource];
            return in_use(resource, l.used, l.limit, needed_of(n, o.resource));
        }
        case kind::blocked:
            if (const auto learned = p.lines[o.resource].learned)
                return resource + ": AWS refused more than " + text(*learned) + "; tried again at " +
                       to_iso8601(p.lines[o.resource].gate.until);
            return resource + ": AWS answered ResourceLimitExceeded; blocked until " +
                   to_iso8601(p.lines[o.resource].gate.until);
        case kind::probing: return resource + ": blocked while a single start probes it";
        default: return "the start budget is spent";
    }
}

std::string scheduler::impl::describe(const tenant_obstacle& o, const needs& n) const {
    using kind = tenant_obstacle::kind;
    if (o.what == kind::none) return {};
    const tenant_node& t = tenants.at(o.node);
    if (o.what == kind::paused)
        return o.node == policy::tenants::root ? "all starts are paused" : "tenant " + t.name + " is paused";
    const std::string whose = o.node == policy::tenants::root ? "the fleet" : "tenant " + t.name;
    if (o.what == kind::jobs) return in_use("jobs of " + whose, t.jobs, t.jobs_max, amount{1});
    const std::string& resource = fleet.resource_names().name(o.resource);
    const tenant_line& l = t.lines[o.resource];
    const amount needed = needed_of(n, o.resource);
    if (o.what == kind::quota)
        return in_use("the quota of " + whose + ", " + resource, l.used, l.quota, needed);
    std::string out =
        in_use("the quota of " + whose + ", " + resource, l.used, l.quota + l.borrowing_limit, needed);
    if (l.borrowing_limit > amount{}) out += " (" + text(l.borrowing_limit) + " of it may be borrowed)";
    return out;
}

std::optional<std::string> scheduler::impossible(const pending_job& j) const {
    const impl& x = *impl_;
    const auto tenant = x.tenants.find(j.tenant);
    if (!tenant || !x.tenants.at(*tenant).configured || j.tenant.empty())
        return "tenant " + j.tenant + " is not configured";
    const tenant_node& node = x.tenants.at(*tenant);
    const index leaf = node.self != no_index ? node.self : *tenant;
    needs merged;
    bool unheard_of = false;  // a resource that only a pool that discovers may have
    for (const demand_line& d : j.demand) {
        if (d.instances < 1 || d.instances > demand_max)
            return d.resource + ": " + std::to_string(d.instances) + " instances; ask for 1 to " +
                   std::to_string(demand_max);
        const auto r = x.fleet.resource_names().find(d.resource);
        if (!r) {
            if (std::ranges::none_of(x.fleet.pools(), &pool_state::discovers))
                return "no pool offers " + d.resource;
            unheard_of = true;
            continue;
        }
        const auto it = std::ranges::find(merged, *r, &need::resource);
        if (it == merged.end())
            merged.push_back({*r, amount{d.instances}});
        else
            it->instances += amount{d.instances};
    }
    for (index t = leaf; t != no_index; t = x.tenants.at(t).parent)
        if (x.tenants.at(t).jobs_max < amount{1}) return "tenant " + x.tenants.at(t).name + " may run no job";
    for (const need& n : merged)
        if (!x.tenants.can_hold(leaf, {n}))
            return x.fleet.resource_names().name(n.resource) + ": " + text(n.instances) +
                   " needed, the quota of tenant " + j.tenant + " is " +
                   text(x.tenants.most_for(leaf, n.resource)) + " with all that it may borrow";
    for (const auto& [what, names, counts, name] :
         {std::tuple{"kind ", &x.fleet.kind_names(), &x.fleet.kinds(), &j.kind},
          std::tuple{"group ", &x.fleet.group_names(), &x.fleet.groups(), &j.group}})
        if (const auto i = names->find(*name); i && (*counts)[*i].max < amount{1})
            return "no job of " + (what + *name) + " may run";
    if (!j.gang.empty() && j.gang_size == 0) return "gang " + j.gang + " states no size";
    const std::vector<index> pools = x.allowed_pools(node.pools, j.pools);
    if (pools.empty())
        return "tenant " + j.tenant + " may use none of the pools " +
               (j.pools.empty() ? std::string("of the fleet") : join(j.pools));
    std::vector<std::string> reasons;
    for (const index p : pools) {
        const pool_state& s = x.fleet.pools()[p];
        std::string reason;
        if (s.jobs_max < amount{1}) reason = "runs no job";
        if (reason.empty() && unheard_of && !s.discovers) reason = "does not offer all that is needed";
        for (const need& n : merged) {
            if (!reason.empty()) break;
            const pool_line& l = s.lines[n.resource];
            if (!l.offered)
                reason = "does not offer " + x.fleet.resource_names().name(n.resource);
            else if (n.instances > l.limit && l.source == limit_source::file)
                reason = "has " + text(l.limit) + " " + x.fleet.resource_names().name(n.resource) + ", " +
                         text(n.instances) + " needed";
        }
        if (reason.empty()) return std::nullopt;
        reasons.push_back(x.fleet.pool_names().name(p) + " " + reason);
    }
    return "no pool could ever hold the job: " + join(reasons);
}

// Conservative reservations for everything ahead, and for the job itself.
std::optional<wall_time> scheduler::impl::estimate(index lane, index shape, const waiting_job& job,
                                                   wall_time at) const {
    room_profile profile(fleet, ends_, at.time_since_epoch().count());
    for (const auto& [s, j] : lanes[lane]->jobs.list(config.lookahead)) {
        const class_key& k = *fleet.at(shapes[s].key->demand).key;
        if (tenants.obstacle_for(shapes[s].key->leaf, k.demand) && j.id != job.id) continue;
        const auto place = profile.earliest(k.pools, k.demand, j.expected, lane);
        if (s == shape && j.id == job.id) {
            if (place.pool == no_index) return std::nullopt;
            const std::int64_t admitted = quota_free_at(shapes[s].key->leaf, k.demand, at);
            if (admitted == end_of_time) return std::nullopt;
            return wall_time{duration{std::max(place.at, admitted)}};
        }
        if (place.pool != no_index) profile.take(place.pool, k.demand, place.at, j.expected);
    }
    return std::nullopt;
}

// When the tenant's limits will admit the demand if nothing else starts.
std::int64_t scheduler::impl::quota_free_at(index leaf, const needs& n, wall_time at) const {
    if (!tenants.obstacle_for(leaf, n)) return at.time_since_epoch().count();
    policy::tenants then = tenants;
    std::vector<const started_job*> by_end;
    for (const started_job& s : slots)
        if (s.shape != no_index) by_end.push_back(&s);
    std::ranges::sort(by_end, {}, [](const started_job* s) { return std::pair{s->end(), s->id}; });
    for (const started_job* s : by_end) {
        then.give_back(shapes[s->shape].key->leaf, fleet.at(s->demand).key->demand, s->restored);
        if (!then.obstacle_for(leaf, n)) return std::max(s->end(), at.time_since_epoch().count());
    }
    return end_of_time;
}

void scheduler::impl::explain_waiting(explanation& out, index shape, const waiting_job& job,
                                      wall_time at) const {
    const shape_key& k = *shapes[shape].key;
    const class_key& c = *fleet.at(k.demand).key;
    const tenant_obstacle limit = tenants.obstacle_for(k.leaf, c.demand);
    out.tenant_reason = describe(limit, c.demand);
    if (limit && limit.node != policy::tenants::root) out.limited_at = tenants.at(limit.node).name;
    const obstacle counted = fleet.limits_obstacle(c);
    if (!limit && counted) {
        const bool kind = counted.what == obstacle::kind::kind_jobs;
        const tally& t = kind ? fleet.kinds()[c.kind] : fleet.groups()[c.group];
        out.tenant_reason = in_use(kind ? "jobs of kind " + fleet.kind_names().name(c.kind)
                                        : "jobs of group " + fleet.group_names().name(c.group),
                                   t.used, t.max, amount{1});
    }
    std::vector<std::string> open;
    std::vector<index> open_pools;
    for (index p = 0; p < fleet.pools().size(); ++p) {
        const std::string& name = fleet.pool_names().name(p);
        const obstacle o = fleet.pool_obstacle(p, c, at);
        if (!std::ranges::binary_search(c.pools, p) && fleet.can_hold(p, c.demand)) {
            out.pool_reasons.emplace_back(name, "not among the pools this job may use");
        } else if (o) {
            out.pool_reasons.emplace_back(name, describe(o, p, c.demand));
        } else {
            open.push_back(name);
            open_pools.push_back(p);
        }
    }
    std::ranges::sort(open_pools, [&](index a, index b) { return fleet.better(a, b, c.demand, c.kind); });
    for (const index p : open_pools) {
        decision_ring::score s;
        fleet.fill(s, p, c.demand, c.kind);
        out.scores.push_back(to_score(s));
    }
    std::string ahead_of;
    std::uint64_t reserved_for = 0;
    bool estimated = false;
    for (index l = 0; l < lanes.size(); ++l) {
        if (shapes[shape].slots[l] == no_index) continue;
        if (!estimated) out.ahead = lanes[l]->jobs.ahead(k.leaf, shape, job, out.next, listed_max);
        if (lanes[l]->held && lanes[l]->held->pool != no_index) reserved_for = lanes[l]->held->job;
        const auto start = estimate(l, shape, job, at);
        if (start && (!out.estimated_start || *start < *out.estimated_start)) out.estimated_start = start;
        estimated = true;
    }
    if (out.estimated_start)
        out.estimated_from = "expected runtimes of " + std::to_string(running.size()) +
                             " started jobs and of the waiting jobs ahead, each with a reservation";
    if (reserved_for != job.id) out.reserved_for = reserved_for;
    const std::string ahead = std::to_string(out.ahead) + " of its tenant's jobs are tried before it";
    if (!out.tenant_reason.empty())
        out.summary = "Waiting for its tenant (" + out.tenant_reason + "); " + ahead;
    else if (open.empty())
        out.summary = "Waiting for room in a pool; " + ahead;
    else if (reserved_for != 0 && reserved_for != job.id)
        out.summary = "Fits in " + join(open) +
                      " but for the room reserved for another job, or waits for its turn; " + ahead;
    else
        out.summary = "Fits in " + join(open) + " and waits for its turn; " + ahead;
    if (reserved_for == job.id) out.summary += "; room is reserved for it";
    out.summary +=
        out.estimated_start ? "; expected to start at " + to_iso8601(*out.estimated_start) + "." : ".";
}

explanation scheduler::explain(std::uint64_t id, wall_time now) const {
    const impl& x = *impl_;
    explanation out;
    if (const id_table::entry* e = x.running.find(id)) {
        out.known = true;
        const started_job& s = x.slots[e->shape];
        out.summary = "The job has started in " + x.fleet.pool_names().name(s.pool) +
                      (s.stopping ? " and is to stop for another." : ".");
        return out;
    }
    if (const held_job* h = x.held.find(id)) {
        out.known = out.pending = true;
        if (!h->ready()) {
            out.summary = "Waiting for " + std::to_string(h->open) + " of the jobs it depends on.";
            return out;
        }
        const gang& g = x.held.gang_at(h->gang);
        if (g.shape == no_index) {
            out.summary = "Waiting for its gang " + g.name + ": " + std::to_string(g.ready.size() + g.gone) +
                          " of " + std::to_string(g.size) + " jobs are here.";
            return out;
        }
        x.explain_waiting(out, g.shape, g.queued, now);
        out.summary = "As the gang " + g.name + ": " + out.summary;
        return out;
    }
    const id_table::entry* e = x.waiting.find(id);
    if (!e) {
        out.summary = "The scheduler does not know this job.";
        return out;
    }
    out.known = out.pending = true;
    x.explain_waiting(out, e->shape, *x.shapes[e->shape].queue.find({e->submitted, id, 0}), now);
    return out;
}

}  // namespace trainyard::policy
