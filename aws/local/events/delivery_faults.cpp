#include "aws/local/events/delivery_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

template <class Number>
std::optional<Number> read(std::string_view text) {
    Number out{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// `unit` where the text has none of its own.
std::optional<duration> read_time(std::string_view text, std::string_view unit) {
    for (const std::string_view own : {"ms", "s", "m"})
        if (text.ends_with(own)) {
            unit = own;
            text.remove_suffix(own.size());
            break;
        }
    const auto n = read<double>(text);
    if (!n || *n < 0) return std::nullopt;
    const double seconds = unit == "ms" ? *n / 1e3 : unit == "m" ? *n * 60 : *n;
    if (!(seconds <= std::chrono::duration<double>{max_delivery_delay}.count())) return std::nullopt;
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>{seconds});
}

bool read_delay(std::string_view text, delivery_faults& out) {
    const auto dots = text.find("..");
    const std::string_view high = dots == std::string_view::npos ? text : text.substr(dots + 2);
    // "0..5s": the unit of the end is that of both.
    const std::string_view unit = high.ends_with("ms") ? "ms" : high.ends_with('m') ? "m" : "s";
    const auto a = read_time(text.substr(0, dots), unit), b = read_time(high, unit);
    if (!a || !b || *b < *a) return false;
    out.delay_low = *a;
    out.delay_high = *b;
    return true;
}

}  // namespace

result<delivery_faults> parse_delivery_faults(std::string_view text) {
    delivery_faults out;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const auto equals = part.find('=');
        const std::string_view name = part.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
        double* const chance = name == "loss"        ? &out.loss
                               : name == "duplicate" ? &out.duplicate
                               : name == "failure"   ? &out.failure
                               : name == "reorder"   ? &out.reorder
                                                     : nullptr;
        bool good = false;
        if (chance != nullptr) {
            const auto p = read<double>(value);
            good = p && *p >= 0 && *p <= 1;
            if (good) *chance = *p;
        } else if (name == "delay") {
            good = read_delay(value, out);
        } else if (name == "seed") {
            const auto seed = read<std::uint64_t>(value);
            good = seed.has_value();
            if (good) out.seed = *seed;
        }
        if (!good)
            return error{
                errc::invalid_argument,
                fmt::format("\"{}\" is neither loss, duplicate, failure or reorder with a probability, delay "
                            "with times up to an hour (0..5s), nor seed with a number",
                            printable(part))};
    }
    return out;
}

}  // namespace trainyard::aws::local::events
