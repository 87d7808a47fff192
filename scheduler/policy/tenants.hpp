// The quota tree: who uses what, who may use more, and what share that is. Knows no pool, no queue and no
// order of jobs.
//
// Usage rises through the tree as in Kueue: what a node uses above the part of its quota that it does not
// lend is asked from its parent, in the end from the fleet, whose quota is the sum of its tenants'. `used` of
// a line is that figure; `total` is what the subtree really holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/policy/class_mask.hpp"
#include "scheduler/policy/decay.hpp"
#include "scheduler/policy/demand_class.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::policy {

inline constexpr std::size_t tree_depth_max = 16;
// Weights are kept in millionths, between 0.000001 and 1,000,000.
inline constexpr std::int64_t weight_unit = 1'000'000;
inline constexpr double weight_max = 1e6;

struct tenant_line {
    amount total;     // what the subtree's jobs hold
    amount used;      // the same as it counts against the quota tree
    amount restored;  // the part of `total` that came by restore() and may exceed a limit
    amount nominal, borrowing_limit = amount::unlimited(), lending_limit = amount::unlimited();
    amount quota;                 // nominal, and what its children lend it
    amount kept;                  // the part of the quota that it does not lend
    bool stated = false;          // in the configuration
    bool governed = false;        // some node of its top-level subtree states a quota
    bool keeps_below = false;     // a node below keeps a part of its quota
    std::uint64_t past = 0;       // instance-milliseconds up to the last step of decay, and charges
    std::uint64_t fresh = 0;      // since then
    std::int64_t counted_to = 0;  // milliseconds since 1970
};

struct tenant_node {
    std::string name;
    index parent = no_index;  // none: the fleet
    index self = no_index;    // the child that holds the jobs of a tenant which has other children
    std::vector<index> children;
    std::vector<tenant_line> lines;  // by resource
    amount jobs, jobs_max = amount::unlimited(), restored_jobs;
    std::int64_t weight = weight_unit;
    std::vector<index> pools;  // ascending
    policy::order order = policy::order::fair;
    preempt_within within = preempt_within::never;
    preempt_reclaim reclaim = preempt_reclaim::never;
    bool configured = false;
    bool paused = false;  // by an operator: nothing in the subtree starts
    // Of the fleet, over the weight, times 2^40: what siblings are compared by. One for each resource, jobs
    // last.
    std::vector<std::uint64_t> shares;
    std::uint64_t share = 0;           // the greatest of them
    std::uint64_t jobs_by_weight = 0;  // times 2^20; decides between equal shares
    std::size_t pending = 0;           // of the subtree
    class_mask refused;                // classes that nothing below can start, for a limit here
    std::vector<index> affected;       // leaves that refuse for a limit here
};

struct tenant_obstacle {
    enum class kind { none, paused, jobs, quota, borrowing };
    kind what = kind::none;
    index node = 0;
    index resource = 0;
    amount asked;        // of the node where it failed
    bool whole = false;  // every job below the node that needs as much would fail there too
    explicit operator bool() const { return what != kind::none; }
};

class tenants {
public:
    static constexpr index root = 0;

    tenants(const settings& s, const name_table& pools);

    // A leaf for the tenant's jobs. Unknown tenants come from jobs accepted under an earlier configuration:
    // they are counted, and nothing of theirs starts.
    index leaf_of(const std::string& name);
    std::optional<index> find(const std::string& name) const { return names_.find(name); }
    void set_resources(std::size_t count);
    void set_quota(const settings& s, const name_table& resources);
    void set_capacity(std::vector<amount> by_resource, amount jobs);

    const tenant_node& at(index t) const { return nodes_[t]; }
    std::size_t size() const { return nodes_.size(); }

    tenant_obstacle obstacle_for(index leaf, const needs& n) const;
    // Whether the job could start if nothing else ran.
    bool can_hold(index leaf, const needs& n) const;
    // The most of a resource that it could have if nothing else ran.
    amount most_for(index leaf, index resource) const;
    // Whether the subtree uses more of the resource than its own nominal quota.
    bool borrows(index t, index resource) const;

    // `now` is the time of the last advance().
    void take(index leaf, const needs& n, bool restored);
    void give_back(index leaf, const needs& n, bool restored);
    // True when a step of decay has passed: every share may have changed.
    bool advance(wall_time now);
    wall_time next_step() const { return last_step_ + decay_.step(); }
    bool decays() const { return decays_; }
    void charge(index leaf, index resource, std::int64_t instance_seconds);

    // False when it was so before.
    bool set_paused(index t, bool paused);
    bool any_paused() const { return paused_ > 0; }
    bool is_paused(index leaf) const;  // it or a node above

    void refuse(const tenant_obstacle& o, index leaf, std::size_t bit);
    // Forgets refusals of these classes that what the leaf gave back could lift. Calls `changed` with leaves
    // off its path whose refusals have changed.
    template <class F>
    void forgive(index leaf, const class_mask& classes, F changed) {
        for (index t = leaf; t != no_index; t = nodes_[t].parent) {
            tenant_node& x = nodes_[t];
            for (const index l : x.affected) {
                nodes_[l].refused = nodes_[l].refused.without(classes);
                changed(l);
            }
            x.affected.clear();
            x.refused = x.jobs_max.is_unlimited() ? x.refused.without(classes) : class_mask{};
        }
    }
    void forget_class(std::size_t bit) {
        for (tenant_node& t : nodes_) t.refused.clear(bit);
    }
    void count_pending(index leaf, bool up);
    double share_value(index t) const;
    // For recounting: the same tree without usage.
    tenants emptied() const;
    void check_equal(const tenants& recounted) const;
    void check_limits() const;

private:
    index node_of(const std::string& name);
    void configure(index t, const tenant_config& c, const name_table& pools);
    void inherit(index t, const settings& s);
    void settle(tenant_line& l);
    void count(index leaf, const needs& n, bool up, bool restored);
    std::uint64_t line_share(index t, index resource) const;
    std::uint64_t jobs_share(const tenant_node& t) const;
    std::uint64_t jobs_over_weight(const tenant_node& t) const;
    void set_now(wall_time now);
    void refresh(index t, const needs& n);
    void refresh_all();
    void compute_quota(index t, index resource);
    bool governs(index t, index resource) const;

    name_table names_;
    std::vector<tenant_node> nodes_;
    std::vector<amount> capacity_;
    amount jobs_capacity_;
    decay decay_;
    std::size_t paused_ = 0;  // nodes
    bool decays_ = false;
    wall_time now_{}, last_step_{};
    std::int64_t now_ms_ = 0;
    bool started_ = false;
};

}  // namespace trainyard::policy
