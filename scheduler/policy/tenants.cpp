#include "scheduler/policy/tenants.hpp"

#include <algorithm>
#include <set>

#include "engine/base/check.hpp"

namespace trainyard::policy {
namespace {

__extension__ typedef unsigned __int128 wide;

constexpr unsigned share_bits = 40;
constexpr std::int64_t count_max = std::int64_t{1}
                                   << 40U;  // larger counts and capacities compare as this one

std::int64_t scaled_weight(double weight) {
    if (weight >= weight_max) return weight_unit * weight_unit;
    return std::max<std::int64_t>(1,
                                  static_cast<std::int64_t>(weight * static_cast<double>(weight_unit) + 0.5));
}

// above / capacity / weight, times 2^40 over 2^scale; monotone, and equal fractions give equal numbers.
std::uint64_t fraction(wide above, amount capacity, std::int64_t weight, unsigned scale) {
    const wide below = static_cast<wide>(std::clamp<std::int64_t>(capacity.count(), 1, count_max)) *
                       static_cast<std::uint64_t>(weight);
    const wide shifted = (above * weight_unit) << (share_bits - scale);
    // Most products fit 64 bits, whose division is the fast one.
    const wide q = (shifted >> 64U) == 0 && (below >> 64U) == 0
                       ? static_cast<std::uint64_t>(shifted) / static_cast<std::uint64_t>(below)
                       : shifted / below;
    return q >> 63U != 0 ? ~std::uint64_t{0} >> 1U : static_cast<std::uint64_t>(q);
}

std::string parent_path(const std::string& name) {
    const auto slash = name.rfind('/');
    return slash == std::string::npos ? std::string{} : name.substr(0, slash);
}

}  // namespace

tenants::tenants(const settings& s, const name_table& pools) : decay_(s.half_life) {
    names_.intern("");
    nodes_.emplace_back().configured = true;
    nodes_[root].order = s.order;
    for (index p = 0; p < s.pools.size(); ++p) nodes_[root].pools.push_back(p);
    decays_ = decay_.forgets() || s.order == order::fair_tree;
    std::set<std::string> seen;
    for (const tenant_config& c : s.tenants) {
        TY_CHECK(seen.insert(c.name).second, "tenant names must be unique");
        TY_CHECK(c.weight > 0, "a tenant's weight must be above 0");
        configure(node_of(c.name), c, pools);
        decays_ = decays_ || c.order == order::fair_tree;
    }
    for (index t = 1; t < nodes_.size(); ++t)
        if (!seen.contains(nodes_[t].name)) configure(t, {}, pools);
    std::vector<const tenant_config*> by_node(nodes_.size(), nullptr);
    for (const tenant_config& c : s.tenants) by_node[*names_.find(c.name)] = &c;
    // Parents first: a path is longer than its parent's.
    std::vector<index> order_of;
    for (index t = 1; t < nodes_.size(); ++t) order_of.push_back(t);
    std::ranges::sort(order_of, {}, [&](index t) { return std::pair{nodes_[t].name.size(), t}; });
    nodes_[root].within = s.preemption.within;
    nodes_[root].reclaim = s.preemption.reclaim;
    for (const index t : order_of) {
        tenant_node& x = nodes_[t];
        const tenant_node& up = nodes_[x.parent];
        const tenant_config* c = by_node[t];
        // Where tenants do not matter above, they do not below.
        const bool free = up.order == order::fair || up.order == order::fair_tree;
        x.order = free && c && c->order ? *c->order : up.order;
        x.within = c && c->within ? *c->within : up.within;
        x.reclaim = c && c->reclaim ? *c->reclaim : up.reclaim;
        if (x.pools.empty()) x.pools = up.pools;
    }
    for (index t = 1; t < order_of.size() + 1; ++t) {
        if (nodes_[t].children.empty()) continue;
        const auto self = static_cast<index>(nodes_.size());
        names_.intern(nodes_[t].name + "/");
        tenant_node x;
        x.name = nodes_[t].name;
        x.parent = t;
        x.pools = nodes_[t].pools;
        x.order = nodes_[t].order;
        x.within = nodes_[t].within;
        x.reclaim = nodes_[t].reclaim;
        x.configured = true;
        nodes_.push_back(std::move(x));
        nodes_[t].self = self;
        nodes_[t].children.push_back(self);
    }
}

index tenants::node_of(const std::string& name) {
    const index t = names_.intern(name);
    if (t < nodes_.size()) return t;
    nodes_.emplace_back().name = name;
    const index up = node_of(parent_path(name));
    nodes_[t].parent = up;
    nodes_[up].children.push_back(t);
    return t;
}

void tenants::configure(index t, const tenant_config& c, const name_table& pools) {
    tenant_node& x = nodes_[t];
    std::size_t depth = 0;
    for (index up = t; up != root; up = nodes_[up].parent) ++depth;
    TY_CHECK(depth < tree_depth_max, "a tenant's path is too deep");
    x.configured = true;
    x.weight = scaled_weight(c.weight);
    x.jobs_max = c.jobs_max;
    std::set<index> allowed;
    for (const std::string& name : c.pools) {
        const auto p = pools.find(name);
        TY_CHECK(p, "a tenant names a pool that does not exist");
        allowed.insert(*p);
    }
    x.pools.assign(allowed.begin(), allowed.end());
}

void tenants::set_resources(std::size_t count) {
    for (tenant_node& t : nodes_) {
        if (t.lines.size() == count) continue;
        t.lines.resize(count);
        t.shares.assign(count + 1, 0);
        t.share = 0;
    }
    capacity_.resize(count);
    refresh_all();
}

void tenants::set_quota(const settings& s, const name_table& resources) {
    for (const tenant_config& c : s.tenants) {
        tenant_node& t = nodes_[*names_.find(c.name)];
        for (const auto& [resource, q] : c.quota) {
            tenant_line& l = t.lines[*resources.find(resource)];
            l.stated = true;
            l.nominal = q.nominal;
            l.borrowing_limit = q.borrowing_limit;
            l.lending_limit = q.lending_limit;
        }
    }
    for (index r = 0; r < resources.size(); ++r) compute_quota(root, r);
}

bool tenants::governs(index t, index resource) const {
    return nodes_[t].lines[resource].stated ||
           std::ranges::any_of(nodes_[t].children, [&](index c) { return governs(c, resource); });
}

void tenants::compute_quota(index t, index resource) {
    const index up = nodes_[t].parent;
    tenant_line& l = nodes_[t].lines[resource];
    l.governed = up == no_index || (up == root ? governs(t, resource) : nodes_[up].lines[resource].governed);
    l.quota = l.nominal;
    for (const index c : nodes_[t].children) {
        compute_quota(c, resource);
        const tenant_line& m = nodes_[c].lines[resource];
        if (!m.governed) continue;
        l.quota += std::min(m.quota, m.lending_limit);
        l.keeps_below = l.keeps_below || m.keeps_below || m.kept > amount{};
    }
    l.kept = l.lending_limit.is_unlimited() ? amount{} : l.quota - l.lending_limit;
}

void tenants::set_capacity(std::vector<amount> by_resource, amount jobs) {
    capacity_ = std::move(by_resource);
    jobs_capacity_ = jobs;
    refresh_all();
}

index tenants::leaf_of(const std::string& name) {
    static const std::string unnamed = "/";
    const std::string& known = name.empty() ? unnamed : name;
    if (const auto t = names_.find(known)) return nodes_[*t].self != no_index ? nodes_[*t].self : *t;
    const auto t = static_cast<index>(nodes_.size());
    names_.intern(known);
    tenant_node x;
    x.name = name;
    x.parent = root;
    x.jobs_max = amount{0};
    x.order = nodes_[root].order;
    x.lines.resize(capacity_.size());
    x.shares.resize(capacity_.size() + 1);
    nodes_.push_back(std::move(x));
    nodes_[root].children.push_back(t);
    return t;
}

tenant_obstacle tenants::obstacle_for(index leaf, const needs& n) const {
    using kind = tenant_obstacle::kind;
    if (paused_ > 0)
        for (index t = leaf; t != no_index; t = nodes_[t].parent)
            if (nodes_[t].paused) return {kind::paused, t, 0, amount{}, true};
    for (index t = leaf; t != no_index; t = nodes_[t].parent)
        if (nodes_[t].jobs >= nodes_[t].jobs_max) return {kind::jobs, t, 0, amount{1}, true};
    for (const need& x : n) {
        amount asked = x.instances;
        for (index t = leaf;; t = nodes_[t].parent) {
            const tenant_line& l = nodes_[t].lines[x.resource];
            if (!l.governed) break;
            const bool whole = t == leaf || (asked == x.instances && !l.keeps_below);
            if (t == root) {
                if (l.used + asked > l.quota) return {kind::quota, t, x.resource, asked, whole};
                break;
            }
            const amount over = asked - (l.kept - l.used);
            if (over == amount{}) break;
            if ((l.used - l.kept) + over > (l.quota - l.kept) + l.borrowing_limit)
                return {kind::borrowing, t, x.resource, asked, whole};
            asked = over;
        }
    }
    return {};
}

amount tenants::most_for(index leaf, index resource) const {
    const tenant_line& l = nodes_[leaf].lines[resource];
    if (!l.governed) return amount::unlimited();
    if (leaf == root) return l.quota;
    return l.kept + std::min((l.quota - l.kept) + l.borrowing_limit, most_for(nodes_[leaf].parent, resource));
}

bool tenants::can_hold(index leaf, const needs& n) const {
    for (index t = leaf; t != no_index; t = nodes_[t].parent)
        if (nodes_[t].jobs_max == amount{}) return false;
    return std::ranges::all_of(n, [&](const need& x) { return x.instances <= most_for(leaf, x.resource); });
}

bool tenants::borrows(index t, index resource) const {
    const tenant_line& l = nodes_[t].lines[resource];
    return l.governed && l.used > l.quota;
}

void tenants::settle(tenant_line& l) {
    if (now_ms_ <= l.counted_to) return;
    const auto since = static_cast<std::uint64_t>(now_ms_ - l.counted_to);
    std::uint64_t more = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(l.total.count()), since, &more) ||
        __builtin_add_overflow(l.fresh, more, &l.fresh))
        l.fresh = ~std::uint64_t{0};
    l.counted_to = now_ms_;
}

