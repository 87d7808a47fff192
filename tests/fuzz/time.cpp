// Dates and numbers of time (engine/base/time.hpp).
#include "engine/base/time.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

constexpr std::int64_t millis_edge = std::chrono::floor<std::chrono::milliseconds>(duration::max()).count();

// Whatever a wall_time holds can be shown, and what is shown can be read where the parsers' years allow it.
void check_shown(wall_time t) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(t);
    const std::string extended = to_iso8601(t), basic = to_iso8601_basic(t), header = to_http_date(t);
    require(extended.size() == 20 && basic.size() == 16 && header.size() == 29, "the sizes of the forms");
    const int year = std::stoi(basic.substr(0, 4));
    if (year < 1700 || year > 2261) return;
    for (const auto& got : {parse_iso8601(extended), parse_iso8601(basic), parse_http_date(header)})
        require(got.has_value() && *got == whole, "what is shown reads as the same second");
}

void check_parsed(const result<wall_time>& got) {
    if (got)
        check_shown(*got);
    else
        require(got.error().code == errc::invalid_argument && is_one_line(got.error().message),
                "a refusal is of the text, in one line");
}

void check_number(std::string_view input) {
    double seconds = 0;
    if (input.size() < sizeof seconds) return;
    std::memcpy(&seconds, input.data(), sizeof seconds);
    const wall_time t = from_unix_seconds(seconds);
    check_shown(t);
    const double back = to_unix_seconds(t);
    require(!(seconds > -1e9 && seconds < 9.2e9) || std::abs(back - seconds) <= 0.001,
            "seconds come back to the millisecond");
    std::int64_t millis = 0;
    std::memcpy(&millis, input.data(), sizeof millis);
    const std::int64_t kept = to_unix_millis(from_unix_millis(millis));
    require(kept == std::clamp(millis, -millis_edge, millis_edge), "milliseconds come back, clamped");
}

}  // namespace

void run_time(std::string_view input) {
    check_parsed(parse_iso8601(input));
    const auto header = parse_http_date(input);
    check_parsed(header);
    if (header && input.substr(23, 2) != "60")
        require(to_http_date(*header) == input, "an HTTP date has one spelling");
    check_number(input);
}

}  // namespace trainyard::fuzz
