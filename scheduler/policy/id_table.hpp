// Pending jobs by id, 24 bytes each: open addressing with linear probing, deletion by shifting back, between
// 53 and 80 % full. Never iterated where the order could matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/policy/names.hpp"

namespace trainyard::policy {

class id_table {
public:
    struct entry {
        std::uint64_t id = 0;
        std::int64_t submitted = 0;  // nanoseconds since 1970: with the id, the job's place in its queue
        index shape = no_index;      // no_index: the slot is empty
        std::uint32_t spare = 0;
    };

    std::size_t size() const { return size_; }
    const entry* find(std::uint64_t id) const {
        if (size_ == 0) return nullptr;
        for (std::size_t i = home(id);; i = next(i)) {
            if (slots_[i].shape == no_index) return nullptr;
            if (slots_[i].id == id) return &slots_[i];
        }
    }
    // False when the id is there already.
    bool insert(const entry& e) {
        if ((size_ + 1) * 5 > slots_.size() * 4) grow();
        std::size_t i = home(e.id);
        for (; slots_[i].shape != no_index; i = next(i))
            if (slots_[i].id == e.id) return false;
        slots_[i] = e;
        ++size_;
        return true;
    }
    bool erase(std::uint64_t id) {
        const entry* e = find(id);
        if (!e) return false;
        auto hole = static_cast<std::size_t>(e - slots_.data());
        for (std::size_t i = next(hole); slots_[i].shape != no_index; i = next(i)) {
            // The entry may fill the hole unless its home lies after the hole, in the cyclic run up to it.
            const std::size_t h = home(slots_[i].id);
            const bool after = hole <= i ? hole < h && h <= i : hole < h || h <= i;
            if (after) continue;
            slots_[hole] = slots_[i];
            hole = i;
        }
        slots_[hole] = {};
        --size_;
        return true;
    }
    template <class F>
    void each(F visit) const {
        for (const entry& e : slots_)
            if (e.shape != no_index) visit(e);
    }
    std::size_t memory() const { return slots_.capacity() * sizeof(entry); }

private:
    __extension__ typedef unsigned __int128 wide;

    // Fibonacci hashing, scaled to a capacity that is no power of two.
    std::size_t home(std::uint64_t id) const {
        return static_cast<std::size_t>(static_cast<wide>(id * 0x9e3779b97f4a7c15ULL) * slots_.size() >> 64U);
    }
    std::size_t next(std::size_t i) const { return i + 1 == slots_.size() ? 0 : i + 1; }
    void grow() {
        std::vector<entry> old(slots_.size() + slots_.size() / 2 + 16);
        old.swap(slots_);
        size_ = 0;
        for (const entry& e : old)
            if (e.shape != no_index) insert(e);
    }

    std::vector<entry> slots_;
    std::size_t size_ = 0;
};

}  // namespace trainyard::policy
