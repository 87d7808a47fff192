#include <gtest/gtest.h>

#include "aws/local/events/schedule.hpp"

namespace trainyard::aws::local::events {
namespace {

wall_time at(const char* text) {
    return *parse_iso8601(text);
}

// The five next times, as dates and minutes.
std::string next_times(const std::string& expression, const char* after, int count) {
    const auto read = parse_schedule(expression);
    EXPECT_TRUE(read) << expression << ": " << (read ? "" : read.error().message);
    std::string out;
    if (!read) return out;
    wall_time now = at(after);
    for (int i = 0; i < count; ++i) {
        const auto next = next_fire_time(*read, at(after), now);
        if (!next) return out + " never";
        out += (out.empty() ? "" : " ") + to_iso8601(*next).substr(0, 16);
        now = *next;
    }
    return out;
}

TEST(schedule_test, next_times) {
    struct row {
        const char *expression, *after, *times;
    };
    const row rows[] = {
        // From the user guide's table of examples.
        {"cron(0 10 * * ? *)", "2026-01-31T09:59:59Z", "2026-01-31T10:00 2026-02-01T10:00"},
        {"cron(15 12 * * ? *)", "2026-01-31T12:15:00Z", "2026-02-01T12:15 2026-02-02T12:15"},
        {"cron(0 18 ? * MON-FRI *)", "2026-01-30T18:00:00Z", "2026-02-02T18:00 2026-02-03T18:00"},
        {"cron(0 8 1 * ? *)", "2026-01-31T00:00:00Z", "2026-02-01T08:00 2026-03-01T08:00"},
        {"cron(0/15 * * * ? *)", "2026-01-01T00:01:00Z", "2026-01-01T00:15 2026-01-01T00:30"},
        {"cron(0/10 * ? * MON-FRI *)", "2026-01-02T23:55:00Z", "2026-01-05T00:00 2026-01-05T00:10"},
        {"cron(0/5 8-17 ? * MON-FRI *)", "2026-01-02T17:54:00Z", "2026-01-02T17:55 2026-01-05T08:00"},
        {"cron(0/30 20-2 ? * MON-FRI *)", "2026-01-05T02:29:00Z", "2026-01-05T02:30 2026-01-05T20:00"},
        // Its special characters.
        {"cron(0 0 L * ? *)", "2028-02-01T00:00:00Z", "2028-02-29T00:00 2028-03-31T00:00"},
        {"cron(0 0 LW * ? *)", "2026-01-01T00:00:00Z", "2026-01-30T00:00 2026-02-27T00:00"},
        {"cron(0 0 3W * ? *)", "2026-01-01T00:00:00Z", "2026-01-02T00:00 2026-02-03T00:00"},
        {"cron(0 0 1W * ? *)", "2026-07-31T00:00:00Z", "2026-08-03T00:00 2026-09-01T00:00"},
        {"cron(0 0 ? * 6#3 *)", "2026-01-01T00:00:00Z", "2026-01-16T00:00 2026-02-20T00:00"},
        {"cron(0 0 ? * 6L *)", "2026-01-01T00:00:00Z", "2026-01-30T00:00 2026-02-27T00:00"},
        {"cron(0 0 ? * L *)", "2026-01-01T00:00:00Z", "2026-01-03T00:00 2026-01-10T00:00"},
        {"cron(30 6 29 2 ? *)", "2026-01-01T00:00:00Z", "2028-02-29T06:30 2032-02-29T06:30"},
        {"cron(0 12 1 JAN,jul ? 2027)", "2026-01-01T00:00:00Z", "2027-01-01T12:00 2027-07-01T12:00"},
        {"cron(0 12 1 1 ? 2027)", "2026-01-01T00:00:00Z", "2027-01-01T12:00 never"},
        {"cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", " never"},
        {"cron(0 0 1 1 ? 2020-2025)", "2026-01-01T00:00:00Z", " never"},
        {"rate(1 minute)", "2026-01-01T00:00:30Z", "2026-01-01T00:01 2026-01-01T00:02"},
        {"rate(5 minutes)", "2026-01-01T00:00:00Z", "2026-01-01T00:05 2026-01-01T00:10"},
        {"rate(1 hour)", "2026-01-01T00:00:00Z", "2026-01-01T01:00 2026-01-01T02:00"},
        {"rate(7 days)", "2026-01-01T00:00:00Z", "2026-01-08T00:00 2026-01-15T00:00"},
    };
    for (const row& r : rows) EXPECT_EQ(next_times(r.expression, r.after, 2), r.times) << r.expression;
}

TEST(schedule_test, a_rate_keeps_its_beat) {
    const auto five = parse_schedule("rate(5 minutes)");
    ASSERT_TRUE(five);
    const wall_time anchor = at("2026-01-01T00:00:07Z");
    EXPECT_EQ(to_iso8601(*next_fire_time(*five, anchor, at("2026-01-01T01:02:03Z"))), "2026-01-01T01:05:07Z");
    EXPECT_EQ(to_iso8601(*next_fire_time(*five, anchor, at("2026-01-01T01:05:07Z"))), "2026-01-01T01:10:07Z");
}

TEST(schedule_test, refusals) {
    for (const char* text : {"",
                             "rate()",
                             "rate(5)",
                             "rate(0 minutes)",
                             "rate(1 minutes)",
                             "rate(5 minute)",
                             "rate(5 seconds)",
                             "rate(-1 minutes)",
                             "rate(5  minutes)",
                             " rate(5 minutes)",
                             "rate(5 minutes",
                             "rate(99999999999 days)",
                             "cron()",
                             "cron(* * * * *)",
                             "cron(0 10 * * * *)",
                             "cron(0 10 ? * ? *)",
                             "cron(60 * * * ? *)",
                             "cron(* 24 * * ? *)",
                             "cron(* * 0 * ? *)",
                             "cron(* * 32 * ? *)",
                             "cron(* * * 13 ? *)",
                             "cron(* * ? * 8 *)",
                             "cron(* * ? * 6#6 *)",
                             "cron(* * * * ? 1969)",
                             "cron(* * * * ? 2200)",
                             "cron(0/0 * * * ? *)",
                             "cron(a * * * ? *)",
                             "cron(1-2-3 * * * ? *)",
                             "cron(1, * * * ? *)",
                             "cron(* * 0W * ? *)",
                             "at(2026-01-01)"})
        EXPECT_FALSE(parse_schedule(text)) << text;
}

}  // namespace
}  // namespace trainyard::aws::local::events
