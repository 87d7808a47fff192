#include "scheduler/policy/scheduler.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {
namespace {

std::int64_t nanoseconds(wall_time t) {
    return t.time_since_epoch().count();
}

}  // namespace

scheduler::impl::impl(const settings& s)
    : config(s), fleet(s), tenants(s, fleet.pool_names()), ranking(s.aging_step) {
    for (const tenant_config& t : s.tenants)
        for (const auto& [resource, q] : t.quota) fleet.resource_index(resource);
    see_resources();
    tenants.set_quota(s, fleet.resource_names());
    for (index t = 0; t < tenants.size(); ++t)
        preemption.enabled = preemption.enabled || tenants.at(t).within != preempt_within::never ||
                             tenants.at(t).reclaim != preempt_reclaim::never;
    // Pools that are ordered and filled alike are one lane.
    std::vector<std::pair<std::optional<order>, backfill>> kinds;
    for (index p = 0; p < s.pools.size(); ++p) {
        const pool_config& c = s.pools[p];
        std::pair kind{c.order, c.backfill.value_or(s.backfill)};
        if (kind.first == s.order) kind.first.reset();
        const auto it = std::ranges::find(kinds, kind);
        fleet.set_lane(p, static_cast<index>(it - kinds.begin()));
        if (it == kinds.end()) kinds.push_back(kind);
    }
    if (kinds.empty()) kinds.emplace_back(std::nullopt, s.backfill);
    for (index l = 0; l < kinds.size(); ++l)
        lanes.push_back(
            std::make_unique<lane>(tenants, fleet, shapes, ranking, l, kinds[l].first, kinds[l].second));
}

void scheduler::impl::see_capacity() {
    std::vector<amount> capacity(fleet.resource_names().size());
    for (index r = 0; r < capacity.size(); ++r) capacity[r] = fleet.capacity(r);
    tenants.set_capacity(std::move(capacity), fleet.jobs_capacity());
}

// New resources and pools have places everywhere.
void scheduler::impl::see_resources() {
    const std::size_t count = fleet.resource_names().size();
    see_capacity();
    tenants.set_resources(count);
    ends_.resize(fleet.pools().size());
    for (auto& pool : ends_) {
        // Job slots stay last.
        endings slot_ends = pool.empty() ? endings{} : std::move(pool.back());
        if (!pool.empty()) pool.pop_back();
        pool.resize(count);
        pool.push_back(std::move(slot_ends));
    }
}

std::vector<index> scheduler::impl::allowed_pools(const std::vector<index>& tenant_pools,
                                                  const std::vector<std::string>& names) const {
    if (names.empty()) return tenant_pools;
    std::set<index> wanted;
    for (const std::string& n : names)
        if (const auto p = fleet.pool_names().find(n)) wanted.insert(*p);
    std::vector<index> out;
    std::ranges::set_intersection(tenant_pools, wanted, std::back_inserter(out));
    return out;
}

bool scheduler::impl::in_lane(index demand, index lane) const {
    const class_key& k = *fleet.at(demand).key;
    return std::ranges::any_of(k.pools, [&](index p) { return fleet.pools()[p].lane == lane; }) ||
           (k.fall_back != no_index && in_lane(k.fall_back, lane));
}

index scheduler::impl::shape_for(const pending_job& j) {
    return shape_for(j, no_index);
}

