#include "aws/local/base/uuid.hpp"

#include <string_view>

namespace trainyard::aws::local {

std::string uuid::str() const {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr int half = 64, nibble = 4;
    std::string out = "00000000-0000-0000-0000-000000000000";
    int shift = 2 * half;
    for (char& c : out) {
        if (c == '-') continue;
        shift -= nibble;
        c = digits[(shift >= half ? high >> (shift - half) : low >> shift) & 15U];
    }
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
