#include "scheduler/sim/lines.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace trainyard::sim {

bool line_reader::next(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return true;
}

error bad_line(const read_options& o, std::size_t line, const std::string& what) {
    return {errc::invalid_argument, fmt::format("{}:{}: {}", o.file, line, what)};
}

std::string_view trimmed(std::string_view s) {
    constexpr std::string_view blank = " \t";
    const std::size_t from = s.find_first_not_of(blank);
    if (from == std::string_view::npos) return {};
    return s.substr(from, s.find_last_not_of(blank) - from + 1);
}

std::optional<double> number_of(std::string_view s) {
    double v = 0;
    if (s.starts_with('+')) s.remove_prefix(1);
    const auto [end, failed] = std::from_chars(s.data(), s.data() + s.size(), v);
    if (failed != std::errc{} || end != s.data() + s.size() || !std::isfinite(v)) return std::nullopt;
    return v;
}

std::optional<std::int64_t> whole_of(std::string_view s) {
    std::int64_t v = 0;
    const auto [end, failed] = std::from_chars(s.data(), s.data() + s.size(), v);
    if (failed == std::errc{} && end == s.data() + s.size()) return v;
    const auto real = number_of(s);
    if (!real || std::abs(*real) > 9e15 || *real != std::floor(*real)) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

std::optional<double> time_of(std::string_view s) {
    std::optional<double> seconds = number_of(s);
    if (!seconds && s.find('T') != std::string_view::npos)
        if (const auto t = parse_iso8601(s))
            seconds = static_cast<double>(t->time_since_epoch().count()) / 1e9;
    if (!seconds || std::abs(*seconds) > seconds_max) return std::nullopt;
    return seconds;
}

void leave_out(workload& w, const read_options& o, std::size_t line, std::string_view why) {
    if (w.left_out++ == 0) w.why_left_out = fmt::format("{}:{}: {}", o.file, line, why);
}

result<workload> finish(workload w, const read_options& o) {
    for (const name_list* names : {&w.tenants, &w.classes, &w.resources, &w.pools})
        if (names->size() > names_max)
            return error{errc::limit,
                         fmt::format("{}: more than {} tenants, classes, resources or pools; is the right "
                                     "column mapped?",
                                     o.file, names_max)};
    if (w.jobs.empty()) {
        const std::string why =
            w.left_out > 0 ? fmt::format("; {} were left out, the first: {}", w.left_out, w.why_left_out)
                           : std::string{};
        return error{errc::invalid_argument, fmt::format("{}: holds no job to simulate{}", o.file, why)};
    }
    sort_jobs(w);
    return w;
}

}  // namespace trainyard::sim
