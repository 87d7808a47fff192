// What jobs ask for, each combination once: needs, pools, kind and group. Whether there is room is a property
// of the class, known at all times, so that a backlog that does not fit costs nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "scheduler/policy/amount.hpp"
#include "scheduler/policy/class_mask.hpp"
#include "scheduler/policy/names.hpp"

namespace trainyard::policy {

// More instances than this in one line are never startable; keeps sums over all jobs below the saturation of
// amount.
inline constexpr std::int64_t demand_max = std::int64_t{1} << 31U;

struct need {
    index resource = 0;
    amount instances;
    friend auto operator<=>(const need&, const need&) = default;
};
using needs = std::vector<need>;  // by resource, each once, none empty

// A set of pools as bits.
class pool_set {
public:
    void set(index p) {
        if (word_.size() <= p / 64) word_.resize(p / 64 + 1);
        word_[p / 64] |= std::uint64_t{1} << (p % 64);
    }
    void clear(index p) {
        if (p / 64 < word_.size()) word_[p / 64] &= ~(std::uint64_t{1} << (p % 64));
    }
    bool test(index p) const { return p / 64 < word_.size() && (word_[p / 64] >> (p % 64) & 1U) != 0; }
    bool any() const {
        for (const std::uint64_t w : word_)
            if (w != 0) return true;
        return false;
    }
    // In ascending order, those that are in both and not in `shut`.
    template <class F>
    void each_common(const pool_set& o, const pool_set& shut, F visit) const {
        for (std::size_t i = 0; i < word_.size() && i < o.word_.size(); ++i)
            for (std::uint64_t w = common(o, shut, i); w != 0; w &= w - 1)
                visit(static_cast<index>(i * 64 + static_cast<std::size_t>(__builtin_ctzll(w))));
    }
    bool meets(const pool_set& o, const pool_set& shut) const {
        for (std::size_t i = 0; i < word_.size() && i < o.word_.size(); ++i)
            if (common(o, shut, i) != 0) return true;
        return false;
    }

private:
    std::uint64_t common(const pool_set& o, const pool_set& shut, std::size_t i) const {
        return word_[i] & o.word_[i] & (i < shut.word_.size() ? ~shut.word_[i] : ~std::uint64_t{0});
    }
    std::vector<std::uint64_t> word_;
};

struct class_key {
    needs demand;
    std::vector<index> pools;  // ascending; those it may use and that could ever hold it
    index kind = no_index, group = no_index;
    index fall_back = no_index;  // a class of its own that is taken where this one has no room
    friend auto operator<=>(const class_key&, const class_key&) = default;
};

struct demand_class {
    const class_key* key = nullptr;  // owned by the map; nothing when the slot is free
    std::size_t bit = class_mask::shared_bit;
    std::uint64_t number = 0;        // no other class has it, now or later
    std::size_t users = 0;           // shapes, and classes that fall back on it
    std::int64_t instances = 0;      // of its greatest need; what the search prunes by
    std::vector<index> fallen_from;  // classes that fall back on this one
    pool_set room;  // pools with room for it and no gate in its way; budgets and job slots come on top
    bool below_limits = true;  // of kind and group
};

}  // namespace trainyard::policy
