#include "scheduler/policy/fleet.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::policy {
namespace {

index counted_name(name_table& names, std::vector<tally>& counts, std::vector<std::vector<index>>& classes,
                   const std::string& name) {
    if (name.empty()) return no_index;
    const index i = names.intern(name);
    if (i == counts.size()) {
        counts.emplace_back();
        classes.emplace_back();
    }
    return i;
}

}  // namespace

fleet::fleet(const settings& s) : packing_(s.packing) {
    fitting_.set(class_mask::shared_bit);
    for (index bit = class_mask::shared_bit; bit > 0; --bit) free_bits_.push_back(bit - 1);
    for (const pool_config& c : s.pools) {
        TY_CHECK(!pool_names_.find(c.name), "pool names must be unique");
        const index p = pool_index(c.name);
        for (const auto& [resource, limit] : c.limits) {
            const index r = resource_index(resource);
            pools_[p].lines[r].offered = true;
            pools_[p].lines[r].limit = limit;
            capacity_[r] += limit;
        }
        for (const auto& [resource, price] : c.prices)
            pools_[p].lines[resource_index(resource)].price = price;
        pools_[p].jobs_max = c.jobs_max;
        pools_[p].preference = c.preference;
        pools_[p].discovers = c.discovers;
        jobs_capacity_ += c.jobs_max;
        if (c.jobs_max > amount{}) open_.set(p);
    }
    for (index p = 0; p < pools_.size(); ++p)
        for (pool_line& l : pools_[p].lines) offer_if_discovered(pools_[p], l);
    for (const auto& [name, max] : s.kinds_max) kinds_[kind_index(name)].max = max;
    for (const auto& [name, max] : s.groups_max) groups_[group_index(name)].max = max;
    find_most_room();
}

void fleet::offer_if_discovered(const pool_state& p, pool_line& l) {
    if (!p.discovers || l.offered) return;
    l.offered = true;
    l.source = limit_source::discovered;
}

index fleet::pool_index(const std::string& name) {
    const index p = pool_names_.intern(name);
    if (p == pools_.size()) pools_.emplace_back().lines.resize(resource_names_.size());
    return p;
}

index fleet::resource_index(const std::string& name) {
    const index r = resource_names_.intern(name);
    if (r == capacity_.size()) {
        capacity_.emplace_back();
        needing_.emplace_back();
        for (pool_state& p : pools_) offer_if_discovered(p, p.lines.emplace_back());
    }
    return r;
}

index fleet::kind_index(const std::string& name) {
    return counted_name(kind_names_, kinds_, kind_classes_, name);
}
index fleet::group_index(const std::string& name) {
    return counted_name(group_names_, groups_, group_classes_, name);
}

needs fleet::intern(const std::vector<demand_line>& demand) {
    needs out;
    for (const demand_line& d : demand) {
        if (d.instances <= 0) continue;
        const index r = resource_index(d.resource);
        const auto at = std::ranges::lower_bound(out, r, {}, &need::resource);
        if (at != out.end() && at->resource == r)
            at->instances += amount{d.instances};
        else
            out.insert(at, {r, amount{d.instances}});
    }
    for (need& n : out) n.instances = std::min(n.instances, amount{demand_max});
    return out;
}

index fleet::class_of(class_key key) {
    const auto [it, fresh] = class_index_.try_emplace(std::move(key), 0);
    if (!fresh) return it->second;
    index c = static_cast<index>(classes_.size());
    if (free_classes_.empty()) {
        classes_.emplace_back();
    } else {
        c = free_classes_.back();
        free_classes_.pop_back();
    }
    it->second = c;
    demand_class& x = classes_[c] = {};
    x.key = &it->first;
    x.number = ++classes_made_;
    const class_key& k = *x.key;
    if (!free_bits_.empty()) {
        x.bit = free_bits_.back();
        free_bits_.pop_back();
    }
    for (const need& n : k.demand) {
        x.instances = std::max(x.instances, n.instances.count());
        if (x.bit != class_mask::shared_bit) needing_[n.resource].set(x.bit);
    }
    for (const index p : k.pools) {
        pools_[p].classes.push_back(c);
        for (const need& n : k.demand) pools_[p].lines[n.resource].classes.push_back(c);
        if (has_room(p, k.demand) && gates_open(p, k.demand)) x.room.set(p);
    }
    if (k.kind != no_index) kind_classes_[k.kind].push_back(c);
    if (k.group != no_index) group_classes_[k.group].push_back(c);
    x.below_limits = !limits_obstacle(k);
    if (k.fall_back != no_index) {
        add_user(k.fall_back);
        classes_[k.fall_back].fallen_from.push_back(c);
    }
    refresh(c);
    return c;
}

