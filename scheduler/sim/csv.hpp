// RFC 4180 records: quotes, doubled quotes, line ends inside quotes. Private to the folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::sim {

class csv_reader {
public:
    explicit csv_reader(std::string_view text) : rest_(text) {}
    // The next record's fields; false at the end. Errors: an open quote, text behind a closing quote, a field
    // or a record beyond the limits of read.hpp; the caller adds the line.
    result<bool> next(std::vector<std::string>& fields);
    std::size_t line() const { return line_; }  // where the last record began, from 1

private:
    result<void> quoted(std::string& field);
    std::string_view rest_;
    std::size_t line_ = 0, next_line_ = 1;
};

}  // namespace trainyard::sim