void tenants::set_now(wall_time now) {
    now_ = now;
    now_ms_ = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
}

void tenants::count(index leaf, const needs& n, bool up, bool restored) {
    const auto add = [up](amount& to, amount what) { to = up ? to + what : to - what; };
    for (index t = leaf; t != no_index; t = nodes_[t].parent) {
        add(nodes_[t].jobs, amount{1});
        if (restored) add(nodes_[t].restored_jobs, amount{1});
    }
    for (const need& x : n) {
        amount asked = x.instances;
        for (index t = leaf; t != no_index; t = nodes_[t].parent) {
            tenant_line& l = nodes_[t].lines[x.resource];
            if (decays_) settle(l);
            add(l.total, x.instances);
            if (restored) add(l.restored, x.instances);
            if (!l.governed) asked = amount{};
            const amount before = l.used - l.kept;
            add(l.used, asked);
            const amount after = l.used - l.kept;
            asked = up ? after - before : before - after;
        }
    }
    for (index t = leaf; t != root; t = nodes_[t].parent) refresh(t, n);
}

void tenants::take(index leaf, const needs& n, bool restored) {
    count(leaf, n, true, restored);
}
void tenants::give_back(index leaf, const needs& n, bool restored) {
    count(leaf, n, false, restored);
}

bool tenants::advance(wall_time now) {
    if (started_ && now <= now_) return false;
    if (!decays_) {
        set_now(now);
        started_ = true;
        return false;
    }
    if (!started_) {
        started_ = true;
        set_now(now);
        last_step_ = decay_.step_before(now);
        for (tenant_node& t : nodes_)
            for (tenant_line& l : t.lines) l.counted_to = now_ms_;
        return false;
    }
    const wall_time step = decay_.step_before(now);
    if (step == last_step_) {
        set_now(now);
        return false;
    }
    const std::int64_t steps = (step - last_step_) / decay_.step();
    set_now(step);
    const std::int64_t last_ms = now_ms_;
    set_now(last_step_ + decay_.step());
    for (tenant_node& t : nodes_)
        for (tenant_line& l : t.lines) {
            if (l.total == amount{} && l.past == 0 && l.fresh == 0) {
                l.counted_to = last_ms;
                continue;
            }
            settle(l);
            const std::uint64_t sum = l.past + l.fresh < l.past ? ~std::uint64_t{0} : l.past + l.fresh;
            l.past = decay_.after(decay_.after(sum, 0, 1), l.total.count(), steps - 1);
            l.fresh = 0;
            l.counted_to = last_ms;
        }
    last_step_ = step;
    set_now(now);
    refresh_all();
    return true;
}

