// Who must stop so that a job may start: jobs of its own tenant that matter less, and jobs that run on quota
// borrowed from its tenant. The set is minimal: with any one of them spared, the job would not start.
#include "scheduler/policy/preemption.hpp"

#include <algorithm>
#include <tuple>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

// How many tenants' first jobs find victims in one try, and in how many pools each: a try has a bound.
constexpr std::size_t beneficiaries_max = 8;
constexpr std::size_t pools_max = 8;

// The children of the last common ancestor on both sides; the leaves of one tenant have none.
struct branch {
    index mine, theirs;
};
branch branches(const tenants& t, index mine, index theirs) {
    std::vector<index> up;
    for (index x = mine; x != no_index; x = t.at(x).parent) up.push_back(x);
    index below = theirs;
    for (index x = theirs; x != no_index; below = x, x = t.at(x).parent) {
        const auto it = std::ranges::find(up, x);
        if (it != up.end()) return {it == up.begin() ? mine : *(it - 1), below};
    }
    return {mine, theirs};
}

amount needed(const needs& n, index resource) {
    const auto it = std::ranges::find(n, resource, &need::resource);
    return it == n.end() ? amount{} : it->instances;
}

}  // namespace

bool scheduler::impl::may_be_victim(const started_job& v, const shape_key& of, const waiting_job& j) {
    const shape_key& k = *shapes[v.shape].key;
    if (!k.preemptible || v.stopping) return false;
    const wall_time safe_until = wall_time{duration{v.started}} + config.preemption.protected_runtime;
    const tenant_node& mine = tenants.at(of.leaf);
    bool allowed = false;
    if (k.leaf == of.leaf) {
        allowed = mine.within != preempt_within::never &&
                  (k.priority < of.priority || (mine.within == preempt_within::lower_or_newer_equal &&
                                                k.priority == of.priority && j.submitted < v.submitted));
    } else {
        allowed = mine.reclaim == preempt_reclaim::any ||
                  (mine.reclaim == preempt_reclaim::lower_priority && k.priority < of.priority);
    }
    if (allowed && safe_until > now) {
        preemption.next_try = std::min(preemption.next_try, safe_until);
        return false;
    }
    return allowed;
}

