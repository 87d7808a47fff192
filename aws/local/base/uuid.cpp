#include "aws/local/base/uuid.hpp"

#include <array>
#include <string_view>

namespace trainyard::aws::local {

std::string uuid::str() const {
    constexpr std::string_view digits = "0123456789abcdef";
    // Where the digits of each byte stand.
    constexpr std::array<std::size_t, 16> places{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    std::string out(36, '-');
    char* const text = out.data();
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::uint64_t half = i < 8 ? high : low;
        const auto byte = static_cast<unsigned char>(half >> (56U - 8U * (i % 8)));
        text[places[i]] = digits[byte >> 4U];
        text[places[i] + 1] = digits[byte & 15U];
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
