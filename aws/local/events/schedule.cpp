#include "aws/local/events/schedule.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <string>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
constexpr std::int64_t max_rate_minutes = std::int64_t{10} * 366 * 24 * 60;  // ten years; AWS names no bound

error bad(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

std::optional<unsigned> number(std::string_view text) {
    unsigned out = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto next = text.find(at);
        out.push_back(text.substr(0, next));
        if (next == std::string_view::npos) return out;
        text.remove_prefix(next + 1);
    }
}

struct field {
    std::string_view name;
    unsigned low, high;
    std::span<const std::string_view> names{};  // of low, low + 1...

    result<unsigned> value(std::string_view text) const {
        auto n = number(text);
        std::string upper{text};
        for (char& c : upper)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        for (unsigned i = 0; i < names.size(); ++i)
            if (names[i] == upper) n = low + i;
        if (!n || *n < low || *n > high)
            return bad(
                fmt::format("{} is no value of {}, which is {} to {}", printable(text), name, low, high));
        return *n;
    }

    // `*`, 5, 1-5, FRI-MON, */15, 0/10, 1-30/5. A range that ends before it starts goes around.
    template <class Set>
    result<void> range(std::string_view text, Set set) const {
        const auto parts = split(text, '/');
        if (parts.size() > 2) return bad(fmt::format("{} has two increments in {}", printable(text), name));
        unsigned from = low, to = high;
        if (parts[0] != "*") {
            const auto ends = split(parts[0], '-');
            if (ends.size() > 2) return bad(fmt::format("{} is no range of {}", printable(text), name));
            const auto first = value(ends[0]);
            if (!first) return first.error();
            const auto last = ends.size() == 2 ? value(ends[1]) : parts.size() == 2 ? high : first;
            if (!last) return last.error();
            from = *first;
            to = *last;
        }
        unsigned step = 1;
        if (parts.size() == 2) {
            const auto n = number(parts[1]);
            if (!n || *n == 0 || *n > high)
                return bad(fmt::format("{} has no increment of 1 to {} in {}", printable(text), high, name));
            step = *n;
        }
        const unsigned width = to >= from ? to - from : high - low + 1 - (from - to);
        for (unsigned i = 0; i <= width; i += step) {
            const unsigned n = from + i;
            set(n > high ? n - (high - low + 1) : n);
        }
        return {};
    }

    template <class Set>
    result<void> list(std::string_view text, Set set) const {
        for (const std::string_view each : split(text, ','))
            if (const auto read = range(each, set); !read) return read.error();
        return {};
    }
};

constexpr field minute_field{"minutes", 0, 59}, hour_field{"hours", 0, 23}, day_field{"day-of-month", 1, 31},
    month_field{"month", 1, 12, month_names}, weekday_field{"day-of-week", 1, 7, weekday_names},
    year_field{"year", first_cron_year, last_cron_year};

result<void> read_day(std::string_view text, cron_schedule& out) {
    if (text == "LW") {
        out.last_weekday_day = true;
        return {};
    }
    if (text == "L") {
        out.last_day = true;
        return {};
    }
    if (text.ends_with('W')) {
        const auto day = day_field.value(text.substr(0, text.size() - 1));
        if (!day) return day.error();
        out.nearest_weekday = *day;
        return {};
    }
    return day_field.range(text, [&](unsigned n) { out.days.set(n); });
}

result<void> read_weekday(std::string_view text, cron_schedule& out) {
    const auto hash = text.find('#');
    if (hash != std::string_view::npos) {
        const auto weekday = weekday_field.value(text.substr(0, hash));
        if (!weekday) return weekday.error();
        const auto which = number(text.substr(hash + 1));
        if (!which || *which < 1 || *which > 5)
            return bad(fmt::format("{} names no week of 1 to 5", printable(text)));
        out.nths.push_back({*weekday, *which});
        return {};
    }
    if (text == "L") {  // the last day of the week
        out.weekdays.set(7);
        return {};
    }
    if (text.ends_with('L')) {
        const auto weekday = weekday_field.value(text.substr(0, text.size() - 1));
        if (!weekday) return weekday.error();
        out.nths.push_back({*weekday, 0});
        return {};
    }
    return weekday_field.range(text, [&](unsigned n) { out.weekdays.set(n); });
}

result<schedule> parse_rate(std::string_view inside) {
    const auto words = split(inside, ' ');
    if (words.size() != 2) return bad("a rate is a value and a unit");
    const auto value = number(words[0]);
    if (!value || *value == 0) return bad("the value of a rate is a positive number");
    std::string_view unit = words[1];
    if ((*value == 1) == unit.ends_with('s')) return bad("the unit is singular for 1, else plural");
    if (unit.ends_with('s')) unit.remove_suffix(1);
    std::int64_t minutes = 0;
    if (unit == "minute") minutes = 1;
    if (unit == "hour") minutes = 60;
    if (unit == "day") minutes = std::int64_t{24} * 60;
    if (minutes == 0) return bad("the unit of a rate is minute, hour or day");
    if (*value > max_rate_minutes / minutes) return bad("the rate is longer than ten years");
    return schedule{rate_schedule{std::chrono::minutes{minutes * *value}}};
}

result<schedule> parse_cron(std::string_view inside) {
    std::vector<std::string_view> fields;
    for (const std::string_view word : split(inside, ' '))
        if (!word.empty()) fields.push_back(word);
    if (fields.size() != 6) return bad("a cron has six fields");
    if ((fields[2] == "?") == (fields[4] == "?"))
        return bad("one of day-of-month and day-of-week is ?, and only one");
    cron_schedule out;
    out.by_weekday = fields[2] == "?";
    if (const auto r = minute_field.list(fields[0], [&](unsigned n) { out.minutes.set(n); }); !r)
        return r.error();
    if (const auto r = hour_field.list(fields[1], [&](unsigned n) { out.hours.set(n); }); !r)
        return r.error();
    if (const auto r = month_field.list(fields[3], [&](unsigned n) { out.months.set(n); }); !r)
        return r.error();
    if (const auto r = year_field.list(fields[5], [&](unsigned n) { out.years.set(n - first_cron_year); });
        !r)
        return r.error();
    for (const std::string_view each : split(fields[out.by_weekday ? 4 : 2], ',')) {
        const auto read = out.by_weekday ? read_weekday(each, out) : read_day(each, out);
        if (!read) return read.error();
    }
    return schedule{std::move(out)};
}

}  // namespace

result<schedule> parse_schedule(std::string_view expression) {
    const bool rate = expression.starts_with("rate("), cron = expression.starts_with("cron(");
    if ((!rate && !cron) || !expression.ends_with(')')) return bad("an expression is rate(...) or cron(...)");
    const std::string_view inside = expression.substr(5, expression.size() - 6);
    return rate ? parse_rate(inside) : parse_cron(inside);
}

}  // namespace trainyard::aws::local::events