void fleet::drop_user(index c) {
    demand_class& x = classes_[c];
    if (--x.users > 0) return;
    const class_key& k = *x.key;
    for (const index p : k.pools) {
        std::erase(pools_[p].classes, c);
        for (const need& n : k.demand) std::erase(pools_[p].lines[n.resource].classes, c);
    }
    if (k.kind != no_index) std::erase(kind_classes_[k.kind], c);
    if (k.group != no_index) std::erase(group_classes_[k.group], c);
    if (x.bit != class_mask::shared_bit) {
        fitting_.clear(x.bit);
        for (const need& n : k.demand) needing_[n.resource].clear(x.bit);
        free_bits_.push_back(static_cast<index>(x.bit));
    }
    const index back = k.fall_back;
    class_index_.erase(class_index_.find(k));
    x = {};
    free_classes_.push_back(c);
    if (back == no_index) return;
    std::erase(classes_[back].fallen_from, c);
    drop_user(back);
}

bool fleet::fits(index c) const {
    const demand_class& x = classes_[c];
    if (!x.below_limits) return false;
    return x.room.meets(open_, shut_for(c)) ||
           (x.key->fall_back != no_index &&
            classes_[x.key->fall_back].room.meets(open_, shut_for(x.key->fall_back)));
}

void fleet::refresh(index c) {
    const demand_class& x = classes_[c];
    if (x.bit != class_mask::shared_bit) {
        if (fits(c))
            fitting_.set(x.bit);
        else
            fitting_.clear(x.bit);
    }
    for (const index from : x.fallen_from) refresh(from);
}

obstacle fleet::limits_obstacle(const class_key& k) const {
    if (k.kind != no_index && kinds_[k.kind].used >= kinds_[k.kind].max)
        return {obstacle::kind::kind_jobs, 0};
    if (k.group != no_index && groups_[k.group].used >= groups_[k.group].max)
        return {obstacle::kind::group_jobs, 0};
    return {};
}

// What lasts longest is reported first.
obstacle fleet::pool_obstacle(index pool, const class_key& k, wall_time now) const {
    const pool_state& p = pools_[pool];
    const needs& n = k.demand;
    for (const need& x : n)
        if (!p.lines[x.resource].offered) return {obstacle::kind::not_offered, x.resource};
    if (p.paused) return {obstacle::kind::paused, 0};
    if (p.jobs + amount{1} > p.jobs_max) return {obstacle::kind::pool_jobs, 0};
    for (const need& x : n)
        if (p.lines[x.resource].used + x.instances > p.lines[x.resource].limit)
            return {obstacle::kind::room, x.resource};
    for (const need& x : n) {
        const gate& g = p.lines[x.resource].gate;
        if (within_learned(p.lines[x.resource], x.instances)) continue;
        if (g.now == gate::state::blocked && g.until > now) return {obstacle::kind::blocked, x.resource};
        if (g.now == gate::state::probing) return {obstacle::kind::probing, x.resource};
    }
    if (starts_left(p, k.kind).value_or(1) <= 0) return {obstacle::kind::budget, 0};
    return {};
}

bool fleet::paused_everywhere(index c) const {
    if (paused_ == 0) return false;
    const class_key& k = *classes_[c].key;
    return !k.pools.empty() && std::ranges::all_of(k.pools, [&](index p) { return pools_[p].paused; }) &&
           (k.fall_back == no_index || paused_everywhere(k.fall_back));
}

bool fleet::set_paused(index pool, bool paused) {
    if (pools_[pool].paused == paused) return false;
    pools_[pool].paused = paused;
    paused_ += paused ? 1 : std::size_t(-1);
    changed_open(pool);
    return true;
}

bool fleet::can_hold(index pool, const needs& n) const {
    const pool_state& p = pools_[pool];
    return p.jobs_max > amount{} && std::ranges::all_of(n, [&](const need& x) {
               const pool_line& l = p.lines[x.resource];
               return l.offered && (l.source == limit_source::discovered || x.instances <= l.limit);
           });
}

bool fleet::has_room(index pool, const needs& n) const {
    const pool_state& p = pools_[pool];
    for (const need& x : n) {
        const pool_line& l = p.lines[x.resource];
        if (!l.offered || l.used + x.instances > l.limit) return false;
    }
    return true;
}

