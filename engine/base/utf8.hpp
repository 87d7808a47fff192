// One character of UTF-8 at a time; encoding.hpp has what looks at whole texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trainyard {

// How many bytes the first character takes; 0 when the text does not begin with well-formed UTF-8.
inline std::size_t utf8_sequence(std::string_view text) {
    if (text.empty()) return 0;
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    std::size_t more = 0;
    std::uint32_t value = 0, least = 0;
    if (first >= 0xC2 && first <= 0xDF) {
        more = 1, value = first & 0x1FU, least = 0x80;
    } else if (first >= 0xE0 && first <= 0xEF) {
        more = 2, value = first & 0x0FU, least = 0x800;
    } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3, value = first & 0x07U, least = 0x10000;
    }
    if (more == 0 || more >= text.size()) return 0;
    for (std::size_t k = 1; k <= more; ++k) {
        const auto c = static_cast<unsigned char>(text[k]);
        if ((c & 0xC0U) != 0x80U) return 0;
        value = value << 6U | (c & 0x3FU);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
    return more + 1;
}

}  // namespace trainyard
