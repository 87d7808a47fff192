#include "scheduler/sim/csv.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/sim/read.hpp"

namespace trainyard::sim {

result<void> csv_reader::quoted(std::string& field) {
    rest_.remove_prefix(1);
    for (;;) {
        const std::size_t quote = rest_.find('"');
        if (quote == std::string_view::npos) return error{errc::invalid_argument, "a quote is not closed"};
        const std::string_view part = rest_.substr(0, quote);
        next_line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
        field += part;
        if (field.size() > line_bytes_max)
            return error{errc::invalid_argument, fmt::format("a field longer than {} bytes", line_bytes_max)};
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) break;
        field += '"';
        rest_.remove_prefix(1);
    }
    if (!rest_.empty() && rest_.find_first_of(",\r\n") != 0)
        return error{errc::invalid_argument, "text behind a closing quote"};
    return {};
}

result<bool> csv_reader::next(std::vector<std::string>& fields) {
    // Empty lines at the end, or between records, are none.
    while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) {
        rest_.remove_prefix(rest_.starts_with('\n') ? 1 : 2);
        ++next_line_;
    }
    line_ = next_line_;
    if (rest_.empty()) return false;
    std::size_t count = 0;
    for (bool more = true; more;) {
        if (count == columns_max)
            return error{errc::invalid_argument, fmt::format("more than {} columns", columns_max)};
        // Strings are used again: a file has millions of fields.
        if (count == fields.size()) fields.emplace_back();
        std::string& field = fields[count++];
        field.clear();
        if (rest_.starts_with('"')) {
            if (auto q = quoted(field); !q) return q.error();
        } else {
            const std::size_t end = std::min(rest_.size(), rest_.find_first_of(",\n"));
            if (end > line_bytes_max)
                return error{errc::invalid_argument,
                             fmt::format("a field longer than {} bytes", line_bytes_max)};
            field = rest_.substr(0, end);
            rest_.remove_prefix(end);
            if (field.ends_with('\r') && !rest_.starts_with(',')) field.pop_back();
        }
        if (rest_.starts_with('\r')) rest_.remove_prefix(1);
        more = rest_.starts_with(',');
        if (!rest_.empty()) rest_.remove_prefix(1);
    }
    ++next_line_;
    fields.resize(count);
    return true;
}

}  // namespace trainyard::sim
