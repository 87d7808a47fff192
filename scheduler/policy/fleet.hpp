// The pools: what is in use where, blocks and start budgets, and for each demand class where it has room.
// Knows no tenant, no queue and no order.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "scheduler/policy/answers.hpp"
#include "scheduler/policy/demand_class.hpp"
#include "scheduler/policy/job.hpp"
#include "scheduler/policy/recent.hpp"
#include "scheduler/policy/settings.hpp"

namespace trainyard::policy {

// A resource in a pool that answered ResourceLimitExceeded. While it is not free, what fits into the learned
// limit starts all the same; what goes beyond waits, or is the one that probes.
struct gate {
    enum class state { free, blocked, probe_due, probing };
    state now = state::free;
    wall_time until{};        // blocked
    std::uint64_t probe = 0;  // probing: the job
};

struct pool_line {
    bool offered = false;
    amount limit, used;
    limit_source source = limit_source::file;  // of `limit`; nothing learned is ever above it
    amount restored;  // the part of `used` that came by restore() and may exceed the limit
    amount outgrown;  // what was in use when the limit was lowered, as far as it still is
    std::int64_t price = 0;
    std::int64_t refusals = 0;
    std::uint64_t version = 0;  // changes with every start and end, and with the gate
    policy::gate gate;
    std::optional<amount> learned;  // what was in use, without what was refused
    amount refused_above;           // `learned` as the last refusal left it
    int probes_taken = 0;           // since then
    std::vector<index> classes;     // that need the resource and may use the pool

    // What decides how much may be in use now.
    limit_source decided_by() const { return learned && *learned < limit ? limit_source::learned : source; }
};

struct pool_state {
    std::vector<pool_line> lines;  // by resource
    amount jobs, jobs_max, restored_jobs;
    bool paused = false;  // by an operator: nothing starts here
    int preference = 0;
    bool discovers = false;
    index lane = 0;
    std::optional<std::int64_t> budget;
    std::vector<std::optional<std::int64_t>> kind_budgets;  // by kind, as far as any is set
    std::uint64_t version = 0;                              // changes with every start and end
    std::vector<index> classes;                             // that may use the pool
};

// A counter with a ceiling: started jobs of a kind or a group.
struct tally {
    amount used, max = amount::unlimited();
    amount restored;
};

struct obstacle {
    enum class kind {
        none,
        kind_jobs,
        group_jobs,
        not_offered,
        paused,
        pool_jobs,
        room,
        blocked,
        probing,
        budget
    };
    kind what = kind::none;
    index resource = 0;
    explicit operator bool() const { return what != kind::none; }
};

class fleet {
public:
    explicit fleet(const settings& s);

    // Unknown names come from jobs accepted under an earlier configuration: they are counted, and nothing
    // starts there.
    index pool_index(const std::string& name);
    index resource_index(const std::string& name);
    needs intern(const std::vector<demand_line>& demand);
    index kind_index(const std::string& name);  // no_index for the empty name
    index group_index(const std::string& name);

    // The class is kept as long as it has users.
    index class_of(class_key key);
    void add_user(index c) { ++classes_[c].users; }
    void drop_user(index c);
    const demand_class& at(index c) const { return classes_[c]; }
    std::size_t class_slots() const { return classes_.size(); }
    // Classes that could start somewhere now, as far as pools, kinds and groups go.
    const class_mask& fitting() const { return fitting_; }
    const class_mask& needing(index resource) const { return needing_[resource]; }
    bool fits(index c) const;
    std::int64_t most_room() const { return most_room_; }

    obstacle limits_obstacle(const class_key& k) const;
    obstacle pool_obstacle(index pool, const class_key& k, wall_time now) const;
    // Whether each pool that could take a job of the class, as its fall-back too, is paused.
    bool paused_everywhere(index c) const;
    // Whether the pool would take the demand if nothing else were there. A limit that is discovered may still
    // rise.
    bool can_hold(index pool, const needs& n) const;
    // Calls `visit` with each pool that takes the class now (not its fall-back).
    template <class F>
    void each_open(index c, F visit) const {
        classes_[c].room.each_common(open_, shut_for(c), visit);
    }
    // Whether `a` is the better pool for the demand of a job of the kind.
    bool better(index a, index b, const needs& n, index kind) const;
    void fill(decision_ring::score& to, index pool, const needs& n, index kind) const;
    // Starts that the pool's budgets leave to the kind; nothing: any.
    static std::optional<std::int64_t> starts_left(const pool_state& p, index kind);

