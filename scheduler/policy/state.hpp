// The inside of the scheduler: pools, tenants, queues and what runs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/policy/fleet.hpp"
#include "scheduler/policy/held.hpp"
#include "scheduler/policy/id_table.hpp"
#include "scheduler/policy/order_tree.hpp"
#include "scheduler/policy/preemption.hpp"
#include "scheduler/policy/recent.hpp"
#include "scheduler/policy/reservation.hpp"
#include "scheduler/policy/scheduler.hpp"
#include "scheduler/policy/tenants.hpp"

namespace trainyard::policy {

struct started_job {
    std::uint64_t id = 0;
    index shape = no_index;  // no_index: the slot is free
    index demand = 0;        // the class that it holds: of its shape, or what that falls back on
    index pool = 0;
    std::int64_t submitted = 0, started = 0, expected = 0;  // nanoseconds; since 1970 but for the runtime
    bool restored = false;
    bool stopping = false;  // a victim
    bool fell_back = false;
    std::int64_t end() const { return expected > end_of_time - started ? end_of_time : started + expected; }
};

// Pools with one order and one way of backfill.
struct lane {
    lane(const tenants& t, const fleet& f, const std::deque<shape_state>& shapes, const ranking& r,
         index number, std::optional<order> o, backfill b)
        : jobs(t, f, shapes, r, number, o), how(b) {}
    order_tree jobs;
    backfill how;
    bool idle = false;  // the last pass has left nothing that could start
    // The earliest time of a demand class in each pool, as it was computed last.
    struct known_time {
        std::uint64_t version = ~std::uint64_t{0};
        std::int64_t at = end_of_time;
    };
    struct class_times {
        std::uint64_t number = 0;  // of the class: its place may be another's later
        std::vector<known_time> pools;
    };
    std::vector<class_times> times;
    std::optional<reservation> held;  // of the last pass
};

struct choice {
    index pool = no_index;
    index demand = no_index;
    bool fell_back = false;
    explicit operator bool() const { return pool != no_index; }
};

struct scheduler::impl {
    explicit impl(const settings& s);
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    // Queues.
    index shape_for(const pending_job& j);
    index shape_for(const pending_job& j, index gang);
    void drop_job_of(index shape);
    void enqueue(index shape, const waiting_job& j);
    void dequeue(index shape, const waiting_job& j);
    void update(index shape);
    std::vector<index> allowed_pools(const std::vector<index>& tenant_pools,
                                     const std::vector<std::string>& names) const;
    bool in_lane(index demand, index lane) const;
    duration expected(duration runtime) const {
        return runtime > duration::zero() ? runtime : config.default_runtime;
    }
    void see_resources();
    void see_capacity();

    // What runs.
    started_job& started(std::uint64_t id);
    index hold_room(std::uint64_t id, index shape, index demand, index pool, const waiting_job& j,
                    bool restored);
    void return_room(index slot);
    void return_quietly(index slot);
    void stir();  // something has changed that could let a job start
    endings& ends(index pool, index resource) { return ends_[pool][resource]; }

    // A pass.
    void pass(index lane, std::size_t max, decision& out);
    void shortest_first(index lane, std::size_t max, decision& out);
    void pass_conservative(index lane, std::size_t max, decision& out);
    candidate find(index lane, bool with_room, const search_filter& f);
    search_filter filter_for(const reservation& r) const;
    std::int64_t end_of_run(const waiting_job& j) const;
    bool may(index shape) const;  // as far as limits of tenants, kinds and groups go
    choice choose(index shape, index lane, const waiting_job& j);
    choice choose_class(index demand, index leaf, index lane, const waiting_job& j);
    bool kept(index pool, const needs& n, const waiting_job& j) const;
    bool start(index shape, const waiting_job& j, index lane, reason why, decision& out);
    void start_one(index shape, const waiting_job& j, const choice& c, index lane, reason why, decision& out);
    bool start_gang(index shape, const waiting_job& j, index lane, decision& out);
    void record(std::uint64_t job, index leaf, const choice& c, index lane, reason why, std::uint64_t other);

    // Reservations.
    std::int64_t earliest(index pool, const needs& n) const;
    reservation reserve_in(index pool, std::uint64_t job, const needs& n, std::int64_t at) const;
    reservation reserve(lane& l, index number, index shape, const waiting_job& j);

    // Dependencies and gangs.
    void add_held(const pending_job& j);
    bool remove_held(std::uint64_t id);
    void settle_held(std::uint64_t id);
    void end_of(std::uint64_t id, outcome how);
    void requeue_member(std::uint64_t id);
    void queue_gang(index g);
    void unqueue_gang(index g);
    needs needs_of_gang(const gang& g);

    // Preemption.
    struct victims {
        std::vector<index> slots;
        index pool = no_index;
        std::int64_t lost = 0;  // runtime so far, in nanoseconds
    };
    void preempt(decision& out);
    bool preempt_for(index lane, index shape, const waiting_job& j, std::int64_t victims_max, decision& out);
    std::vector<index> possible_victims(const shape_key& k, const waiting_job& j);
    victims find_victims(index shape, index pool, const std::vector<index>& possible);
    bool may_be_victim(const started_job& v, const shape_key& of, const waiting_job& j);
    bool is_cheaper(const victims& a, const victims& b) const;
    void start_claimed(decision& out, std::size_t max);
    void keep_claimed();
    bool spoils_claim(index leaf, const needs& n, std::uint64_t job);
    void forget_victim(std::uint64_t id);
    void end_claim(std::uint64_t beneficiary);
    void drop_paused_claims();

    std::string describe(const obstacle& o, index pool, const needs& n) const;
    std::string describe(const tenant_obstacle& o, const needs& n) const;
    index known_pool(const std::string& name) const;
    void explain_waiting(explanation& out, index shape, const waiting_job& job, wall_time at) const;
    std::optional<wall_time> estimate(index lane, index shape, const waiting_job& job, wall_time at) const;
    std::int64_t quota_free_at(index leaf, const needs& n, wall_time at) const;
    pool_score to_score(const decision_ring::score& s) const;

    settings config;
    policy::fleet fleet;
    policy::tenants tenants;
    policy::ranking ranking;
    std::map<shape_key, index> shape_index;
    std::deque<shape_state> shapes;
    std::vector<index> free_shapes;
    std::vector<std::unique_ptr<lane>> lanes;
    id_table waiting;
    id_table running;  // shape: the slot in `slots`
    std::vector<started_job> slots;
    std::vector<index> free_slots;
    std::vector<std::vector<endings>> ends_;  // by pool and resource; job slots come last
    std::vector<reservation> kept_;           // of the pass, and for those whose victims are stopping
    held_jobs held;
    std::vector<std::uint64_t> unsatisfiable;
    decision_ring ring;
    preemption_state preemption;
    wall_time now{};
    std::uint64_t changes = 1, arrivals = 0;
    std::uint64_t examined = 0;
};

}  // namespace trainyard::policy
