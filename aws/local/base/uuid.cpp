#include "aws/local/base/uuid.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace trainyard::aws::local {

namespace {

// The two digits of each byte.
constexpr std::array<char, 512> hex_pairs = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 512> out{};
    for (std::size_t b = 0; b < 256; ++b) out[2 * b] = digits[b >> 4U], out[2 * b + 1] = digits[b & 15U];
    return out;
}();

// The digits of `bytes` bytes of `v`, from its high end on.
template <unsigned Bytes>
void put_digits(char* to, std::uint64_t v) {
    for (unsigned i = 0; i < Bytes; ++i)
        std::memcpy(to + std::size_t{2} * i, hex_pairs.data() + 2 * (v >> (56U - 8U * i) & 0xFFU), 2);
}

}  // namespace

std::string uuid::str() const {
    std::string out(36, '-');
    char* const text = out.data();
    put_digits<4>(text, high);
    put_digits<2>(text + 9, high << 32U);
    put_digits<2>(text + 14, high << 48U);
    put_digits<2>(text + 19, low);
    put_digits<6>(text + 24, low << 16U);
    return out;
}

uuid make_uuid(rng& random) {
    constexpr std::uint64_t version = 0x4000, variant = 0x8000'0000'0000'0000ULL;
    uuid out{random.next_u64(), random.next_u64()};
    out.high = (out.high & ~0xF000ULL) | version;
    out.low = (out.low & ~0xC000'0000'0000'0000ULL) | variant;
    return out;
}

std::optional<uuid> parse_uuid(std::string_view text) {
    uuid out;
    int digits = 0;
    for (const char c : text) {
        if (c == '-') continue;
        const bool decimal = c >= '0' && c <= '9';
        if (!decimal && !(c >= 'a' && c <= 'f')) return std::nullopt;
        std::uint64_t& half = digits++ < 16 ? out.high : out.low;
        half = half << 4U | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
    }
    if (out.str() != text) return std::nullopt;
    return out;
}

}  // namespace trainyard::aws::local
