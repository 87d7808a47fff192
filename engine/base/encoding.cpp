#include "engine/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/swar.hpp"
#include "engine/base/utf8.hpp"

namespace trainyard {
namespace {

constexpr std::string_view lower_hex = "0123456789abcdef";
constexpr std::string_view upper_hex = "0123456789ABCDEF";
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr unsigned char no_digit = 0xFF, no_digit_bit = 0x80;

// The value of each digit of base64.
constexpr std::array<unsigned char, 256> base64_values = [] {
    std::array<unsigned char, 256> out{};
    out.fill(no_digit);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
        out[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<unsigned char>(i);
    return out;
}();

// The two digits of each byte.
constexpr std::array<char, 512> hex_pairs = [] {
    std::array<char, 512> out{};
    for (std::size_t b = 0; b < 256; ++b) out[2 * b] = lower_hex[b >> 4], out[2 * b + 1] = lower_hex[b & 15];
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
        std::memcpy(at, hex_pairs.data() + std::size_t{2} * b, 2);
        at += 2;
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
    const auto byte = [&bytes](std::size_t i) -> std::uint32_t {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
    };
    for (std::size_t i = 0; i < bytes.size(); i += 3, at += 4) {
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        const std::uint32_t v = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
        at[0] = base64_alphabet[v >> 18U];
        at[1] = base64_alphabet[v >> 12U & 63U];
        if (n > 1) at[2] = base64_alphabet[v >> 6U & 63U];
        if (n > 2) at[3] = base64_alphabet[v & 63U];
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    // Padding stands only in the last two places of the last group.
    std::size_t pad = 0;
    while (pad < 2 && pad < text.size() && text[text.size() - 1 - pad] == '=') ++pad;
    std::string out(text.size() / 4 * 3, '\0');
    char* to = out.data();
    std::uint32_t wrong = 0;
    const char* at = text.data();
    const char* const digits_end = at + text.size() - pad;
    const auto digit = [&](std::size_t k) -> std::uint32_t {
        return at + k < digits_end ? base64_values[static_cast<unsigned char>(at[k])] : 0U;
    };
    const auto put = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
        wrong |= (a | b | c | d) & no_digit_bit;
        const std::uint32_t v = a << 18U | b << 12U | c << 6U | d;
        *to++ = static_cast<char>(v >> 16U);
        *to++ = static_cast<char>(v >> 8U);
        *to++ = static_cast<char>(v);
        return v;
    };
    for (; digits_end - at >= 4; at += 4) put(digit(0), digit(1), digit(2), digit(3));
    // Bits that no byte takes must be 0, or two texts would stand for the same bytes.
    if (pad > 0) wrong |= put(digit(0), digit(1), digit(2), digit(3)) & ((1U << (8 * pad)) - 1U);
    if (wrong != 0) return std::nullopt;
    out.resize(out.size() - pad);
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
        const std::size_t n = utf8_sequence(text.substr(i));
        if (n == 0) return i;
        i += n;
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