// Started jobs that hold, in one of the job's pools or anywhere, what its limits lack.
std::vector<index> scheduler::impl::possible_victims(const shape_key& k, const waiting_job& j) {
    std::vector<index> out;
    const class_key& c = *fleet.at(k.demand).key;
    const auto gather = [&](index p, const endings& ends) {
        ends.each([&](const ending& e) {
            const index slot = running.find(e.id)->shape;
            if (slots[slot].pool == p && may_be_victim(slots[slot], k, j)) out.push_back(slot);
            return true;
        });
    };
    for (const need& x : c.demand) {
        const bool quota_short = static_cast<bool>(tenants.obstacle_for(k.leaf, {x}));
        for (index p = 0; p < fleet.pools().size(); ++p) {
            const pool_line& l = fleet.pools()[p].lines[x.resource];
            const bool here = std::ranges::binary_search(c.pools, p);
            if (quota_short || (here && l.used + x.instances > l.limit)) gather(p, ends_[p][x.resource]);
        }
    }
    for (const index p : c.pools)
        if (fleet.pools()[p].jobs >= fleet.pools()[p].jobs_max) gather(p, ends_[p].back());
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

// For a start in the pool; no slots when nothing helps.
scheduler::impl::victims scheduler::impl::find_victims(index shape, index pool,
                                                       const std::vector<index>& possible) {
    const shape_key& k = *shapes[shape].key;
    const needs& n = fleet.at(k.demand).key->demand;
    const pool_state& p = fleet.pools()[pool];
    needs freed;  // in the pool, by those taken out so far
    std::int64_t freed_slots = 0;
    const auto room = [&] {
        for (const need& x : n)
            if (p.lines[x.resource].used - needed(freed, x.resource) + x.instances >
                p.lines[x.resource].limit)
                return false;
        return p.jobs - amount{freed_slots} + amount{1} <= p.jobs_max;
    };
    std::vector<index> short_here, short_of_quota;  // resources whose lack keeps the job from starting
    for (const need& x : n) {
        if (p.lines[x.resource].used + x.instances > p.lines[x.resource].limit)
            short_here.push_back(x.resource);
        if (tenants.obstacle_for(k.leaf, {x})) short_of_quota.push_back(x.resource);
    }
    const bool slot_short = p.jobs >= p.jobs_max;
    const auto is_short = [&](const started_job& v, index resource) {
        return (v.pool == pool && std::ranges::count(short_here, resource) > 0) ||
               std::ranges::count(short_of_quota, resource) > 0;
    };

    struct entry {
        bool own;
        int priority;
        std::int64_t started;
        index slot;
        branch at;
    };
    std::vector<entry> candidates;
    for (const index s : possible) {
        const started_job& v = slots[s];
        const shape_key& vk = *shapes[v.shape].key;
        const branch b = branches(tenants, k.leaf, vk.leaf);
        const bool own = vk.leaf == k.leaf;
        const bool helps = std::ranges::any_of(fleet.at(v.demand).key->demand, [&](const need& x) {
            return is_short(v, x.resource) && (own || tenants.borrows(b.theirs, x.resource));
        });
        if (helps || (own && slot_short && v.pool == pool))
            candidates.push_back({own, vk.priority, v.started, s, b});
    }
    // Others' before our own, the lowest priority first, then the least work lost.
    std::ranges::sort(candidates, {}, [&](const entry& e) {
        return std::tuple{e.own, e.priority, -e.started, slots[e.slot].submitted, slots[e.slot].id};
    });

    const auto move = [&](const entry& e, bool out) {
        const started_job& v = slots[e.slot];
        const needs& vn = fleet.at(v.demand).key->demand;
        if (out)
            tenants.give_back(shapes[v.shape].key->leaf, vn, v.restored);
        else
            tenants.take(shapes[v.shape].key->leaf, vn, v.restored);
        if (v.pool != pool) return;
        freed_slots += out ? 1 : -1;
        for (const need& x : vn) {
            const auto it = std::ranges::find(freed, x.resource, &need::resource);
            if (it == freed.end())
                freed.push_back(x);
            else
                it->instances = out ? it->instances + x.instances : it->instances - x.instances;
        }
    };
    // Whom others lend to may be asked back only up to one's own quota.
    const auto fits = [&](const std::vector<entry>& taken) {
        if (!room() || tenants.obstacle_for(k.leaf, n)) return false;
        return std::ranges::all_of(taken, [&](const entry& e) {
            if (e.own) return true;
            return std::ranges::all_of(n, [&](const need& x) {
                const tenant_line& l = tenants.at(e.at.mine).lines[x.resource];
                return !l.governed || l.used + x.instances <= l.quota;
            });
        });
    };
    const auto still_borrows = [&](const entry& e) {
        const needs& vn = fleet.at(slots[e.slot].demand).key->demand;
        const bool lent = std::ranges::any_of(vn, [&](const need& x) {
            return is_short(slots[e.slot], x.resource) && tenants.borrows(e.at.theirs, x.resource);
        });
        if (!lent || !config.preemption.nominal_stays) return lent;
        return std::ranges::all_of(vn, [&](const need& x) {
            const tenant_line& l = tenants.at(e.at.theirs).lines[x.resource];
            return !l.governed || l.used - x.instances >= l.quota;
        });
    };
    const auto attempt = [&](bool others) {
        std::vector<entry> taken;
        bool enough = false;
        for (const entry& e : candidates) {
            if (!e.own && (!others || !still_borrows(e))) continue;
            if (static_cast<std::int64_t>(taken.size()) >= config.preemption.victims_max) break;
            move(e, true);
            taken.push_back(e);
            if ((enough = fits(taken))) break;
        }
        // Who was not needed after all stays, the last that was added first.
        if (enough)
            for (std::size_t i = taken.size() - 1; i-- > 0;) {
                const entry spared = taken[i];
                move(spared, false);
                taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(i));
                if (fits(taken)) continue;
                move(spared, true);
                taken.insert(taken.begin() + static_cast<std::ptrdiff_t>(i), spared);
            }
        for (auto it = taken.rbegin(); it != taken.rend(); ++it) move(*it, false);
        if (!enough) taken.clear();
        return taken;
    };
    std::vector<entry> taken = attempt(true);
    if (taken.empty()) taken = attempt(false);
    // One victim is better than several, unless it matters more than all of them.
    if (taken.size() > 1) {
        const int most = std::ranges::max(taken, {}, &entry::priority).priority;
        for (const entry& e : candidates) {
            if (e.priority > most || (!e.own && !still_borrows(e))) continue;
            move(e, true);
            const bool alone = fits({e});
            move(e, false);
            if (!alone) continue;
            taken = {e};
            break;
        }
    }
    victims out;
    out.pool = pool;
    for (const entry& e : taken) {
        out.slots.push_back(e.slot);
        out.lost += now.time_since_epoch().count() - e.started;
    }
    return out;
}