    void reserve(std::uint64_t job, index pool, const needs& n, const class_key& counted);
    void restore(index pool, const needs& n, const class_key& counted);
    void give_back(std::uint64_t job, bool restored, index pool, const needs& n, const class_key& counted);

    // Of a pool that discovers, and not of what the configuration states; false: nothing has changed.
    bool set_limit(index pool, index resource, amount limit);
    // False when it was so before.
    bool set_paused(index pool, bool paused);
    void set_budget(index pool, std::int64_t starts);
    void set_budget(index pool, index kind, std::int64_t starts);
    // A start was decided, and is taken back within the pass.
    void return_start(index pool, index kind);
    void block(index pool, index resource, wall_time until);
    void refuse(index pool, index resource, amount refused, wall_time until, std::optional<amount> stated);
    void unblock(index pool, index resource);
    void accept(index pool, index resource, std::uint64_t job);
    void open_gates(wall_time now);  // blocks whose time has passed become due for a probe
    const std::set<std::tuple<wall_time, index, index>>& timers() const { return timers_; }

    const name_table& pool_names() const { return pool_names_; }
    const name_table& resource_names() const { return resource_names_; }
    const name_table& kind_names() const { return kind_names_; }
    const name_table& group_names() const { return group_names_; }
    const std::vector<pool_state>& pools() const { return pools_; }
    const std::vector<tally>& kinds() const { return kinds_; }
    const std::vector<tally>& groups() const { return groups_; }
    amount capacity(index resource) const { return capacity_[resource]; }
    amount jobs_capacity() const { return jobs_capacity_; }
    void set_lane(index pool, index lane) { pools_[pool].lane = lane; }
    // Recomputes what is cached and compares.
    void check() const;

private:
    static void offer_if_discovered(const pool_state& p, pool_line& l);
    void count(index pool, const needs& n, const class_key& counted, bool restored);
    bool has_room(index pool, const needs& n) const;
    void close(index pool, index resource, wall_time until);
    bool gates_open(index pool, const needs& n) const;
    bool within_learned(const pool_line& l, amount more) const {
        return l.learned && l.used + more <= *l.learned;
    }
    void changed(index pool, index resource);
    void changed_open(index pool);
    static bool is_open(const pool_state& p) {
        return !p.paused && p.jobs < p.jobs_max && (!p.budget || *p.budget > 0);
    }
    void changed_shut(index pool, index kind);
    void pay(index pool, index kind, std::int64_t starts);
    const pool_set& shut_for(index c) const {
        static const pool_set none;
        const index k = classes_[c].key->kind;
        return k < shut_.size() ? shut_[k] : none;
    }
    void refresh(index c);
    void count_limits(const class_key& k, bool up, bool restored);
    void refresh_limits(const std::vector<index>& classes);
    void find_most_room();
    std::int64_t fullness(const pool_state& p, const needs& n) const;

    name_table pool_names_, resource_names_, kind_names_, group_names_;
    std::vector<pool_state> pools_;
    std::vector<amount> capacity_;  // of the fleet, by resource
    amount jobs_capacity_;
    policy::packing packing_;
    std::map<class_key, index> class_index_;
    std::deque<demand_class> classes_;
    std::vector<index> free_classes_, free_bits_;
    class_mask fitting_;
    std::vector<class_mask> needing_;  // by resource
    pool_set open_;                    // pools with a job slot and budget left that are not paused
    std::size_t paused_ = 0;           // pools
    std::vector<pool_set> shut_;       // by kind: pools whose budget for it is spent
    std::vector<tally> kinds_, groups_;
    std::vector<std::vector<index>> kind_classes_, group_classes_;
    std::set<std::tuple<wall_time, index, index>> timers_;  // blocked gates: until, pool, resource
    std::int64_t most_room_ = 0;
    std::uint64_t classes_made_ = 0;
};

}  // namespace trainyard::policy
