#include "engine/base/encoding.hpp"

#include <algorithm>
#include <array>

#include "engine/base/swar.hpp"

namespace trainyard {
namespace {

constexpr std::string_view lower_hex = "0123456789abcdef";
constexpr std::string_view upper_hex = "0123456789ABCDEF";
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr unsigned char no_digit = 0xFF;

// The value of each digit of base64.
constexpr std::array<unsigned char, 256> base64_values = [] {
    std::array<unsigned char, 256> out{};
    out.fill(no_digit);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
        out[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<unsigned char>(i);
    return out;
}();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string to_hex(std::span<const unsigned char> bytes) {
    std::string out(bytes.size() * 2, '\0');
    char* at = out.data();
    for (const unsigned char b : bytes) {
        *at++ = lower_hex[b >> 4];
        *at++ = lower_hex[b & 15];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string to_base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    char* at = out.data();
    for (std::size_t i = 0; i < bytes.size(); i += 3, at += 4) {
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t v = 0;
        for (std::size_t k = 0; k < 3; ++k)
            v = v << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k <= n; ++k) at[k] = base64_alphabet[v >> (18 - 6 * k) & 63];
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t v = 0;
        std::size_t pad = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const char c = text[i + k];
            if (c == '=') {
                // Padding stands only in the last two places of the last group.
                if (i + 4 != text.size() || k < 2) return std::nullopt;
                ++pad;
                v <<= 6;
                continue;
            }
            const unsigned char digit = base64_values[static_cast<unsigned char>(c)];
            if (digit == no_digit || pad > 0) return std::nullopt;
            v = v << 6 | digit;
        }
        // Bits that no byte takes must be 0, or two texts would stand for the same bytes.
        if ((v & ((1U << (8 * pad)) - 1)) != 0) return std::nullopt;
        for (std::size_t k = 0; k < 3 - pad; ++k) out.push_back(static_cast<char>(v >> (16 - 8 * k) & 255));
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    for (const char c : text) {
        if (is_unreserved(c)) {
            out.push_back(c);
            continue;
        }
        const auto b = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(upper_hex[b >> 4]);
        out.push_back(upper_hex[b & 15]);
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        } else {
            out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

std::size_t utf8_prefix(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        // Most text is ASCII.
        if (text.size() - i >= swar::word_bytes && swar::above_ascii(swar::load(text.data() + i)) == 0) {
            i += swar::word_bytes;
            continue;
        }
        const auto b = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        std::uint32_t value = 0, least = 0;
        if (b < 0x80) {
            ++i;
            continue;
        } else if (b >= 0xC2 && b <= 0xDF) {
            more = 1, value = b & 0x1FU, least = 0x80;
        } else if (b >= 0xE0 && b <= 0xEF) {
            more = 2, value = b & 0x0FU, least = 0x800;
        } else if (b >= 0xF0 && b <= 0xF4) {
            more = 3, value = b & 0x07U, least = 0x10000;
        } else {
            return i;
        }
        if (i + more >= text.size()) return i;
        for (std::size_t k = 1; k <= more; ++k) {
            const auto c = static_cast<unsigned char>(text[i + k]);
            if ((c & 0xC0U) != 0x80U) return i;
            value = value << 6 | (c & 0x3FU);
        }
        if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return i;
        i += more + 1;
    }
    return text.size();
}

bool is_utf8(std::string_view text) {
    return utf8_prefix(text) == text.size();
}

std::string printable(std::string_view text, std::size_t max) {
    std::string out;
    for (const char c : text) {
        if (out.size() >= max) {
            out += "...";
            break;
        }
        const auto b = static_cast<unsigned char>(c);
        if (b >= 0x20 && b < 0x7F) {
            out.push_back(c);
        } else {
            out += "\\x";
            out.push_back(lower_hex[b >> 4]);
            out.push_back(lower_hex[b & 15]);
        }
    }
    return out;
}

}  // namespace trainyard