index scheduler::impl::shape_for(const pending_job& j, index gang) {
    const index leaf = tenants.leaf_of(j.tenant);
    const std::vector<index> allowed = allowed_pools(tenants.at(leaf).pools, j.pools);
    const auto class_for = [&](const std::vector<demand_line>& demand, index fall_back) {
        class_key k;
        k.demand = fleet.intern(demand);
        for (const index p : allowed)
            if (fleet.can_hold(p, k.demand)) k.pools.push_back(p);  // others must not wake it
        k.kind = fleet.kind_index(j.kind);
        k.group = fleet.group_index(j.group);
        k.fall_back = fall_back;
        const index c = fleet.class_of(std::move(k));
        // What was refused to an earlier owner of the bit says nothing of this class.
        if (fleet.at(c).users == 0) tenants.forget_class(fleet.at(c).bit);
        return c;
    };
    const index back = j.fall_back.empty() ? no_index : class_for(j.fall_back, no_index);
    const index demand = class_for(j.demand, back);
    if (fleet.resource_names().size() + 1 != (ends_.empty() ? 0 : ends_[0].size())) see_resources();
    const auto [it, fresh] = shape_index.try_emplace({leaf, j.priority, demand, j.preemptible, gang}, 0);
    if (!fresh) return it->second;
    if (free_shapes.empty()) {
        it->second = static_cast<index>(shapes.size());
        shapes.emplace_back();
    } else {
        it->second = free_shapes.back();
        free_shapes.pop_back();
    }
    shape_state& s = shapes[it->second] = {};
    s.key = &it->first;
    fleet.add_user(demand);
    s.slots.assign(lanes.size(), no_index);
    for (index l = 0; l < lanes.size(); ++l)
        if (in_lane(demand, l)) s.slots[l] = lanes[l]->jobs.insert(it->second);
    return it->second;
}

void scheduler::impl::drop_job_of(index shape) {
    shape_state& s = shapes[shape];
    if (--s.jobs > 0 || s.pinned) return;
    for (index l = 0; l < lanes.size(); ++l)
        if (s.slots[l] != no_index) lanes[l]->jobs.remove(shape);
    const index demand = s.key->demand;
    shape_index.erase(shape_index.find(*s.key));
    s = {};
    free_shapes.push_back(shape);
    fleet.drop_user(demand);
}

void scheduler::impl::update(index shape) {
    for (index l = 0; l < lanes.size(); ++l)
        if (shapes[shape].slots[l] != no_index) {
            lanes[l]->jobs.update_shape(shape);
            lanes[l]->idle = false;
        }
}

void scheduler::impl::enqueue(index shape, const waiting_job& j) {
    ++arrivals;
    shapes[shape].queue.insert(j);
    tenants.count_pending(shapes[shape].key->leaf, true);
    update(shape);
}

void scheduler::impl::dequeue(index shape, const waiting_job& j) {
    TY_CHECK(shapes[shape].queue.erase(j), "a waiting job is not in its queue");
    tenants.count_pending(shapes[shape].key->leaf, false);
    update(shape);
}

void scheduler::impl::stir() {
    ++changes;
    for (const auto& l : lanes) l->idle = false;
}

started_job& scheduler::impl::started(std::uint64_t id) {
    const id_table::entry* e = running.find(id);
    TY_CHECK(e, "only a job that has started can be released or requeued");
    return slots[e->shape];
}

index scheduler::impl::hold_room(std::uint64_t id, index shape, index demand, index pool,
                                 const waiting_job& j, bool restored) {
    index slot = static_cast<index>(slots.size());
    if (free_slots.empty()) {
        slots.emplace_back();
    } else {
        slot = free_slots.back();
        free_slots.pop_back();
    }
    started_job& s = slots[slot] = {};
    s.id = id;
    s.shape = shape;
    s.demand = demand;
    s.pool = pool;
    s.submitted = j.submitted;
    s.expected = j.expected;
    s.started = nanoseconds(now);
    s.restored = restored;
    TY_CHECK(running.insert({id, j.submitted, slot, 0}), "a job was started twice");
    const class_key& counted = *fleet.at(shapes[shape].key->demand).key;
    const needs& n = fleet.at(demand).key->demand;
    if (restored)
        fleet.restore(pool, n, counted);
    else
        fleet.reserve(id, pool, n, counted);
    tenants.take(shapes[shape].key->leaf, n, restored);
    for (const need& x : n) ends(pool, x.resource).insert({s.end(), id, x.instances.count()});
    if (!fleet.pools()[pool].jobs_max.is_unlimited()) ends_[pool].back().insert({s.end(), id, 1});
    for (const auto& l : lanes) l->jobs.update_path(shapes[shape].key->leaf);
    return slot;
}

