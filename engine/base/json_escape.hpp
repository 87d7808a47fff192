// The escape \uXXXX of a JSON string. Private to what reads JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace trainyard::json {

// Its code unit, and `at` behind it; nothing, and `at` where it was, when no such escape begins there.
inline std::optional<std::uint32_t> read_code_unit(const char*& at, const char* end) {
    constexpr std::ptrdiff_t unit_bytes = 6;
    if (end - at < unit_bytes || at[0] != '\\' || at[1] != 'u') return std::nullopt;
    std::uint32_t v = 0;
    for (std::size_t i = 2; i < unit_bytes; ++i) {
        const char c = at[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return std::nullopt;
        v = v << 4U | static_cast<std::uint32_t>(digit);
    }
    at += unit_bytes;
    return v;
}

// Writes the character of one escape, or of a pair of surrogates, to `to` as UTF-8, which is shorter; both
// move on. False for a malformed escape and a surrogate without its pair.
inline bool decode_unicode_escape(const char*& at, const char* end, char*& to) {
    const auto first = read_code_unit(at, end);
    if (!first || (*first >= 0xDC00 && *first < 0xE000)) return false;
    std::uint32_t v = *first;
    if (v >= 0xD800 && v < 0xDC00) {
        const auto second = read_code_unit(at, end);
        if (!second || *second < 0xDC00 || *second >= 0xE000) return false;
        v = 0x10000 + ((v - 0xD800) << 10U) + (*second - 0xDC00);
    }
    const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
    const auto put_tail = [&put](std::uint32_t bits) { put(0x80U | (bits & 0x3FU)); };
    if (v < 0x80) {
        put(v);
    } else if (v < 0x800) {
        put(0xC0U | v >> 6U), put_tail(v);
    } else if (v < 0x10000) {
        put(0xE0U | v >> 12U), put_tail(v >> 6U), put_tail(v);
    } else {
        put(0xF0U | v >> 18U), put_tail(v >> 12U), put_tail(v >> 6U), put_tail(v);
    }
    return true;
}

}  // namespace trainyard::json
