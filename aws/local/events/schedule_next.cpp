// When a schedule fires next.
#include <algorithm>

#include "aws/local/events/schedule.hpp"

namespace trainyard::aws::local::events {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;
using std::chrono::year_month_day_last;

sys_days day_of(wall_time t) {
    return sys_days{std::chrono::floor<days>(t.time_since_epoch())};
}

bool is_working_day(sys_days d) {
    const unsigned w = weekday{d}.c_encoding();  // 0: Sunday
    return w != 0 && w != 6;
}

sys_days last_of_month(const year_month_day& d) {
    return sys_days{year_month_day_last{d.year(), std::chrono::month_day_last{d.month()}}};
}

// The working day nearest to the `wanted` day of the month of `d`, without leaving the month.
sys_days nearest_working_day(const year_month_day& d, unsigned wanted) {
    const sys_days last = last_of_month(d), first{d.year() / d.month() / day{1}};
    const sys_days target = std::min(first + days{wanted - 1}, last);
    for (const int offset : {0, -1, 1, -2, 2}) {
        const sys_days candidate = target + days{offset};
        if (candidate >= first && candidate <= last && is_working_day(candidate)) return candidate;
    }
    return target;
}

sys_days last_working_day(const year_month_day& d) {
    sys_days out = last_of_month(d);
    while (!is_working_day(out)) out -= days{1};
    return out;
}

bool fires_on(const cron_schedule& c, sys_days when) {
    const year_month_day d{when};
    const int year = static_cast<int>(d.year());
    if (year < first_cron_year || year > last_cron_year) return false;
    if (!c.years[static_cast<std::size_t>(year - first_cron_year)]) return false;
    if (!c.months[static_cast<unsigned>(d.month())]) return false;
    const auto number = static_cast<unsigned>(d.day());
    if (!c.by_weekday) {
        if (c.days[number] || (c.last_day && when == last_of_month(d))) return true;
        if (c.last_weekday_day && when == last_working_day(d)) return true;
        return c.nearest_weekday != 0 && when == nearest_working_day(d, c.nearest_weekday);
    }
    const unsigned w = weekday{when}.c_encoding() + 1;
    if (c.weekdays[w]) return true;
    return std::any_of(c.nths.begin(), c.nths.end(), [&](const cron_schedule::nth& n) {
        if (n.weekday != w) return false;
        return n.which == 0 ? when + days{7} > last_of_month(d) : (number - 1) / 7 + 1 == n.which;
    });
}

wall_time at(sys_days d, unsigned hour, unsigned minute) {
    return wall_time{d.time_since_epoch() + std::chrono::hours{hour} + std::chrono::minutes{minute}};
}

std::optional<wall_time> next(const cron_schedule& c, wall_time after) {
    const sys_days first = day_of(after);
    const sys_days last{std::chrono::year{last_cron_year} / std::chrono::December / day{31}};
    for (sys_days d = first; d <= last; d += days{1}) {
        if (!fires_on(c, d)) continue;
        for (unsigned hour = 0; hour < 24; ++hour) {
            if (!c.hours[hour]) continue;
            for (unsigned minute = 0; minute < 60; ++minute)
                if (c.minutes[minute] && at(d, hour, minute) > after) return at(d, hour, minute);
        }
    }
    return std::nullopt;
}

std::optional<wall_time> next(const rate_schedule& r, wall_time anchor, wall_time after) {
    if (after < anchor) return anchor + r.period;
    const auto passed = (after - anchor) / duration{r.period};
    return anchor + (passed + 1) * duration{r.period};
}

}  // namespace

std::optional<wall_time> next_fire_time(const schedule& s, wall_time anchor, wall_time after) {
    if (const auto* r = std::get_if<rate_schedule>(&s)) return next(*r, anchor, after);
    return next(std::get<cron_schedule>(s), std::max(anchor, after));
}

}  // namespace trainyard::aws::local::events