bool fleet::gates_open(index pool, const needs& n) const {
    const pool_state& p = pools_[pool];
    for (const need& x : n) {
        const gate::state g = p.lines[x.resource].gate.now;
        const bool closed = g == gate::state::blocked || g == gate::state::probing;
        if (closed && !within_learned(p.lines[x.resource], x.instances)) return false;
    }
    return true;
}

void fleet::changed(index pool, index resource) {
    ++pools_[pool].lines[resource].version;
    for (const index c : pools_[pool].lines[resource].classes) {
        demand_class& x = classes_[c];
        const bool is = has_room(pool, x.key->demand) && gates_open(pool, x.key->demand);
        if (is == x.room.test(pool)) continue;
        if (is)
            x.room.set(pool);
        else
            x.room.clear(pool);
        refresh(c);
    }
}

void fleet::changed_open(index pool) {
    const pool_state& p = pools_[pool];
    const bool is = is_open(p);
    if (is == open_.test(pool)) return;
    if (is)
        open_.set(pool);
    else
        open_.clear(pool);
    for (const index c : p.classes) refresh(c);
}

std::optional<std::int64_t> fleet::starts_left(const pool_state& p, index kind) {
    std::optional<std::int64_t> left = p.budget;
    if (kind >= p.kind_budgets.size() || !p.kind_budgets[kind]) return left;
    return left ? std::min(*left, *p.kind_budgets[kind]) : p.kind_budgets[kind];
}

void fleet::changed_shut(index pool, index kind) {
    if (shut_.size() <= kind) shut_.resize(kind + 1);
    const bool is = *pools_[pool].kind_budgets[kind] <= 0;
    if (is == shut_[kind].test(pool)) return;
    if (is)
        shut_[kind].set(pool);
    else
        shut_[kind].clear(pool);
    for (const index c : kind_classes_[kind]) refresh(c);
}

// Negative: gives back.
void fleet::pay(index pool, index kind, std::int64_t starts) {
    pool_state& p = pools_[pool];
    if (p.budget) *p.budget -= starts;
    if (kind >= p.kind_budgets.size() || !p.kind_budgets[kind]) return;
    *p.kind_budgets[kind] -= starts;
    changed_shut(pool, kind);
}

void fleet::refresh_limits(const std::vector<index>& classes) {
    for (const index c : classes) {
        const bool below = !limits_obstacle(*classes_[c].key);
        if (below == classes_[c].below_limits) continue;
        classes_[c].below_limits = below;
        refresh(c);
    }
}

void fleet::count_limits(const class_key& k, bool up, bool restored) {
    const auto apply = [&](tally& t) {
        t.used = up ? t.used + amount{1} : t.used - amount{1};
        if (restored) t.restored = up ? t.restored + amount{1} : t.restored - amount{1};
    };
    if (k.kind != no_index) {
        apply(kinds_[k.kind]);
        refresh_limits(kind_classes_[k.kind]);
    }
    if (k.group != no_index) {
        apply(groups_[k.group]);
        refresh_limits(group_classes_[k.group]);
    }
}

// Only small fleets: for the others the classes' own bits must do.
void fleet::find_most_room() {
    constexpr std::size_t lines_max = 16;
    most_room_ = std::numeric_limits<std::int64_t>::max();
    if (pools_.size() * resource_names_.size() > lines_max) return;
    most_room_ = 0;
    for (const pool_state& p : pools_)
        for (const pool_line& l : p.lines) most_room_ = std::max(most_room_, (l.limit - l.used).count());
}

// The fullest of the demanded resources as a fraction of 2^40; where nothing is limited, the number of jobs
// tells pools apart.
std::int64_t fleet::fullness(const pool_state& p, const needs& n) const {
    __extension__ typedef __int128 wide;
    constexpr std::int64_t most = std::int64_t{1} << 40U;
    std::int64_t worst = std::min(p.jobs.count(), most);
    for (const need& x : n) {
        const pool_line& l = p.lines[x.resource];
        if (l.limit.is_unlimited()) continue;
        const std::int64_t limit = std::clamp<std::int64_t>(l.limit.count(), 1, most);
        constexpr std::int64_t small = std::int64_t{1} << 22U;  // the product fits 64 bits
        if (l.used.count() < small) {
            worst = std::max(worst, l.used.count() * most / limit);
            continue;
        }
        worst = std::max(worst, static_cast<std::int64_t>(static_cast<wide>(std::min(l.used.count(), most)) *
                                                          most / limit));
    }
    return worst;
}

