// The parts that the readers share: lines with numbers, and numbers in lines. Private to the folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/sim/read.hpp"

namespace trainyard::sim {

// Takes the lines of a text, without their ends (\n or \r\n).
class line_reader {
public:
    explicit line_reader(std::string_view text) : rest_(text) {}
    bool next(std::string_view& line);
    std::size_t number() const { return number_; }  // of the last line, from 1

private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

error bad_line(const read_options& o, std::size_t line, const std::string& what);

std::string_view trimmed(std::string_view s);
// The whole text is a finite number.
std::optional<double> number_of(std::string_view s);
// The whole text is a whole number that fits; "8.0" is one.
std::optional<std::int64_t> whole_of(std::string_view s);
// Seconds, or ISO 8601 as seconds since 1970, within seconds_max.
std::optional<double> time_of(std::string_view s);

void leave_out(workload& w, const read_options& o, std::size_t line, std::string_view why);
// The checks that end every reader: limits, at least one job, order.
result<workload> finish(workload w, const read_options& o);

}  // namespace trainyard::sim
