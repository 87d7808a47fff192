#include "scheduler/policy/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/check.hpp"
#include "scheduler/policy/state.hpp"

namespace trainyard::policy {

scheduler::impl::impl(const settings& s)
    : fleet(s),
      mode(s.order),
      aging_step(s.aging_step > duration::zero() ? std::max(s.aging_step, aging_step_min) : duration::zero()),
      tenant_queues(fleet.tenants().size()) {}

queue_key scheduler::impl::key_of(const pending_job& j) const {
    std::int64_t tick = 0;
    if (aging_step > duration::zero()) {
        const auto since = j.submitted.time_since_epoch();
        tick = since / aging_step - (since % aging_step < duration::zero() ? 1 : 0);
    }
    return {tick - j.priority, j.id};
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

index scheduler::impl::shape_of(const pending_job& j) {
    const index t = fleet.tenant_index(j.tenant);
    if (t == tenant_queues.size()) tenant_queues.emplace_back();
    shape_key key{t, j.priority, fleet.intern(j.demand), allowed_pools(fleet.tenants()[t].pools, j.pools)};
    // A pool that can never take the shape must not wake it.
    std::erase_if(key.pools, [&](index p) { return !fleet.can_hold(p, key.demand); });
    const auto [it, fresh] = shape_index.try_emplace(std::move(key), 0);
    if (!fresh) return it->second;
    if (free_shapes.empty()) {
        it->second = static_cast<index>(shapes.size());
        shapes.emplace_back();
    } else {
        it->second = free_shapes.back();
        free_shapes.pop_back();
    }
    shapes[it->second] = {};
    shapes[it->second].key = &it->first;
    return it->second;
}

tenant_key scheduler::impl::turn_of(index t) const {
    const queue_key head = tenant_queues[t].ready.begin()->head;
    const share s = fleet.tenants()[t].share;
    switch (mode) {
        case order::fair:
        case order::fair_tree: return {{}, s, t};
        case order::priority: return {{head.negative_rank, 0}, s, t};
        case order::fifo: return {head, {}, t};
    }
    TY_CHECK(false, "an order outside its enumeration");
    return {};
}

void scheduler::impl::refresh_tenant(index t) {
    tenant_queue& q = tenant_queues[t];
    std::optional<tenant_key> turn;
    if (!q.ready.empty()) turn = turn_of(t);
    if (q.turn) turns.erase(*q.turn);
    if (turn) turns.insert(*turn);
    q.turn = turn;
}

void scheduler::impl::refresh_shape(index s) {
    shape_state& x = shapes[s];
    tenant_queue& q = tenant_queues[x.key->tenant];
    std::optional<queue_key> ready;
    if (!x.stalled && !x.queue.empty()) ready = *x.queue.begin();
    if (ready != x.ready) {
        if (x.ready) q.ready.erase({*x.ready, s});
        if (ready) q.ready.insert({*ready, s});
        x.ready = ready;
    }
    refresh_tenant(x.key->tenant);
}

void scheduler::impl::enqueue(job_state& j) {
    shape_state& s = shapes[j.shape];
    s.queue.insert(j.key);
    ++tenant_queues[s.key->tenant].pending;
    ++pending;
    refresh_shape(j.shape);
}

void scheduler::impl::dequeue(const job_state& j) {
    shape_state& s = shapes[j.shape];
    s.queue.erase(j.key);
    --tenant_queues[s.key->tenant].pending;
    --pending;
    if (s.queue.empty() && std::exchange(s.stalled, false)) stalled.erase(j.shape);
    refresh_shape(j.shape);
}

void scheduler::impl::enter(std::uint64_t id, index shape, bool waiting, queue_key key) {
    const auto [it, fresh] = jobs.try_emplace(id, job_state{shape, key, std::nullopt, false});
    TY_CHECK(fresh, "a job was added twice");
    ++shapes[shape].jobs;
    if (waiting) enqueue(it->second);
}

void scheduler::impl::drop(std::map<std::uint64_t, job_state>::iterator it) {
    const index s = it->second.shape;
    jobs.erase(it);
    if (--shapes[s].jobs > 0) return;
    shape_index.erase(shape_index.find(*shapes[s].key));
    shapes[s] = {};
    free_shapes.push_back(s);
}

job_state& scheduler::impl::started_job(std::uint64_t id) {
    const auto it = jobs.find(id);
    TY_CHECK(it != jobs.end() && it->second.pool, "only a job that has started can be released or requeued");
    return it->second;
}

void scheduler::impl::give_back(std::uint64_t id, job_state& j) {
    const shape_key& k = *shapes[j.shape].key;
    fleet.give_back(id, j.restored, k.tenant, *j.pool, k.demand);
    j.pool.reset();
    j.restored = false;
    refresh_tenant(k.tenant);
}

index scheduler::impl::known_pool(const std::string& name) const {
    const auto p = fleet.pool_names().find(name);
    TY_CHECK(p, "the pool is not in the fleet");
    return *p;
}

bool scheduler::impl::helped(const shape_state& s) const {
    if (s.tenant_stalled) return fleet.tenants()[s.key->tenant].dirty;
    const std::vector<index>& mine = s.key->pools;
    const std::vector<index>& dirty = fleet.dirty_pools();
    if (dirty.size() < mine.size())
        return std::ranges::any_of(dirty, [&](index p) { return std::ranges::binary_search(mine, p); });
    return std::ranges::any_of(mine, [&](index p) { return fleet.pools()[p].dirty; });
}

void scheduler::impl::wake() {
    if (fleet.dirty_pools().empty() && fleet.dirty_tenants().empty()) return;
    for (auto it = stalled.begin(); it != stalled.end();) {
        const index s = *it;
        if (!helped(shapes[s])) {
            ++it;
            continue;
        }
        it = stalled.erase(it);
        shapes[s].stalled = false;
        refresh_shape(s);
    }
    fleet.clear_dirty();
}

scheduler::scheduler(settings s) : impl_(std::make_unique<impl>(s)) {}
scheduler::~scheduler() = default;
scheduler::scheduler(scheduler&&) noexcept = default;
scheduler& scheduler::operator=(scheduler&&) noexcept = default;

void scheduler::add(const pending_job& j) {
    const index s = impl_->shape_of(j);
    impl_->enter(j.id, s, true, impl_->key_of(j));
}

bool scheduler::remove(std::uint64_t id) {
    const auto it = impl_->jobs.find(id);
    if (it == impl_->jobs.end() || it->second.pool) return false;
    impl_->dequeue(it->second);
    impl_->drop(it);
    return true;
}

void scheduler::restore(const pending_job& j, const std::string& pool, wall_time, bool) {
    const index s = impl_->shape_of(j);
    impl_->enter(j.id, s, false, impl_->key_of(j));
    job_state& x = impl_->jobs.at(j.id);
    x.pool = impl_->fleet.pool_index(pool);
    x.restored = true;
    const shape_key& k = *impl_->shapes[s].key;
    impl_->fleet.restore(k.tenant, *x.pool, k.demand);
    impl_->refresh_tenant(k.tenant);
}

void scheduler::release(std::uint64_t id, outcome) {
    impl_->give_back(id, impl_->started_job(id));
    impl_->drop(impl_->jobs.find(id));
}

void scheduler::requeue(std::uint64_t id) {
    job_state& j = impl_->started_job(id);
    impl_->give_back(id, j);
    impl_->enqueue(j);
}

void scheduler::set_start_budget(const std::string& pool, std::int64_t starts) {
    impl_->fleet.set_budget(impl_->known_pool(pool), starts);
}

void scheduler::block(const std::string& pool, const std::string& resource, wall_time until) {
    impl_->fleet.block(impl_->known_pool(pool), impl_->fleet.resource_index(resource), until);
}

void scheduler::unblock(const std::string& pool, const std::string& resource) {
    impl_->fleet.unblock(impl_->known_pool(pool), impl_->fleet.resource_index(resource));
}

decision scheduler::decide(wall_time now, std::size_t max) {
    impl& x = *impl_;
    x.fleet.open_gates(now);
    x.wake();
    decision out;
    while (out.starts.size() < max && !x.turns.empty()) {
        const index t = x.turns.begin()->tenant;
        const index s = x.tenant_queues[t].ready.begin()->shape;
        shape_state& shape = x.shapes[s];
        ++x.examined;
        shape.tenant_stalled = static_cast<bool>(x.fleet.tenant_obstacle(t, shape.key->demand));
        const auto pool =
            shape.tenant_stalled ? std::nullopt : x.fleet.place(shape.key->pools, shape.key->demand, now);
        if (!pool) {
            shape.stalled = true;
            x.stalled.insert(s);
            x.refresh_shape(s);
            continue;
        }
        const std::uint64_t id = shape.queue.begin()->id;
        job_state& j = x.jobs.at(id);
        j.pool = pool;
        x.fleet.reserve(id, t, *pool, shape.key->demand);
        x.dequeue(j);
        out.starts.push_back({id, x.fleet.pool_names().name(*pool)});
    }
    return out;
}

std::optional<wall_time> scheduler::next_wakeup() const {
    for (const auto& [until, pool, resource] : impl_->fleet.timers())
        for (const shape_state& s : impl_->shapes) {
            if (s.queue.empty() || !std::ranges::binary_search(s.key->pools, pool)) continue;
            if (std::ranges::any_of(s.key->demand, [r = resource](const need& n) { return n.resource == r; }))
                return until;
        }
    return std::nullopt;
}

std::size_t scheduler::pending() const {
    return impl_->pending;
}
std::size_t scheduler::reserved() const {
    return impl_->jobs.size() - impl_->pending;
}
std::uint64_t scheduler::shapes_examined() const {
    return impl_->examined;
}

}  // namespace trainyard::policy
