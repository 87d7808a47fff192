#include "engine/base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "engine/base/encoding.hpp"

namespace trainyard {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;

constexpr std::array<std::string_view, 7> weekday_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// What a wall_time can hold; a peer may send any number.
constexpr std::int64_t millis_max = std::chrono::floor<milliseconds>(duration::max()).count();

struct civil {
    int year;
    unsigned month, day, weekday;
    int hour, minute, second;
};

civil to_civil(wall_time t) {
    const auto since = floor<std::chrono::seconds>(t.time_since_epoch());
    const auto day_count = floor<days>(since);
    const sys_days date{day_count};
    const std::chrono::year_month_day ymd{date};
    const auto in_day = (since - day_count).count();
    return {int(ymd.year()),
            unsigned(ymd.month()),
            unsigned(ymd.day()),
            std::chrono::weekday{date}.c_encoding(),
            static_cast<int>(in_day / 3600),
            static_cast<int>(in_day / 60 % 60),
            static_cast<int>(in_day % 60)};
}

std::optional<wall_time> from_civil(int year, int month, int day, int hour, int minute, int second) {
    const std::chrono::year_month_day ymd{std::chrono::year{year},
                                          std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(day)}};
    // 1700 and 2261 keep the nanosecond count inside 64 bits.
    if (!ymd.ok() || year < 1700 || year > 2261 || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    const auto seconds = sys_days{ymd}.time_since_epoch() + std::chrono::hours{hour} +
                         std::chrono::minutes{minute} + std::chrono::seconds{second};
    return wall_time{std::chrono::duration_cast<duration>(seconds)};
}

// Reads exactly `digits` decimal digits at `pos`; -1 when they are not all digits.
int digits_at(std::string_view text, std::size_t pos, std::size_t digits) {
    if (pos + digits > text.size()) return -1;
    int value = 0;
    for (std::size_t i = pos; i < pos + digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

error bad_time(std::string_view text) {
    return {errc::invalid_argument, fmt::format("'{}' is not a time", printable(text, 64))};
}

}  // namespace

wall_time from_unix_seconds(double seconds) {
    constexpr auto edge = static_cast<double>(millis_max);
    if (std::isnan(seconds)) return wall_time{};
    return from_unix_millis(std::llround(std::clamp(seconds * 1000.0, -edge, edge)));
}
wall_time from_unix_millis(std::int64_t millis) {
    return wall_time{milliseconds{std::clamp(millis, -millis_max, millis_max)}};
}
double to_unix_seconds(wall_time t) {
    return static_cast<double>(to_unix_millis(t)) / 1000.0;
}
std::int64_t to_unix_millis(wall_time t) {
    return floor<milliseconds>(t.time_since_epoch()).count();
}

std::string to_iso8601(wall_time t) {
    const civil c = to_civil(t);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                       c.second);
}

std::string to_iso8601_basic(wall_time t) {
    const civil c = to_civil(t);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                       c.second);
}

std::string to_http_date(wall_time t) {
    const civil c = to_civil(t);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekday_names[c.weekday], c.day,
                       month_names[c.month - 1], c.year, c.hour, c.minute, c.second);
}

result<wall_time> parse_iso8601(std::string_view text) {
    const bool extended = text.size() > 4 && text[4] == '-';
    const auto at = [&](std::size_t ext, std::size_t basic, std::size_t n) {
        return digits_at(text, extended ? ext : basic, n);
    };
    const int year = digits_at(text, 0, 4), month = at(5, 4, 2), day = at(8, 6, 2);
    const int hour = at(11, 9, 2), minute = at(14, 11, 2), second = at(17, 13, 2);
    const std::size_t end = extended ? 19 : 15;
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || text.size() <= end)
        return bad_time(text);
    const bool separators =
        extended ? text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':' : text[8] == 'T';
    auto t = from_civil(year, month, day, hour, minute, second);
    if (!separators || !t) return bad_time(text);
    std::size_t pos = end;
    if (extended && text[pos] == '.') {
        if (digits_at(text, pos + 1, 1) < 0) return bad_time(text);
        std::int64_t unit = 100'000'000;
        for (++pos; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, unit /= 10)
            *t += duration{unit * (text[pos] - '0')};
    }
    const std::string_view zone = text.substr(pos);
    if (zone == "Z") return *t;
    const int zone_hours = digits_at(zone, 1, 2), zone_minutes = digits_at(zone, 4, 2);
    if (!extended || zone.size() != 6 || zone[3] != ':' || (zone[0] != '+' && zone[0] != '-') ||
        zone_hours < 0 || zone_hours > 23 || zone_minutes < 0 || zone_minutes > 59)
        return bad_time(text);
    const auto offset = std::chrono::hours{zone_hours} + std::chrono::minutes{zone_minutes};
    return zone[0] == '+' ? *t - offset : *t + offset;
}

result<wall_time> parse_http_date(std::string_view text) {
    // Sat, 31 Jan 2026 23:59:59 GMT
    if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
        text[16] != ' ' || text[19] != ':' || text[22] != ':' || text.substr(25) != " GMT")
        return bad_time(text);
    int month = 0;
    for (std::size_t i = 0; i < month_names.size(); ++i)
        if (month_names[i] == text.substr(8, 3)) month = static_cast<int>(i) + 1;
    const int day = digits_at(text, 5, 2), year = digits_at(text, 12, 4);
    const int hour = digits_at(text, 17, 2), minute = digits_at(text, 20, 2), second = digits_at(text, 23, 2);
    if (month == 0 || day < 0 || year < 0 || hour < 0 || minute < 0 || second < 0) return bad_time(text);
    const auto t = from_civil(year, month, day, hour, minute, second);
    // Another weekday than the date's: a corrupt header, and skew is corrected by it.
    const auto midnight = from_civil(year, month, day, 0, 0, 0);
    if (!t || text.substr(0, 3) != weekday_names[to_civil(*midnight).weekday]) return bad_time(text);
    return *t;
}

}  // namespace trainyard
