#include "engine/report/downsample.hpp"

#include <algorithm>
#include <cmath>

namespace trainyard::report {

std::vector<point> downsample(std::span<const point> points, std::size_t columns) {
    if (columns == 0 || points.size() <= 4 * columns) return {points.begin(), points.end()};
    std::vector<point> out;
    out.reserve(4 * columns);
    const double first = points.front().x, width = points.back().x - first;
    const auto column_of = [&](std::size_t i) {
        const double at = width > 0 ? (points[i].x - first) / width : 0;
        return std::min(columns - 1,
                        static_cast<std::size_t>(std::max(0.0, at * static_cast<double>(columns))));
    };
    for (std::size_t begin = 0; begin < points.size();) {
        const std::size_t column = column_of(begin);
        std::size_t end = begin, low = begin, high = begin, gap = points.size();
        for (; end < points.size() && column_of(end) == column; ++end) {
            if (!std::isfinite(points[end].y)) gap = end;
            if (points[end].y < points[low].y) low = end;
            if (points[end].y > points[high].y) high = end;
        }
        // A gap is more telling than how far the line went beside it.
        if (gap != points.size()) low = high = gap;
        std::size_t keep[4]{begin, std::min(low, high), std::max(low, high), end - 1};
        const auto last = std::unique(std::begin(keep), std::end(keep));
        for (auto k = std::begin(keep); k != last; ++k) out.push_back(points[*k]);
        begin = end;
    }
    return out;
}

}  // namespace trainyard::report