void tenants::charge(index leaf, index resource, std::int64_t instance_seconds) {
    for (index t = leaf; t != no_index; t = nodes_[t].parent) {
        tenant_line& l = nodes_[t].lines[resource];
        const std::uint64_t more = usage_of(instance_seconds, std::chrono::seconds{1});
        l.past = l.past + more < l.past ? ~std::uint64_t{0} : l.past + more;
        if (t != root) refresh(t, {{resource, amount{1}}});
    }
}

// Unlimited resources have no share.
std::uint64_t tenants::line_share(index t, index resource) const {
    constexpr unsigned fine = 16;         // usage in 1/65,536 instances
    constexpr std::uint64_t ln2 = 45426;  // times 2^16
    const tenant_node& x = nodes_[t];
    const tenant_line& l = x.lines[resource];
    if (capacity_[resource].is_unlimited()) return 0;
    if (nodes_[x.parent].order == order::fair_tree)
        return fraction(static_cast<wide>(l.past), capacity_[resource], x.weight, 10);
    if (!decay_.forgets() || l.past == 0)
        return fraction(static_cast<wide>(std::min(l.total.count(), count_max)), capacity_[resource],
                        x.weight, 0);
    const wide past = static_cast<wide>(l.past) * ln2 / static_cast<std::uint64_t>(decay_.half_life_ms());
    return fraction((static_cast<wide>(std::min(l.total.count(), count_max)) << fine) + past,
                    capacity_[resource], x.weight, fine);
}