bool scheduler::impl::is_cheaper(const victims& a, const victims& b) const {
    return std::tuple{a.slots.size(), a.lost, a.pool} < std::tuple{b.slots.size(), b.lost, b.pool};
}

bool scheduler::impl::preempt_for(index lane, index shape, const waiting_job& j, std::int64_t victims_max,
                                  decision& out) {
    const shape_key& k = *shapes[shape].key;
    const demand_class& c = fleet.at(k.demand);
    if (!c.below_limits || k.gang != no_index || preemption.claims.contains(j.id) || choose(shape, lane, j))
        return false;
    const std::vector<index> possible = possible_victims(k, j);
    if (possible.empty()) return false;
    victims best;
    std::size_t looked_at = 0;
    for (const index p : c.key->pools) {
        if (fleet.pools()[p].lane != lane || fleet.pools()[p].paused) continue;
        // Where not even all of them together make room, nothing is worth a try.
        needs all;
        for (const need& x : c.key->demand) all.push_back({x.resource, amount{}});
        for (const index s : possible)
            if (slots[s].pool == p)
                for (need& x : all) x.instances += needed(fleet.at(slots[s].demand).key->demand, x.resource);
        const bool enough = std::ranges::all_of(c.key->demand, [&](const need& x) {
            const pool_line& l = fleet.pools()[p].lines[x.resource];
            return l.used - needed(all, x.resource) + x.instances <= l.limit;
        });
        if (!enough) continue;
        if (++looked_at > pools_max) break;
        const victims v = find_victims(shape, p, possible);
        if (!v.slots.empty() && (best.slots.empty() || is_cheaper(v, best))) best = v;
    }
    if (best.slots.empty()) return false;
    if (static_cast<std::int64_t>(best.slots.size()) > victims_max) {
        preemption.next_try =
            std::min(preemption.next_try, preemption.window_start + config.preemption.window);
        return false;
    }
    preemption_state::claim& claim = preemption.claims[j.id];
    claim.shape = shape;
    claim.pool = best.pool;
    for (const index s : best.slots) {
        started_job& v = slots[s];
        v.stopping = true;
        claim.victims.push_back(v.id);
        preemption.beneficiary[v.id] = j.id;
        out.preemptions.push_back({v.id, j.id});
        record(v.id, shapes[v.shape].key->leaf, {v.pool, v.demand, false}, lane, reason::preempted, j.id);
    }
    return true;
}

void scheduler::impl::preempt(decision& out) {
    preemption_state& p = preemption;
    if (!p.enabled) return;
    const bool news =
        p.seen_changes != changes || p.seen_arrivals != arrivals || p.next_try <= now || !p.tried;
    if (!news || (p.tried && now < p.last_try + config.preemption.interval)) return;
    p.tried = true;
    p.last_try = now;
    p.seen_changes = changes;
    p.seen_arrivals = arrivals;
    p.next_try = wall_time::max();
    if (now >= p.window_start + config.preemption.window || p.window_start > now) {
        p.window_start = now;
        p.in_window = 0;
    }
    // Who is paused needs no room, and does not count among those that are looked at.
    const std::size_t listed_max = tenants.any_paused() ? config.lookahead : beneficiaries_max;
    for (index l = 0; l < lanes.size(); ++l) {
        std::size_t looked_at = 0;
        for (const auto& [shape, job] : lanes[l]->jobs.list(listed_max, 1)) {
            if (tenants.is_paused(shapes[shape].key->leaf)) continue;
            if (++looked_at > beneficiaries_max) break;
            const std::size_t before = out.preemptions.size();
            keep_claimed();
            preempt_for(l, shape, job, config.preemption.victims_max - p.in_window, out);
            p.in_window += static_cast<std::int64_t>(out.preemptions.size() - before);
        }
    }
}

