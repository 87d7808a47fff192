// Schedule expressions of rules: rate(5 minutes) and cron(0 10 * * ? *), in UTC. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::events {

inline constexpr int first_cron_year = 1970, last_cron_year = 2199;

struct rate_schedule {
    std::chrono::minutes period{1};
};

struct cron_schedule {
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<13> months;  // 1 to 12
    std::bitset<last_cron_year - first_cron_year + 1> years;

    bool by_weekday = false;        // else by day of month
    std::bitset<32> days;           // 1 to 31
    bool last_day = false;          // L
    unsigned nearest_weekday = 0;   // 3W: Monday to Friday nearest to the 3rd, in the same month; 0: none
    bool last_weekday_day = false;  // LW
    std::bitset<8> weekdays;        // 1 (Sunday) to 7
    struct nth {
        unsigned weekday = 0, which = 0;  // 6#3: the third Friday; 0: the last one (6L)
    };
    std::vector<nth> nths{};
};

using schedule = std::variant<rate_schedule, cron_schedule>;

// errc::invalid_argument; says which field is wrong.
result<schedule> parse_schedule(std::string_view expression);

// The first time after `after` at which a rule of that schedule, enabled at `anchor`, fires. A rate counts
// from the anchor. Nothing when a cron has no more days (up to its last year, 2199).
std::optional<wall_time> next_fire_time(const schedule& s, wall_time anchor, wall_time after);

}  // namespace trainyard::aws::local::events