// Job slots are one more resource.
std::uint64_t tenants::jobs_share(const tenant_node& t) const {
    if (nodes_[t.parent].order == order::fair_tree || jobs_capacity_.is_unlimited()) return 0;
    return fraction(static_cast<wide>(std::min(t.jobs.count(), count_max)), jobs_capacity_, t.weight, 0);
}

std::uint64_t tenants::jobs_over_weight(const tenant_node& t) const {
    if (nodes_[t.parent].order == order::fair_tree) return 0;
    return fraction(static_cast<wide>(std::min(t.jobs.count(), count_max)), amount{1}, t.weight, 20);
}

void tenants::refresh(index t, const needs& n) {
    tenant_node& x = nodes_[t];
    std::uint64_t before = 0, after = 0;
    for (const need& m : n) {
        before = std::max(before, x.shares[m.resource]);
        after = std::max(after, x.shares[m.resource] = line_share(t, m.resource));
    }
    before = std::max(before, x.shares.back());
    after = std::max(after, x.shares.back() = jobs_share(x));
    // Only the greatest may have become less without a known successor.
    if (after >= x.share)
        x.share = after;
    else if (before == x.share)
        x.share = std::ranges::max(x.shares);
    x.jobs_by_weight = jobs_over_weight(x);
}

void tenants::refresh_all() {
    for (index t = 1; t < nodes_.size(); ++t) {
        tenant_node& x = nodes_[t];
        if (x.shares.empty()) continue;
        for (index r = 0; r < x.lines.size(); ++r) x.shares[r] = line_share(t, r);
        x.shares.back() = jobs_share(x);
        x.share = std::ranges::max(x.shares);
        x.jobs_by_weight = jobs_over_weight(x);
    }
}

