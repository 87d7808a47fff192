// A set of demand classes as bits. Classes beyond the last but one bit share the last: what holds for one of
// them is then asked job by job, which is slower and gives the same answer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trainyard::policy {

class class_mask {
public:
    static constexpr std::size_t words = 3;
    static constexpr std::size_t shared_bit = words * 64 - 1;

    static constexpr class_mask all() {
        class_mask m;
        m.word_.fill(~std::uint64_t{0});
        return m;
    }
    constexpr void set(std::size_t bit) { word_[bit / 64] |= std::uint64_t{1} << (bit % 64); }
    constexpr void clear(std::size_t bit) { word_[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }
    constexpr bool test(std::size_t bit) const { return (word_[bit / 64] >> (bit % 64) & 1U) != 0; }
    constexpr bool any() const { return (word_[0] | word_[1] | word_[2]) != 0; }
    constexpr class_mask without(const class_mask& o) const {
        class_mask m;
        for (std::size_t i = 0; i < words; ++i) m.word_[i] = word_[i] & ~o.word_[i];
        return m;
    }
    friend constexpr class_mask operator&(const class_mask& a, const class_mask& b) {
        class_mask m;
        for (std::size_t i = 0; i < words; ++i) m.word_[i] = a.word_[i] & b.word_[i];
        return m;
    }
    friend constexpr class_mask operator|(const class_mask& a, const class_mask& b) {
        class_mask m;
        for (std::size_t i = 0; i < words; ++i) m.word_[i] = a.word_[i] | b.word_[i];
        return m;
    }
    friend constexpr bool operator==(const class_mask&, const class_mask&) = default;

private:
    std::array<std::uint64_t, words> word_{};
};

}  // namespace trainyard::policy