// Without stir(): for what is taken back within a pass.
void scheduler::impl::return_quietly(index slot) {
    started_job& s = slots[slot];
    const shape_key& k = *shapes[s.shape].key;
    const needs& n = fleet.at(s.demand).key->demand;
    for (const need& x : n) ends(s.pool, x.resource).erase({s.end(), s.id, x.instances.count()});
    if (!fleet.pools()[s.pool].jobs_max.is_unlimited()) ends_[s.pool].back().erase({s.end(), s.id, 1});
    fleet.give_back(s.id, s.restored, s.pool, n, *fleet.at(k.demand).key);
    tenants.give_back(k.leaf, n, s.restored);
    class_mask helped;
    for (const need& x : n) helped = helped | fleet.needing(x.resource);
    tenants.forgive(k.leaf, helped, [&](index t) {
        for (const auto& l : lanes) l->jobs.update_tenant(t);
    });
    for (const auto& l : lanes) l->jobs.update_path(k.leaf);
    running.erase(s.id);
    s.shape = no_index;
    free_slots.push_back(slot);
}

void scheduler::impl::return_room(index slot) {
    return_quietly(slot);
    stir();
}

index scheduler::impl::known_pool(const std::string& name) const {
    const auto p = fleet.pool_names().find(name);
    TY_CHECK(p, "the pool is not in the fleet");
    return *p;
}

scheduler::scheduler(settings s) : impl_(std::make_unique<impl>(s)) {}
scheduler::~scheduler() = default;
scheduler::scheduler(scheduler&&) noexcept = default;
scheduler& scheduler::operator=(scheduler&&) noexcept = default;

scheduler::shape_id scheduler::shape_of(const pending_job& j) {
    TY_CHECK(j.depends_on.empty() && j.gang.empty(),
             "a job with dependencies or a gang has no shape to share");
    const index s = impl_->shape_for(j);
    impl_->shapes[s].pinned = true;
    return s;
}

void scheduler::add(std::uint64_t id, shape_id shape, wall_time submitted, duration runtime) {
    impl& x = *impl_;
    TY_CHECK(!x.running.find(id) && !x.held.contains(id), "a job was added twice");
    const waiting_job j{nanoseconds(submitted), id, x.expected(runtime).count()};
    TY_CHECK(x.waiting.insert({id, j.submitted, shape, 0}), "a job was added twice");
    ++x.shapes[shape].jobs;
    x.enqueue(shape, j);
}

void scheduler::add(const pending_job& j) {
    impl& x = *impl_;
    if (j.depends_on.empty() && j.gang.empty()) {
        add(j.id, x.shape_for(j), j.submitted, j.runtime);
        return;
    }
    x.add_held(j);
}

bool scheduler::remove(std::uint64_t id) {
    impl& x = *impl_;
    if (x.remove_held(id)) return true;
    const id_table::entry* e = x.waiting.find(id);
    if (!e) return false;
    const index shape = e->shape;
    x.dequeue(shape, {e->submitted, id, 0});
    x.end_claim(id);
    x.waiting.erase(id);
    x.drop_job_of(shape);
    x.end_of(id, outcome::failed);
    return true;
}

void scheduler::restore(const pending_job& j, const std::string& pool, wall_time started, bool fell_back) {
    impl& x = *impl_;
    TY_CHECK(!x.running.find(j.id) && !x.waiting.find(j.id) && !x.held.contains(j.id),
             "a job was added twice");
    const index shape = x.shape_for(j);
    ++x.shapes[shape].jobs;
    const index demand = x.shapes[shape].key->demand, back = x.fleet.at(demand).key->fall_back;
    const index p = x.fleet.pool_index(pool);
    x.see_resources();
    const waiting_job w{nanoseconds(j.submitted), j.id, x.expected(j.runtime).count()};
    const wall_time now = std::exchange(x.now, started == wall_time{} ? x.now : started);
    const index slot = x.hold_room(j.id, shape, fell_back && back != no_index ? back : demand, p, w, true);
    x.slots[slot].fell_back = fell_back;
    x.now = now;
    x.stir();
}

void scheduler::release(std::uint64_t id, outcome how) {
    impl& x = *impl_;
    started_job& s = x.started(id);
    const index shape = s.shape;
    x.return_room(static_cast<index>(&s - x.slots.data()));
    x.forget_victim(id);
    if (x.held.gang_of_started(id) != no_index) x.held.member_ended(id);
    x.drop_job_of(shape);
    x.end_of(id, how);
}

