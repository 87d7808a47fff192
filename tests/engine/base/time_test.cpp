#include "engine/base/time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace trainyard {
namespace {

wall_time at(std::int64_t seconds) {
    return wall_time{std::chrono::seconds{seconds}};
}

TEST(time, is_written_in_three_forms) {
    const wall_time t = at(1769903999) + 999ms;
    EXPECT_EQ(to_iso8601(t), "2026-01-31T23:59:59Z");
    EXPECT_EQ(to_iso8601_basic(t), "20260131T235959Z");
    EXPECT_EQ(to_http_date(t), "Sat, 31 Jan 2026 23:59:59 GMT");
    EXPECT_EQ(to_http_date(at(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's example
}

TEST(time, before_the_epoch_rounds_down) {
    EXPECT_EQ(to_iso8601(wall_time{} - 1ms), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_unix_millis(wall_time{} - 1ns), -1);
}

TEST(time, every_form_reads_back) {
    // One per 41 days over 400 years, so that all months, leap and century years come by.
    for (std::int64_t s = -8'500'000'000; s < 9'200'000'000; s += 41 * 86'400 + 12'345) {
        const wall_time t = at(s);
        ASSERT_EQ(parse_iso8601(to_iso8601(t)).value(), t) << s;
        ASSERT_EQ(parse_iso8601(to_iso8601_basic(t)).value(), t) << s;
        ASSERT_EQ(parse_http_date(to_http_date(t)).value(), t) << s;
    }
}

TEST(time, fractions_and_zones) {
    const wall_time noon = at(1769860800);
    EXPECT_EQ(parse_iso8601("2026-01-31T12:00:00.5Z").value(), noon + 500ms);
    EXPECT_EQ(parse_iso8601("2026-01-31T12:00:00.123456789Z").value(), noon + 123456789ns);
    EXPECT_EQ(parse_iso8601("2026-01-31T12:00:00.1234567891234Z").value(), noon + 123456789ns);
    EXPECT_EQ(parse_iso8601("2026-01-31T13:30:00+01:30").value(), noon);
    EXPECT_EQ(parse_iso8601("2026-01-31T04:00:00.000-08:00").value(), noon);
}

TEST(time, leap_days_and_seconds) {
    EXPECT_TRUE(parse_iso8601("2024-02-29T00:00:00Z").has_value());
    EXPECT_TRUE(parse_iso8601("2000-02-29T00:00:00Z").has_value());
    EXPECT_FALSE(parse_iso8601("2026-02-29T00:00:00Z").has_value());
    EXPECT_FALSE(parse_iso8601("2100-02-29T00:00:00Z").has_value());
    // A leap second is the second after.
    EXPECT_EQ(parse_iso8601("2016-12-31T23:59:60Z").value(), parse_iso8601("2017-01-01T00:00:00Z").value());
}

TEST(time, bad_iso8601_is_refused) {
    for (const char* bad : {"",
                            "2026",
                            "2026-01-31",
                            "2026-01-31T12:00:00",
                            "2026-01-31 12:00:00Z",
                            "2026-1-31T12:00:00Z",
                            "2026-00-31T12:00:00Z",
                            "2026-13-31T12:00:00Z",
                            "2026-01-00T12:00:00Z",
                            "2026-01-32T12:00:00Z",
                            "2026-04-31T12:00:00Z",
                            "2026-01-31T24:00:00Z",
                            "2026-01-31T12:60:00Z",
                            "2026-01-31T12:00:61Z",
                            "2026-01-31T12:00:00z",
                            "2026-01-31T12:00:00.Z",
                            "2026-01-31T12:00:00.5",
                            "2026-01-31T12:00:00ZZ",
                            "2026-01-31T12:00:00+0100",
                            "2026-01-31T12:00:00+24:00",
                            "2026-01-31T12:00:00+01:60",
                            "2026-01-31T12:00:00+1:00",
                            "2026-01-31T12:00:00*01:00",
                            " 2026-01-31T12:00:00Z",
                            "2026-01-31T12-00-00Z",
                            "20260131T120000",
                            "20260131120000Z",
                            "20260131T120000.5Z",
                            "20260131T120000+01:00",
                            "20260131T1200Z",
                            "1699-12-31T00:00:00Z",
                            "2262-01-01T00:00:00Z",
                            "-026-01-31T12:00:00Z",
                            "+026-01-31T12:00:00Z"}) {
        const auto r = parse_iso8601(bad);
        ASSERT_FALSE(r.has_value()) << bad;
        EXPECT_EQ(r.error().code, errc::invalid_argument);
        EXPECT_NE(r.error().message.find(bad), std::string::npos);
    }
}

TEST(time, bad_http_date_is_refused) {
    ASSERT_TRUE(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").has_value());
    for (const char* bad :
         {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 6 Nov 1994 08:49:37 GMT", "Mon, 06 Nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
          "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 GMT "})
        EXPECT_FALSE(parse_http_date(bad).has_value()) << bad;
}

TEST(time, unix_times) {
    EXPECT_EQ(from_unix_seconds(1735689600.123), at(1735689600) + 123ms);
    EXPECT_DOUBLE_EQ(to_unix_seconds(at(1735689600) + 123'999us), 1735689600.123);
    EXPECT_EQ(to_unix_millis(from_unix_millis(-1)), -1);
}

// A peer may send any number as a timestamp.
TEST(time, numbers_out_of_range_are_clamped) {
    const std::int64_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000;
    EXPECT_EQ(to_unix_millis(from_unix_seconds(1e300)), last);
    EXPECT_EQ(to_unix_millis(from_unix_seconds(-1e300)), -last);
    EXPECT_EQ(to_unix_millis(from_unix_millis(std::numeric_limits<std::int64_t>::min())), -last);
    EXPECT_EQ(from_unix_seconds(std::numeric_limits<double>::quiet_NaN()), wall_time{});
}

TEST(manual_clock, moves_only_when_told) {
    manual_clock c{at(100)};
    c.advance(5s);
    EXPECT_EQ(c.wall(), at(105));
    EXPECT_EQ(c.mono(), mono_time{5s});
    c.step_wall(-60s);
    EXPECT_EQ(c.wall(), at(45));
    EXPECT_EQ(c.mono(), mono_time{5s});
}

TEST(even_clock, does_not_step) {
    manual_clock c{at(100)};
    c.advance(5s);
    const even_clock e{c};
    EXPECT_EQ(e.wall(), at(105));
    c.advance(5s);
    c.step_wall(-60s);
    EXPECT_EQ(e.wall(), at(110));
    c.step_wall(3600s);
    c.advance(1s);
    EXPECT_EQ(e.wall(), at(111));
    EXPECT_EQ(e.mono(), c.mono());
}

}  // namespace
}  // namespace trainyard