// What others may not take: the room that the victims leave.
void scheduler::impl::keep_claimed() {
    kept_.clear();
    for (const auto& [job, claim] : preemption.claims) {
        const needs& n = fleet.at(shapes[claim.shape].key->demand).key->demand;
        const pool_state& p = fleet.pools()[claim.pool];
        reservation r;
        r.job = job;
        r.pool = claim.pool;
        r.at = now.time_since_epoch().count();
        for (const need& x : n) {
            amount free = p.lines[x.resource].limit - p.lines[x.resource].used;
            for (const std::uint64_t v : claim.victims)
                if (const started_job& s = started(v); s.pool == claim.pool)
                    free += needed(fleet.at(s.demand).key->demand, x.resource);
            if (!free.is_unlimited())
                r.lines.push_back({x.resource, free.count() - x.instances.count(), x.instances.count()});
        }
        kept_.push_back(std::move(r));
    }
}

// Whether a start would take quota that victims are to leave to somebody else.
bool scheduler::impl::spoils_claim(index leaf, const needs& n, std::uint64_t job) {
    bool spoiled = false;
    tenants.take(leaf, n, false);
    for (const auto& [beneficiary, claim] : preemption.claims) {
        if (beneficiary == job || spoiled) continue;
        const auto move = [&](bool out) {
            for (const std::uint64_t v : claim.victims) {
                const started_job& s = started(v);
                const index from = shapes[s.shape].key->leaf;
                const needs& vn = fleet.at(s.demand).key->demand;
                if (out)
                    tenants.give_back(from, vn, s.restored);
                else
                    tenants.take(from, vn, s.restored);
            }
        };
        const shape_key& k = *shapes[claim.shape].key;
        move(true);
        spoiled = static_cast<bool>(tenants.obstacle_for(k.leaf, fleet.at(k.demand).key->demand));
        move(false);
    }
    tenants.give_back(leaf, n, false);
    return spoiled;
}

// Those whose victims have all stopped go before everybody else; who cannot start then waits like all others.
void scheduler::impl::start_claimed(decision& out, std::size_t max) {
    std::vector<std::uint64_t> due;
    for (const auto& [job, claim] : preemption.claims)
        if (claim.victims.empty()) due.push_back(job);
    for (const std::uint64_t job : due) {
        if (out.starts.size() >= max) return;
        const index shape = preemption.claims.at(job).shape, pool = preemption.claims.at(job).pool;
        const id_table::entry* e = waiting.find(job);
        TY_CHECK(e, "a claim belongs to no waiting job");
        const waiting_job* j = shapes[shape].queue.find({e->submitted, job, 0});
        keep_claimed();
        if (!start(shape, waiting_job{*j}, fleet.pools()[pool].lane, reason::in_order, out)) end_claim(job);
    }
}

void scheduler::impl::forget_victim(std::uint64_t id) {
    const auto it = preemption.beneficiary.find(id);
    if (it == preemption.beneficiary.end()) return;
    if (const auto c = preemption.claims.find(it->second); c != preemption.claims.end())
        std::erase(c->second.victims, id);
    preemption.beneficiary.erase(it);
}

void scheduler::impl::end_claim(std::uint64_t beneficiary) {
    if (preemption.claims.empty() || preemption.claims.erase(beneficiary) == 0) return;
    std::erase_if(kept_, [&](const reservation& r) { return r.job == beneficiary; });
    stir();
}

}  // namespace trainyard::policy
