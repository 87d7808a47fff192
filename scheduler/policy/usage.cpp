// Who uses what, and what was decided last.
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {

pool_score scheduler::impl::to_score(const decision_ring::score& s) const {
    __extension__ typedef __int128 wide;
    pool_score out;
    out.pool = fleet.pool_names().name(s.pool);
    out.preference = s.preference;
    out.refusals = s.refusals;
    out.price = s.price;
    out.budget = s.budget < 0 ? amount::unlimited() : amount{s.budget};
    out.fullness = static_cast<std::int64_t>(static_cast<wide>(s.fullness) * 1'000'000 >> 40U);
    return out;
}

std::vector<recent_decision> scheduler::recent() const {
    const impl& x = *impl_;
    std::vector<recent_decision> out;
    x.ring.each([&](const decision_ring::entry& e) {
        recent_decision d;
        d.at = e.at;
        d.job = e.job;
        d.why = e.why;
        (e.why == reason::preempted ? d.beneficiary : d.reserved_for) = e.other;
        d.tenant = x.tenants.at(e.leaf).name;
        d.pool = x.fleet.pool_names().name(e.pool);
        d.share = static_cast<double>(e.share) / static_cast<double>(std::int64_t{1} << 40U);
        for (const decision_ring::score& s : e.scores)
            if (s.pool != no_index) d.scores.push_back(x.to_score(s));
        out.push_back(std::move(d));
    });
    return out;
}

std::vector<pool_usage> scheduler::pools() const {
    const fleet& f = impl_->fleet;
    std::vector<pool_usage> out;
    for (index p = 0; p < f.pools().size(); ++p) {
        const pool_state& x = f.pools()[p];
        pool_usage u{f.pool_names().name(p), {}, {}, x.jobs, x.jobs_max};
        u.paused = x.paused;
        for (index r = 0; r < x.lines.size(); ++r) {
            const pool_line& l = x.lines[r];
            if (l.offered) {
                u.limits[f.resource_names().name(r)] = l.limit;
                u.sources[f.resource_names().name(r)] = l.decided_by();
            }
            if (l.learned) u.learned[f.resource_names().name(r)] = *l.learned;
            if (l.gate.now == gate::state::blocked) u.blocked[f.resource_names().name(r)] = l.gate.until;
            if (l.offered || l.used > amount{}) u.used[f.resource_names().name(r)] = l.used;
        }
        out.push_back(std::move(u));
    }
    return out;
}

std::vector<tenant_usage> scheduler::tenants() const {
    const policy::tenants& tree = impl_->tenants;
    const name_table& resources = impl_->fleet.resource_names();
    std::vector<tenant_usage> out;
    for (index t = 1; t < tree.size(); ++t) {
        const tenant_node& x = tree.at(t);
        if (tree.at(x.parent).self == t) continue;  // counted in its parent
        tenant_usage u;
        u.tenant = x.name;
        u.parent = tree.at(x.parent).name;
        u.jobs = x.jobs;
        u.jobs_max = x.jobs_max;
        u.pending = x.pending;
        u.paused = tree.is_paused(t);
        u.share = tree.share_value(t);
        for (index r = 0; r < x.lines.size(); ++r) {
            const tenant_line& l = x.lines[r];
            if (l.stated) {
                u.quota[resources.name(r)] = l.nominal;
                u.borrowing_limit[resources.name(r)] = l.borrowing_limit;
                u.lending_limit[resources.name(r)] = l.lending_limit;
            }
            if (l.stated || l.total > amount{}) u.used[resources.name(r)] = l.total;
            if (l.governed && l.used > l.quota) u.borrowed[resources.name(r)] = l.used - l.quota;
        }
        out.push_back(std::move(u));
    }
    return out;
}

std::optional<wall_time> scheduler::next_wakeup() const {
    const impl& x = *impl_;
    if (pending() == 0 || x.tenants.at(policy::tenants::root).paused) return std::nullopt;
    std::optional<wall_time> soonest;
    const auto consider = [&](wall_time t) { soonest = soonest ? std::min(*soonest, t) : t; };
    for (const auto& [until, pool, resource] : x.fleet.timers()) {
        bool wanted = false;
        for (const shape_state& s : x.shapes) {
            if (!s.key || s.queue.empty()) continue;
            const auto wants = [&](const class_key& k) {
                return std::ranges::binary_search(k.pools, pool) &&
                       std::ranges::any_of(k.demand,
                                           [r = resource](const need& n) { return n.resource == r; });
            };
            const class_key& k = *x.fleet.at(s.key->demand).key;
            wanted = wanted || wants(k) || (k.fall_back != no_index && wants(*x.fleet.at(k.fall_back).key));
        }
        if (!wanted) continue;
        consider(until);
        break;
    }
    // A step of decay may make another job the first, and with it another reservation.
    if (x.tenants.decays() && x.config.backfill != backfill::greedy) consider(x.tenants.next_step());
    const preemption_state& p = x.preemption;
    if (p.enabled && p.tried) {
        const wall_time again = p.last_try + x.config.preemption.interval;
        if (p.seen_changes != x.changes || p.seen_arrivals != x.arrivals) consider(again);
        if (p.next_try != wall_time::max()) consider(std::max(again, p.next_try));
    }
    return soonest;
}

}  // namespace trainyard::policy
