// Fewer points of a line that draw the same picture: of each column of the plot the first, the lowest, the
// highest and the last point (M4: Jugel, Jerzak, Hackenbroich, Markl, VLDB 2014).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace trainyard::report {

struct point {
    double x = 0, y = 0;
};

// At most 4 x `columns` points, in order; all of them when they are no more than that. `points` must ascend
// in x; those that are not finite count as extremes of their column and are kept as gaps.
std::vector<point> downsample(std::span<const point> points, std::size_t columns);

}  // namespace trainyard::report