void scheduler::requeue(std::uint64_t id) {
    impl& x = *impl_;
    started_job& s = x.started(id);
    const index shape = s.shape;
    const waiting_job j{s.submitted, id, s.expected};
    x.return_room(static_cast<index>(&s - x.slots.data()));
    x.forget_victim(id);
    if (x.held.gang_of_started(id) != no_index) {
        x.requeue_member(id);
        x.drop_job_of(shape);
        return;
    }
    TY_CHECK(x.waiting.insert({id, j.submitted, shape, 0}), "a job was added twice");
    x.enqueue(shape, j);
}

void scheduler::advance(wall_time now) {
    impl& x = *impl_;
    if (!x.fleet.timers().empty() && std::get<0>(*x.fleet.timers().begin()) <= now) {
        x.fleet.open_gates(now);
        x.stir();
    }
    if (x.tenants.advance(now))
        for (const auto& l : x.lanes) {
            l->jobs.rebuild();
            l->idle = false;
        }
    x.now = std::max(x.now, now);
}

void scheduler::charge(const std::string& tenant, const std::string& resource,
                       std::int64_t instance_seconds) {
    impl& x = *impl_;
    const index leaf = x.tenants.leaf_of(tenant), r = x.fleet.resource_index(resource);
    x.see_resources();
    x.tenants.charge(leaf, r, instance_seconds);
    for (const auto& l : x.lanes) l->jobs.rebuild();
}

void scheduler::set_start_budget(const std::string& pool, std::int64_t starts) {
    const index p = impl_->known_pool(pool);
    const auto& budget = impl_->fleet.pools()[p].budget;
    const bool helps = budget && *budget <= 0 && starts > 0;
    impl_->fleet.set_budget(p, starts);
    if (helps) impl_->stir();
}

void scheduler::set_start_budget(const std::string& pool, const std::string& kind, std::int64_t starts) {
    policy::fleet& f = impl_->fleet;
    const index p = impl_->known_pool(pool), k = f.kind_index(kind);
    const auto& budgets = f.pools()[p].kind_budgets;
    const bool helps = k < budgets.size() && budgets[k] && *budgets[k] <= 0 && starts > 0;
    f.set_budget(p, k, starts);
    if (helps) impl_->stir();
}

void scheduler::set_limit(const std::string& pool, const std::string& resource, amount limit) {
    impl& x = *impl_;
    const index p = x.known_pool(pool);
    const std::size_t resources = x.fleet.resource_names().size();
    const index r = x.fleet.resource_index(resource);
    if (r >= resources) x.see_resources();
    if (!x.fleet.set_limit(p, r, limit)) return;
    x.see_capacity();
    // Shares are of the fleet's limits.
    for (const auto& l : x.lanes) l->jobs.rebuild();
    x.stir();
}

void scheduler::block(const std::string& pool, const std::string& resource, wall_time until) {
    const index p = impl_->known_pool(pool), r = impl_->fleet.resource_index(resource);
    impl_->see_resources();
    impl_->fleet.block(p, r, until);
}

void scheduler::refuse(const std::string& pool, const std::string& resource, std::int64_t instances,
                       wall_time until, std::optional<amount> stated) {
    const index p = impl_->known_pool(pool), r = impl_->fleet.resource_index(resource);
    impl_->see_resources();
    impl_->fleet.refuse(p, r, amount{instances}, until, stated);
}

void scheduler::accept(const std::string& pool, const std::string& resource, std::uint64_t id) {
    const index p = impl_->known_pool(pool), r = impl_->fleet.resource_index(resource);
    impl_->see_resources();
    impl_->fleet.accept(p, r, id);
    impl_->stir();
}

void scheduler::unblock(const std::string& pool, const std::string& resource) {
    const index p = impl_->known_pool(pool), r = impl_->fleet.resource_index(resource);
    impl_->see_resources();
    impl_->fleet.unblock(p, r);
    impl_->stir();
}

std::size_t scheduler::pending() const {
    return impl_->waiting.size() + impl_->held.size();
}
std::size_t scheduler::reserved() const {
    return impl_->running.size();
}
std::uint64_t scheduler::shapes_examined() const {
    return impl_->examined;
}
std::size_t scheduler::memory() const {
    std::size_t n = impl_->waiting.memory();
    for (const shape_state& s : impl_->shapes) n += sizeof(shape_state) + s.queue.memory();
    return n;
}

}  // namespace trainyard::policy
