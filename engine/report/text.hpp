// Text of a report: escaped for HTML and SVG, and numbers as people read them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trainyard::report {

inline constexpr std::size_t text_max =
    300;  // characters of one name, title or cell; longer ones end in "..."

// How a number reads.
enum class unit {
    plain,    // 1,234 and 12.3 M
    seconds,  // 150 us, 2.5 s, 3 h, 12 d
    bytes,    // 1.5 MiB
    percent,  // 0.25 is "25 %"
};

// Three to five significant digits; "-" for what is not finite.
std::string format(double value, report::unit u = report::unit::plain);

// For element content and attribute values in quotes. Bytes that are not UTF-8, and control characters, which
// XML forbids, become U+FFFD; cut to `max` bytes at a character's boundary.
std::string escape(std::string_view text, std::size_t max = text_max);

}  // namespace trainyard::report
