// Text encodings that more than one room needs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trainyard {

std::string to_hex(std::span<const unsigned char> bytes);  // lower case
// Fails on odd length or a non-hex digit; accepts both cases.
std::optional<std::string> from_hex(std::string_view hex);

std::string to_base64(std::string_view bytes);                  // RFC 4648 section 4, padded
std::optional<std::string> from_base64(std::string_view text);  // strict: padding required, no white space

// RFC 3986: every byte outside A-Z a-z 0-9 - . _ ~ becomes %XX, upper case.
std::string percent_encode(std::string_view text);
// Fails on a '%' that two hex digits do not follow. `plus_is_space` is the form-encoding rule.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

// True when every byte sequence is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
// How many bytes from the front are: the size when all of them are.
std::size_t utf8_prefix(std::string_view text);

// For messages and logs: control characters and bytes outside ASCII become \xNN, cut to `max` characters with
// "...".
std::string printable(std::string_view text, std::size_t max = 200);

}  // namespace trainyard
