// What can be plotted, as plain values. to_html() gives a <figure>: title, legend, one SVG, a note. The text
// is the same for the same input; it relies on the style sheet of `page`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/report/axis.hpp"
#include "engine/report/downsample.hpp"

namespace trainyard::report {

inline constexpr std::size_t lines_max = 16;      // in one plot: 8 colours, then the same dashed
inline constexpr std::size_t bars_max = 200;      // in one plot
inline constexpr std::size_t plot_columns = 640;  // of a line; see downsample.hpp

struct line {
    std::string name{};
    std::vector<point> points{};  // x ascends; a y that is not finite leaves a gap
    bool steps = false;           // the value holds until the next point
};

struct line_plot {
    std::string title{};
    std::string note{};  // a sentence below the plot, or nothing
    axis x{}, y{};
    std::vector<line> lines{};
};

struct bar {
    double value = 0;   // not finite: no bar
    double spread = 0;  // above 0: a whisker from value - spread to value + spread
};

// Bars lie: one row for each series in each group, so that long names fit.
struct bar_plot {
    struct group {
        std::string name{};
        std::vector<bar> bars{};  // one for each series, in their order
    };
    std::string title{}, note{};
    axis value{};
    std::vector<std::string> series{};
    std::vector<group> groups{};
};

// A distribution by its quantiles, so that its tail can be read: x is logarithmic in what is left above.
struct quantile {
    double part = 0;  // of the values that are at most `value`: 0.99 for p99; ascends
    double value = 0;
};
struct distribution {
    std::string name{};
    std::vector<quantile> quantiles{};
};
struct percentile_plot {
    std::string title{}, note{};
    axis value{};
    std::vector<distribution> curves{};
};

// The quantiles that a plot needs, by nearest rank; values that are not finite are left out.
distribution distribution_of(std::string name, std::vector<double> values);

std::string to_html(const line_plot& p);
std::string to_html(const bar_plot& p);
std::string to_html(const percentile_plot& p);

}  // namespace trainyard::report
