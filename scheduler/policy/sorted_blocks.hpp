// A sorted sequence in small blocks: appending, taking from the front and searching are cheap, an entry in a
// long sequence costs little more than itself, and each block knows its least runtime, so that the first
// entry which is short enough is found without looking at all that are not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/base/check.hpp"

namespace trainyard::policy {

// Entry: trivially copyable, with operator< (total, no two equal) and runtime() in any integer unit.
template <class Entry>
class sorted_blocks {
public:
    static constexpr std::size_t block_max = 64;
    static constexpr std::int64_t no_runtime = std::numeric_limits<std::int64_t>::max();

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    const Entry& front() const { return blocks_[first_].items.front(); }
    std::int64_t min_runtime() const { return min_; }

    void insert(const Entry& e) {
        ++size_;
        min_ = std::min(min_, e.runtime());
        if (blocks_.size() == first_) {
            blocks_.emplace_back().add_back(e);
            return;
        }
        std::size_t b = block_of(e);
        block* at = &blocks_[b];
        if (at->items.size() == block_max) {
            if (b + 1 == blocks_.size() && at->items.back() < e) {  // appended: full blocks stay full
                blocks_.emplace_back().add_back(e);
                return;
            }
            split(b);
            if (!(e < blocks_[b + 1].items.front())) ++b;
            at = &blocks_[b];
        }
        at->items.insert(std::lower_bound(at->items.begin(), at->items.end(), e), e);
        at->min = std::min(at->min, e.runtime());
    }

    // False when it is not there.
    bool erase(const Entry& e) {
        if (empty()) return false;
        const std::size_t b = block_of(e);
        block& at = blocks_[b];
        const auto it = std::lower_bound(at.items.begin(), at.items.end(), e);
        if (it == at.items.end() || e < *it) return false;
        const std::int64_t gone = it->runtime();
        at.items.erase(it);
        --size_;
        if (at.items.empty()) {
            drop(b);
        } else if (gone == at.min) {
            at.find_min();
        }
        if (gone == min_) find_min(gone);
        return true;
    }

    // The entry that is equal in order; nothing when there is none.
    const Entry* find(const Entry& e) const {
        if (empty()) return nullptr;
        const auto& items = blocks_[block_of(e)].items;
        const auto it = std::lower_bound(items.begin(), items.end(), e);
        return it == items.end() || e < *it ? nullptr : &*it;
    }

    // The first entry that takes at most `runtime`; nothing when there is none.
    const Entry* first_within(std::int64_t runtime) const {
        if (min_ > runtime) return nullptr;
        for (std::size_t b = first_; b < blocks_.size(); ++b) {
            if (blocks_[b].min > runtime) continue;
            for (const Entry& e : blocks_[b].items)
                if (e.runtime() <= runtime) return &e;
        }
        return nullptr;
    }

    // How many come before `e`.
    std::size_t before(const Entry& e) const {
        if (empty()) return 0;
        const std::size_t in = block_of(e);
        std::size_t n = 0;
        for (std::size_t b = first_; b < in; ++b) n += blocks_[b].items.size();
        const auto& items = blocks_[in].items;
        return n + static_cast<std::size_t>(std::lower_bound(items.begin(), items.end(), e) - items.begin());
    }

    // Stops when `visit` answers false.
    template <class F>
    void each(F visit) const {
        for (std::size_t b = first_; b < blocks_.size(); ++b)
            for (const Entry& e : blocks_[b].items)
                if (!visit(e)) return;
    }

    std::size_t memory() const {
        std::size_t n = blocks_.capacity() * sizeof(block);
        for (const block& b : blocks_) n += b.items.capacity() * sizeof(Entry);
        return n;
    }

private:
    struct block {
        std::vector<Entry> items;  // never empty, but for blocks before first_
        std::int64_t min = no_runtime;
        void add_back(const Entry& e) {
            items.push_back(e);
            min = std::min(min, e.runtime());
        }
        void find_min() {
            min = no_runtime;
            for (const Entry& e : items) min = std::min(min, e.runtime());
        }
    };

    // The last block whose first entry is not after `e`; the first block when all are.
    std::size_t block_of(const Entry& e) const {
        if (!(e < blocks_.back().items.front())) return blocks_.size() - 1;
        std::size_t low = first_, high = blocks_.size() - 1;  // the answer is in [low, high)
        while (high - low > 1) {
            const std::size_t mid = low + (high - low) / 2;
            (e < blocks_[mid].items.front() ? high : low) = mid;
        }
        return low;
    }

    void split(std::size_t b) {
        block upper;
        block& lower = blocks_[b];
        upper.items.assign(lower.items.begin() + block_max / 2, lower.items.end());
        lower.items.resize(block_max / 2);
        lower.find_min();
        upper.find_min();
        blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(b) + 1, std::move(upper));
    }

    void drop(std::size_t b) {
        if (b != first_) {
            blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(b));
            return;
        }
        blocks_[first_++] = {};
        if (first_ == blocks_.size() || first_ > blocks_.size() / 2) {
            blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }

    // `at_least`: the least before the change; a block that still has it ends the search.
    void find_min(std::int64_t at_least) {
        min_ = no_runtime;
        for (std::size_t b = first_; b < blocks_.size() && min_ > at_least; ++b)
            min_ = std::min(min_, blocks_[b].min);
    }

    std::vector<block> blocks_;
    std::size_t first_ = 0, size_ = 0;
    std::int64_t min_ = no_runtime;
};

}  // namespace trainyard::policy
