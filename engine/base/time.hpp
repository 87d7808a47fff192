// Two kinds of time that never mix: `mono_time` only measures (deadlines, leases, back-off) and never steps;
// `wall_time` is UTC (signatures, job timestamps) and may step. Nothing below engine/io reads a clock: pure
// code takes the time as an argument, drivers ask a `clock`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard {

using duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

struct mono_tag {};
struct wall_tag {};
using mono_time = std::chrono::time_point<mono_tag, duration>;  // since an arbitrary start
using wall_time = std::chrono::time_point<wall_tag, duration>;  // since 1970-01-01T00:00:00Z, 1678 to 2262

class clock {
public:
    virtual ~clock() = default;
    virtual mono_time mono() const = 0;
    virtual wall_time wall() const = 0;
};

// Tells the wall time of when it was made plus what has passed since: a step of the other's wall clock
// neither shortens nor lengthens what is waited for. The other outlives it.
class even_clock final : public clock {
public:
    explicit even_clock(const clock& of)
        : of_(of), ahead_(of.wall() - wall_time{of.mono().time_since_epoch()}) {}
    mono_time mono() const override { return of_.mono(); }
    wall_time wall() const override { return wall_time{of_.mono().time_since_epoch()} + ahead_; }

private:
    const clock& of_;
    duration ahead_;
};

// A clock that moves only when told; for tests and simulation.
class manual_clock final : public clock {
public:
    explicit manual_clock(wall_time start) : wall_(start) {}
    mono_time mono() const override { return mono_; }
    wall_time wall() const override { return wall_; }
    void advance(duration d) {
        mono_ += d;
        wall_ += d;
    }
    void step_wall(duration d) { wall_ += d; }

private:
    mono_time mono_{};
    wall_time wall_;
};

// Clamped to what a wall_time holds; NaN is the epoch.
wall_time from_unix_seconds(double seconds);
wall_time from_unix_millis(std::int64_t millis);
double to_unix_seconds(wall_time t);  // millisecond precision, as AWS JSON protocols send it
std::int64_t to_unix_millis(wall_time t);

std::string to_iso8601(wall_time t);        // 2026-01-31T23:59:59Z
std::string to_iso8601_basic(wall_time t);  // 20260131T235959Z, the form SigV4 signs
std::string to_http_date(wall_time t);      // Sat, 31 Jan 2026 23:59:59 GMT, RFC 9110 5.6.7

// Accepts 2026-01-31T23:59:59[.fraction](Z|+hh:mm) and the basic form 20260131T235959Z.
result<wall_time> parse_iso8601(std::string_view text);
// Accepts only the IMF-fixdate form of RFC 9110 5.6.7.
result<wall_time> parse_http_date(std::string_view text);

}  // namespace trainyard
