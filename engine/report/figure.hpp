// The parts that all plots share: frame, grid, legend. Private to the folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/report/axis.hpp"

namespace trainyard::report {

struct frame {
    double width = 760, height = 340;
    double left = 74, right = 16, top = 10, bottom = 42;
    double inner_width() const { return width - left - right; }
    double inner_height() const { return height - top - bottom; }
    double x(double part) const { return left + part * inner_width(); }
    double y(double part) const { return height - bottom - part * inner_height(); }
};

std::string coordinate(double v);  // a tenth of a pixel is enough
std::string style_class(std::size_t series);

// <figure>, caption and legend, up to and with <svg>.
std::string open_figure(std::string_view title, const std::vector<std::string>& legend, const frame& f);
// </svg>, note, </figure>.
std::string close_figure(std::string_view note);

std::string x_axis(const frame& f, const std::vector<ruler::tick>& ticks, const std::vector<double>& places,
                   std::string_view title);
std::string y_axis(const frame& f, const ruler& r, std::string_view title);

}  // namespace trainyard::report