bool fleet::better(index a, index b, const needs& n, index kind) const {
    const pool_state &x = pools_[a], &y = pools_[b];
    if (x.preference != y.preference) return x.preference > y.preference;
    std::int64_t refusals = 0, price = 0;
    for (const need& m : n) {
        refusals += x.lines[m.resource].refusals - y.lines[m.resource].refusals;
        price += (x.lines[m.resource].price - y.lines[m.resource].price) * m.instances.count();
    }
    if (refusals != 0) return refusals < 0;
    if (price != 0) return price < 0;
    const auto left = [kind](const pool_state& p) {
        const auto starts = starts_left(p, kind);
        return starts ? amount{*starts} : amount::unlimited();
    };
    if (left(x) != left(y)) return left(x) > left(y);
    const std::int64_t fx = fullness(x, n), fy = fullness(y, n);
    if (fx != fy) return (packing_ == packing::spread) == (fx < fy);
    return a < b;
}

void fleet::fill(decision_ring::score& to, index pool, const needs& n, index kind) const {
    const pool_state& p = pools_[pool];
    to.pool = pool;
    to.preference = p.preference;
    for (const need& m : n) {
        to.refusals += p.lines[m.resource].refusals;
        to.price += p.lines[m.resource].price * m.instances.count();
    }
    to.budget = starts_left(p, kind).value_or(-1);
    to.fullness = fullness(p, n);
}

void fleet::count(index pool, const needs& n, const class_key& counted, bool restored) {
    pool_state& p = pools_[pool];
    ++p.version;
    p.jobs += amount{1};
    if (restored) p.restored_jobs += amount{1};
    for (const need& x : n) {
        p.lines[x.resource].used += x.instances;
        if (restored) p.lines[x.resource].restored += x.instances;
    }
    for (const need& x : n) changed(pool, x.resource);
    changed_open(pool);
    count_limits(counted, true, restored);
    find_most_room();
}

void fleet::reserve(std::uint64_t job, index pool, const needs& n, const class_key& counted) {
    pool_state& p = pools_[pool];
    pay(pool, counted.kind, 1);
    for (const need& x : n) {
        gate& g = p.lines[x.resource].gate;
        if (g.now == gate::state::free || within_learned(p.lines[x.resource], x.instances)) continue;
        if (g.now == gate::state::blocked) timers_.erase({g.until, pool, x.resource});
        g = {gate::state::probing, {}, job};
    }
    count(pool, n, counted, false);
}

void fleet::restore(index pool, const needs& n, const class_key& counted) {
    count(pool, n, counted, true);
}

void fleet::give_back(std::uint64_t job, bool restored, index pool, const needs& n,
                      const class_key& counted) {
    pool_state& p = pools_[pool];
    ++p.version;
    p.jobs -= amount{1};
    if (restored) p.restored_jobs -= amount{1};
    for (const need& x : n) {
        pool_line& l = p.lines[x.resource];
        l.used -= x.instances;
        l.outgrown = std::min(l.outgrown, l.used);
        if (restored) l.restored -= x.instances;
        // A probe that ends without a verdict leaves the question open: another one may ask.
        if (l.gate.now == gate::state::probing && l.gate.probe == job)
            l.gate = {gate::state::probe_due, {}, 0};
    }
    for (const need& x : n) changed(pool, x.resource);
    changed_open(pool);
    count_limits(counted, false, restored);
    find_most_room();
}

void fleet::check() const {
    for (index c = 0; c < classes_.size(); ++c) {
        const demand_class& x = classes_[c];
        if (!x.key) continue;
        TY_CHECK(x.users > 0, "a demand class without users is kept");
        TY_CHECK(x.below_limits == !limits_obstacle(*x.key), "a class has outdated limits");
        for (index p = 0; p < pools_.size(); ++p) {
            const bool may = std::ranges::binary_search(x.key->pools, p);
            TY_CHECK(x.room.test(p) == (may && has_room(p, x.key->demand) && gates_open(p, x.key->demand)),
                     "a class has outdated room");
        }
        TY_CHECK(x.bit == class_mask::shared_bit || fitting_.test(x.bit) == fits(c),
                 "a class's bit is outdated");
    }
    for (index p = 0; p < pools_.size(); ++p)
        TY_CHECK(open_.test(p) == is_open(pools_[p]), "a pool's open bit is outdated");
    for (index p = 0; p < pools_.size(); ++p)
        for (index k = 0; k < shut_.size(); ++k) {
            const auto& budgets = pools_[p].kind_budgets;
            TY_CHECK(shut_[k].test(p) == (k < budgets.size() && budgets[k] && *budgets[k] <= 0),
                     "a pool's budget of a kind is outdated");
        }
}

}  // namespace trainyard::policy
