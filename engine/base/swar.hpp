// Eight bytes at a time in a 64-bit word ("SIMD within a register"; Hacker's Delight, 6-1): finds the rare
// byte in a long text. Each mask is non-zero exactly when such a byte is there, and its lowest bit stands in
// the first one; bits above that may be wrong.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trainyard::swar {

static_assert(std::endian::native == std::endian::little, "first_byte() counts from the low end");

inline constexpr std::size_t word_bytes = 8;
inline constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL, highs = 0x8080'8080'8080'8080ULL;

inline std::uint64_t load(const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, word_bytes);
    return word;
}

// Bytes below `limit`, which is at most 128.
constexpr std::uint64_t below(std::uint64_t word, unsigned char limit) {
    return (word - ones * limit) & ~word & highs;
}
constexpr std::uint64_t equal(std::uint64_t word, unsigned char byte) {
    return below(word ^ (ones * byte), 1);
}
constexpr std::uint64_t above_ascii(std::uint64_t word) {
    return word & highs;
}
// Where the first byte of a mask stands that is not 0.
constexpr std::size_t first_byte(std::uint64_t mask) {
    return static_cast<std::size_t>(std::countr_zero(mask)) / word_bytes;
}

}  // namespace trainyard::swar
