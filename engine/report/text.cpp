#include "engine/report/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "engine/base/encoding.hpp"

namespace trainyard::report {
namespace {

struct step {
    double from;
    double divisor;
    std::string_view name;
};

std::string with_commas(std::string digits) {
    const std::size_t begin = digits.starts_with('-') ? 1 : 0;
    for (std::size_t at = digits.size(); at > begin + 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

// Three significant digits without an exponent and without zeros at the end; whole numbers whole.
std::string digits(double v) {
    const double size = std::abs(v);
    if (size >= 100) return with_commas(fmt::format("{:.0f}", v));
    std::string text = fmt::format("{:.{}f}", v, size >= 10 ? 1 : size >= 1 ? 2 : 4);
    if (size > 0 && size < 0.01) return fmt::format("{:.3g}", v);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text == "-0" ? "0" : text;
}

template <std::size_t N>
std::string scaled(double v, const std::array<step, N>& steps, std::string_view smallest) {
    for (const step& s : steps)
        if (std::abs(v) >= s.from) return fmt::format("{} {}", digits(v / s.divisor), s.name);
    return smallest.empty() ? digits(v) : fmt::format("{} {}", digits(v), smallest);
}

constexpr std::array<step, 3> large{{{1e12, 1e12, "T"}, {1e9, 1e9, "G"}, {1e6, 1e6, "M"}}};
constexpr std::array<step, 7> times{{{172800, 86400, "d"},
                                     {7200, 3600, "h"},
                                     {120, 60, "min"},
                                     {1, 1, "s"},
                                     {1e-3, 1e-3, "ms"},
                                     {1e-6, 1e-6, "us"},
                                     {1e-12, 1e-9, "ns"}}};
constexpr std::array<step, 4> sizes{
    {{0x1p40, 0x1p40, "TiB"}, {0x1p30, 0x1p30, "GiB"}, {0x1p20, 0x1p20, "MiB"}, {0x1p10, 0x1p10, "KiB"}}};

}  // namespace

std::string format(double value, report::unit u) {
    if (!std::isfinite(value)) return "-";
    switch (u) {
        case unit::plain:
            return std::abs(value) >= 1e15 ? fmt::format("{:.3g}", value) : scaled(value, large, "");
        case unit::seconds: return scaled(value, times, "s");
        case unit::bytes: return scaled(value, sizes, "B");
        case unit::percent: return digits(value * 100) + " %";
    }
    return {};
}

std::string escape(std::string_view text, std::size_t max) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    std::string out;
    out.reserve(text.size());
    const bool cut = text.size() > max;
    if (cut) text = text.substr(0, max);
    while (!text.empty()) {
        const std::size_t good = utf8_prefix(text);
        for (const char c : text.substr(0, good)) {
            switch (c) {
                case '&': out += "&amp;"; break;
                case '<': out += "&lt;"; break;
                case '>': out += "&gt;"; break;
                case '"': out += "&quot;"; break;
                case '\'': out += "&#39;"; break;
                case '\t':
                case '\n':
                case '\r': out += ' '; break;
                default:
                    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
                        out += replacement;
                    else
                        out += c;
            }
        }
        text.remove_prefix(good);
        if (text.empty()) break;
        // The cut may have halved the last character; anything else was not UTF-8 to begin with.
        if (!(cut && text.size() < 4)) out += replacement;
        text.remove_prefix(1);
    }
    if (cut) out += "...";
    return out;
}

}  // namespace trainyard::report
