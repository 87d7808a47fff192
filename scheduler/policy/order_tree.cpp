#include "scheduler/policy/order_tree.hpp"

#include <iterator>

#include "engine/base/check.hpp"

namespace trainyard::policy {

order_tree::tour& order_tree::tour_of(index t) {
    if (t >= tours_.size()) {
        tours_.resize(tenants_.size());
        tenant_slots_.resize(tenants_.size(), no_index);
    }
    return tours_[t];
}

void order_tree::widen(tour& t, std::size_t contestants) {
    if (contestants <= t.width) return;
    const std::size_t width = std::max<std::size_t>(1, t.width * 2);
    std::vector<match> wider(2 * width);
    for (std::size_t i = 0; i < t.width; ++i) wider[width + i] = t.matches[t.width + i];
    for (std::size_t i = width - 1; i > 0; --i) wider[i] = join(wider[2 * i], wider[2 * i + 1]);
    t.matches = std::move(wider);
    t.width = width;
}

order_tree::match order_tree::join(const match& a, const match& b) {
    return {std::min(a.key, b.key), a.classes | b.classes, std::min(a.runtime, b.runtime),
            std::min(a.need, b.need)};
}

// True when the final has changed.
bool order_tree::set(tour& t, index slot, const match& m) {
    std::size_t i = t.width + slot;
    if (t.matches[i] == m) return false;
    t.matches[i] = m;
    for (i /= 2; i > 0; i /= 2) {
        const match joined = join(t.matches[2 * i], t.matches[2 * i + 1]);
        if (joined == t.matches[i]) return false;
        t.matches[i] = joined;
    }
    return true;
}

order_tree::match order_tree::match_of_shape(index shape) const {
    const shape_state& s = shapes_[shape];
    match m;
    if (!s.key || s.queue.empty()) return m;
    const demand_class& c = fleet_.at(s.key->demand);
    m.key = ranking_.key(order_of(s.key->leaf), s.key->priority, s.queue.front());
    m.classes.set(c.bit);
    m.runtime = s.queue.min_runtime();
    m.need = c.instances;
    return m;
}

order_key order_tree::key_of_tenant(index t, const order_key& best_below) const {
    const tenant_node& x = tenants_.at(t);
    switch (order_of(x.parent)) {
        case order::fifo: return best_below;
        case order::priority: return {best_below.a, x.share, x.jobs_by_weight, t};
        case order::fair:
        case order::fair_tree: return {x.share, x.jobs_by_weight, t, 0};
    }
    TY_CHECK(false, "an order outside its enumeration");
    return {};
}

order_tree::match order_tree::match_of_tenant(index t) const {
    match m;
    if (t >= tours_.size() || tours_[t].width == 0) return m;
    const match& best = tours_[t].matches[1];
    const class_mask open = best.classes.without(tenants_.at(t).refused);
    if (!open.any()) return m;
    m = best;
    m.classes = open;
    m.key = key_of_tenant(t, best.key);
    return m;
}

index order_tree::insert(index shape) {
    tour& t = tour_of(shapes_[shape].key->leaf);
    index slot = static_cast<index>(t.who.size());
    if (t.unused.empty()) {
        t.who.push_back(shape);
        widen(t, t.who.size());
    } else {
        slot = t.unused.back();
        t.unused.pop_back();
        t.who[slot] = shape;
    }
    return slot;
}

void order_tree::remove(index shape) {
    const index leaf = shapes_[shape].key->leaf, slot = shapes_[shape].slots[lane_];
    tour& t = tour_of(leaf);
    const bool changed = set(t, slot, {});
    t.who[slot] = no_index;
    t.unused.push_back(slot);
    if (changed) update_tenant(leaf);
}

void order_tree::update_shape(index shape) {
    const index leaf = shapes_[shape].key->leaf;
    if (set(tour_of(leaf), shapes_[shape].slots[lane_], match_of_shape(shape))) update_tenant(leaf);
}

void order_tree::climb(index t, bool to_the_top) {
    for (; t != tenants::root; t = tenants_.at(t).parent) {
        tour& up = tour_of(tenants_.at(t).parent);
        index& slot = tenant_slots_[t];
        const match m = match_of_tenant(t);
        if (slot == no_index) {
            if (!m.classes.any()) {
                if (to_the_top) continue;
                return;
            }
            slot = static_cast<index>(up.who.size());
            up.who.push_back(t);
            widen(up, up.who.size());
        }
        if (!set(up, slot, m) && !to_the_top) return;
    }
}

void order_tree::rebuild() {
    // Children before parents: a change that does not reach the final of a tour stops, so each node must be
    // asked.
    for (index t = 1; t < tours_.size(); ++t) update_tenant(t);
}

std::vector<order_tree::listed> order_tree::list_node(index t, std::size_t max, std::size_t per_leaf) const {
    std::vector<listed> out;
    if (t >= tours_.size()) return out;
    const order o = order_of(t);
    const auto sort = [&out] {
        std::sort(out.begin(), out.end(), [](const listed& a, const listed& b) {
            return a.key != b.key ? a.key < b.key : a.job < b.job;
        });
    };
    if (is_leaf(t)) {
        for (const index s : tours_[t].who) {
            if (s == no_index) continue;
            std::size_t taken = 0;
            shapes_[s].queue.each([&](const waiting_job& j) {
                out.push_back({ranking_.key(o, shapes_[s].key->priority, j), s, j});
                return ++taken < std::min(max, per_leaf);
            });
        }
        sort();
        if (out.size() > per_leaf) out.resize(per_leaf);
    } else {
        std::vector<index> children = tours_[t].who;
        std::ranges::sort(children, {}, [&](index c) {
            return std::tuple{tenants_.at(c).share, tenants_.at(c).jobs_by_weight, c};
        });
        for (const index c : children) {
            std::vector<listed> below = list_node(c, max, per_leaf);
            for (listed& l : below) l.key = o == order::priority ? key_of_tenant(c, l.key) : l.key;
            std::move(below.begin(), below.end(), std::back_inserter(out));
        }
        if (o == order::fifo || o == order::priority) sort();
    }
    if (out.size() > max) out.resize(max);
    return out;
}

std::vector<std::pair<index, waiting_job>> order_tree::list(std::size_t max, std::size_t per_leaf) const {
    std::vector<std::pair<index, waiting_job>> out;
    for (const listed& l : list_node(tenants::root, max, per_leaf)) out.emplace_back(l.shape, l.job);
    return out;
}

std::size_t order_tree::ahead(index leaf, index shape, const waiting_job& job,
                              std::vector<std::uint64_t>& first, std::size_t first_max) const {
    if (leaf >= tours_.size()) return 0;
    const order o = order_of(leaf);
    const order_key mine = ranking_.key(o, shapes_[shape].key->priority, job);
    std::vector<std::pair<order_key, std::uint64_t>> found;
    std::size_t count = 0;
    for (const index s : tours_[leaf].who) {
        if (s == no_index) continue;
        std::size_t listed_here = 0;
        shapes_[s].queue.each([&](const waiting_job& j) {
            const order_key k = ranking_.key(o, shapes_[s].key->priority, j);
            if (!(k < mine)) return false;
            ++count;
            if (listed_here++ < first_max) found.emplace_back(k, j.id);
            return true;
        });
    }
    std::sort(found.begin(), found.end());
    for (std::size_t i = 0; i < found.size() && i < first_max; ++i) first.push_back(found[i].second);
    return count;
}

void order_tree::check() const {
    for (index t = 0; t < tours_.size(); ++t) {
        const tour& x = tours_[t];
        for (std::size_t i = 0; i < x.who.size(); ++i) {
            const match want = x.who[i] == no_index ? match{}
                               : is_leaf(t)         ? match_of_shape(x.who[i])
                                                    : match_of_tenant(x.who[i]);
            TY_CHECK(x.matches[x.width + i] == want, "the order has an outdated entry");
        }
        for (std::size_t i = 1; i < x.width; ++i)
            TY_CHECK(x.matches[i] == join(x.matches[2 * i], x.matches[2 * i + 1]),
                     "the order is not in order");
    }
}

}  // namespace trainyard::policy
