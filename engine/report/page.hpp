// A report as one self-contained HTML file: sections of text, tables and plots, in the order of the calls.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/plot.hpp"

namespace trainyard::report {

inline constexpr std::size_t table_rows_max = 2'000;
inline constexpr std::size_t table_columns_max = 40;

struct column {
    std::string title{};
    bool number = true;  // right-aligned
};

struct table {
    std::string title{};
    std::vector<report::column> columns{};
    std::vector<std::vector<std::string>> rows{};  // short rows end in empty cells
    std::string note{};
};

class page {
public:
    explicit page(std::string_view title, std::string_view subtitle = {});

    // A new section.
    page& heading(std::string_view text);
    page& paragraph(std::string_view text);
    // What was measured, with what: keys and values in two columns.
    page& manifest(const std::vector<std::pair<std::string, std::string>>& lines);
    page& add(const table& t);
    page& add(const line_plot& p);
    page& add(const bar_plot& p);
    page& add(const percentile_plot& p);

    // The document so far.
    std::string html() const;

private:
    std::string title_, body_;
};

}  // namespace trainyard::report