// Who was refused for the pause is refused no longer; other refusals are found again.
bool tenants::set_paused(index t, bool paused) {
    if (nodes_[t].paused == paused) return false;
    nodes_[t].paused = paused;
    if (paused) {
        ++paused_;
        return true;
    }
    --paused_;
    for (tenant_node& x : nodes_) {
        x.refused = {};
        x.affected.clear();
    }
    return true;
}

bool tenants::is_paused(index leaf) const {
    if (paused_ == 0) return false;
    for (index t = leaf; t != no_index; t = nodes_[t].parent)
        if (nodes_[t].paused) return true;
    return false;
}

void tenants::refuse(const tenant_obstacle& o, index leaf, std::size_t bit) {
    if (o.whole) {
        nodes_[o.node].refused.set(bit);
        return;
    }
    nodes_[leaf].refused.set(bit);
    nodes_[o.node].affected.push_back(leaf);
}

void tenants::count_pending(index leaf, bool up) {
    for (index t = leaf; t != no_index; t = nodes_[t].parent) nodes_[t].pending += up ? 1 : std::size_t(-1);
}

double tenants::share_value(index t) const {
    return static_cast<double>(nodes_[t].share) / static_cast<double>(std::int64_t{1} << share_bits);
}

tenants tenants::emptied() const {
    tenants out = *this;
    for (tenant_node& t : out.nodes_) {
        t.jobs = t.restored_jobs = amount{};
        t.pending = 0;
        for (tenant_line& l : t.lines) l.total = l.used = l.restored = amount{};
    }
    return out;
}

void tenants::check_equal(const tenants& recounted) const {
    for (index t = 0; t < nodes_.size(); ++t) {
        const tenant_node &a = nodes_[t], &b = recounted.nodes_[t];
        TY_CHECK(a.jobs == b.jobs && a.restored_jobs == b.restored_jobs && a.pending == b.pending,
                 "the job counts of a tenant differ from the jobs");
        for (std::size_t r = 0; r < a.lines.size(); ++r)
            TY_CHECK(a.lines[r].total == b.lines[r].total && a.lines[r].used == b.lines[r].used &&
                         a.lines[r].restored == b.lines[r].restored,
                     "the usage of a tenant differs from the jobs");
        if (t == root) continue;
        for (index r = 0; r < a.lines.size(); ++r)
            TY_CHECK(a.shares[r] == line_share(t, r), "a share differs from the usage");
        TY_CHECK(a.shares.back() == jobs_share(a) && a.share == std::ranges::max(a.shares),
                 "a dominant share differs from the usage");
    }
}

void tenants::check_limits() const {
    for (index t = 0; t < nodes_.size(); ++t) {
        const tenant_node& x = nodes_[t];
        TY_CHECK(x.jobs <= x.jobs_max + x.restored_jobs, "a tenant has more jobs than its jobs_max");
        for (const tenant_line& l : x.lines) {
            if (!l.governed) continue;
            const amount most = t == root ? l.quota : (l.quota - l.kept) + l.borrowing_limit;
            const amount is = t == root ? l.used : l.used - l.kept;
            TY_CHECK(is <= most + l.restored, "a tenant is over its quota");
        }
    }
}

}  // namespace trainyard::policy
