// Message ids and what is known of them, in memory that is allocated once. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trainyard::aws::sqs {

// Open addressing with linear probing; what is settled goes, oldest first, when more than `remembered` are.
class id_table {
public:
    // A queue's message, exactly: a UUID's 128 bits, or for another form of id the front of its SHA-256.
    struct key {
        std::uint64_t high = 0, low = 0;
        std::uint32_t queue = 0;
        friend bool operator==(const key&, const key&) = default;
    };
    static key make_key(std::uint32_t queue, std::string_view message_id);

    static constexpr std::uint32_t settled = 0xFFFF'FFFF;  // instead of a slot
    static constexpr std::uint32_t nothing = 0xFFFF'FFFE;

    explicit id_table(std::size_t remembered);

    std::uint32_t find(const key& k) const;  // a slot, settled or nothing
    void put(const key& k, std::uint32_t slot);
    // From now on it is known as settled, until so many others are.
    void settle(const key& k);
    void remove(const key& k);
    std::size_t size() const { return used_; }

private:
    struct cell {
        key id;
        std::uint32_t value = nothing;  // nothing: empty
    };
    std::size_t home(const key& k) const;
    std::size_t where(const key& k) const;  // its cell, or the empty one where it belongs
    void erase_at(std::size_t at);
    void grow();

    std::vector<cell> cells_;
    std::size_t mask_ = 0, used_ = 0;
    std::vector<key> ring_;  // in the order of settling; once it is full, the oldest stands at next_
    std::size_t next_ = 0, remembered_ = 0;
};

}  // namespace trainyard::aws::sqs
