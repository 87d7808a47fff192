// The order in which waiting jobs are tried, as a tournament at every node of the tenant tree: over its
// children by share, rank or submission, and over the shapes of a leaf. Each match remembers which demand
// classes take part and the least runtime and demand, so that a search for the first job that could start now
// passes over what could not.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "scheduler/policy/fleet.hpp"
#include "scheduler/policy/shape.hpp"
#include "scheduler/policy/tenants.hpp"

namespace trainyard::policy {

struct search_filter {
    class_mask open = class_mask::all();                                // classes that may start at all
    class_mask free = class_mask::all();                                // of these, whatever their runtime
    std::int64_t runtime_max = sorted_blocks<waiting_job>::no_runtime;  // for those that are not free
    std::int64_t need_max = std::numeric_limits<std::int64_t>::max();
};

struct candidate {
    bool found = false;
    order_key key;
    index shape = no_index;
    waiting_job job;
};

class order_tree {
public:
    // `all`: the order of every node; nothing: each node's own.
    order_tree(const tenants& t, const fleet& f, const std::deque<shape_state>& shapes, const ranking& r,
               index lane, std::optional<order> all)
        : tenants_(t), fleet_(f), shapes_(shapes), ranking_(r), lane_(lane), all_(all) {}

    // A place for the shape; `remove` makes it free again.
    index insert(index shape);
    void remove(index shape);
    // Its queue has changed.
    void update_shape(index shape);
    // Its refusals have changed.
    void update_tenant(index t) { climb(t, false); }
    // Its share and those of all above it have changed.
    void update_path(index t) { climb(t, true); }
    void rebuild();

    // The first job in order that `accept(shape, job&)` takes, of those that the filter lets through;
    // `accept` may choose another job of the shape than its first.
    template <class Accept>
    candidate first(const search_filter& f, Accept& accept) const {
        candidate best;
        if (!tours_.empty()) look_into(tenants::root, f, accept, best);
        return best;
    }

    // Waiting jobs in the order of this moment, at most `max`; shares stay as they are.
    // `per_leaf`: at most so many of each tenant.
    std::vector<std::pair<index, waiting_job>> list(std::size_t max,
                                                    std::size_t per_leaf = ~std::size_t{0}) const;
    // How many of the tenant's jobs are tried before this one, and the first of them.
    std::size_t ahead(index leaf, index shape, const waiting_job& job, std::vector<std::uint64_t>& first,
                      std::size_t first_max) const;
    void check() const;

private:
    struct match {
        order_key key;
        class_mask classes;
        std::int64_t runtime = sorted_blocks<waiting_job>::no_runtime;
        std::int64_t need = std::numeric_limits<std::int64_t>::max();
        friend bool operator==(const match&, const match&) = default;
    };
    struct tour {
        std::vector<match> matches;  // 1 is the final, the contestants begin at `width`
        std::vector<index> who;      // by contestant: a child or a shape
        std::vector<index> unused;
        std::size_t width = 0;
    };
    struct listed {
        order_key key;
        index shape;
        waiting_job job;
    };

    order order_of(index t) const { return all_ ? *all_ : tenants_.at(t).order; }
    bool is_leaf(index t) const { return tenants_.at(t).children.empty(); }
    tour& tour_of(index t);
    static void widen(tour& t, std::size_t contestants);
    static match join(const match& a, const match& b);
    bool set(tour& t, index slot, const match& m);
    void climb(index t, bool to_the_top);
    match match_of_shape(index shape) const;
    match match_of_tenant(index t) const;
    order_key key_of_tenant(index t, const order_key& best_below) const;
    std::vector<listed> list_node(index t, std::size_t max, std::size_t per_leaf) const;

    template <class Accept>
    void look_into(index t, const search_filter& f, Accept& accept, candidate& best) const {
        if (t < tours_.size() && tours_[t].width > 0) visit(t, 1, f, accept, best);
    }

    template <class Accept>
    void visit(index t, std::size_t i, const search_filter& f, Accept& accept, candidate& best) const {
        const tour& x = tours_[t];
        const match& m = x.matches[i];
        const class_mask open = m.classes & f.open;
        if (!open.any() || m.need > f.need_max || (best.found && !(m.key < best.key))) return;
        if (m.runtime > f.runtime_max && !(open & f.free).any()) return;
        if (i < x.width) {
            const bool right_first = x.matches[2 * i + 1].key < x.matches[2 * i].key;
            visit(t, 2 * i + (right_first ? 1 : 0), f, accept, best);
            visit(t, 2 * i + (right_first ? 0 : 1), f, accept, best);
            return;
        }
        const index who = x.who[i - x.width];
        candidate c;
        if (is_leaf(t)) {
            c.shape = who;
            if (!accept(who, c.job)) return;
            c.key = ranking_.key(order_of(t), shapes_[who].key->priority, c.job);
        } else {
            search_filter below = f;
            below.open = f.open.without(tenants_.at(who).refused);
            look_into(who, below, accept, c);
            if (!c.found) return;
            c.key = key_of_tenant(who, c.key);
        }
        c.found = true;
        if (!best.found || c.key < best.key) best = c;
    }

    const tenants& tenants_;
    const fleet& fleet_;
    const std::deque<shape_state>& shapes_;
    const ranking& ranking_;
    index lane_;
    std::optional<order> all_;
    std::vector<tour> tours_;          // by tenant
    std::vector<index> tenant_slots_;  // by tenant: its place among its siblings
};

}  // namespace trainyard::policy
