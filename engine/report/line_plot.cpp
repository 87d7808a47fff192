#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/report/figure.hpp"
#include "engine/report/plot.hpp"

namespace trainyard::report {
namespace {

struct extent {
    double least = std::numeric_limits<double>::infinity();
    double most = -std::numeric_limits<double>::infinity();
    void add(double v, report::scale s) {
        if (!std::isfinite(v) || (s == scale::log && v <= 0)) return;
        least = std::min(least, v);
        most = std::max(most, v);
    }
};

// Points that are not finite end a stroke; the next one begins another. Points outside the axes are drawn at
// their edge.
std::string stroke(const line& l, const frame& f, const ruler& x, const ruler& y) {
    std::string d;
    bool down = false;
    for (const point& p : downsample(l.points, plot_columns)) {
        if (!std::isfinite(p.x) || !std::isfinite(p.y)) {
            down = false;
            continue;
        }
        const std::string px = coordinate(f.x(x.place(p.x))), py = coordinate(f.y(y.place(p.y)));
        if (!down)
            d += fmt::format("M{} {}", px, py);
        else if (l.steps)
            d += fmt::format("H{}V{}", px, py);
        else
            d += fmt::format("L{} {}", px, py);
        down = true;
    }
    return d;
}

std::string left_out(std::string_view note, std::size_t all, std::size_t most, std::string_view what) {
    if (all <= most) return std::string{note};
    return fmt::format("{}{}{} of {} {} are drawn.", note, note.empty() ? "" : " ", most, all, what);
}

std::vector<double> places_of(const ruler& r) {
    std::vector<double> out;
    for (const ruler::tick& t : r.ticks()) out.push_back(r.place(t.value));
    return out;
}

std::string draw(const line_plot& p, const frame& f, const ruler& x, const ruler& y,
                 const std::string& ticks) {
    const std::size_t count = std::min(p.lines.size(), lines_max);
    std::vector<std::string> legend;
    for (std::size_t i = 0; i < count; ++i) legend.push_back(p.lines[i].name);
    std::string out = open_figure(p.title, legend, f);
    out += ticks + y_axis(f, y, p.y.title);
    for (std::size_t i = 0; i < count; ++i)
        out += fmt::format("<path class=\"line {}\" d=\"{}\"><title>{}</title></path>\n", style_class(i),
                           stroke(p.lines[i], f, x, y), escape(p.lines[i].name));
    return out + close_figure(left_out(p.note, p.lines.size(), lines_max, "lines"));
}

}  // namespace

std::string to_html(const line_plot& p) {
    extent ex, ey;
    for (std::size_t i = 0; i < std::min(p.lines.size(), lines_max); ++i)
        for (const point& q : p.lines[i].points) {
            ex.add(q.x, p.x.scale);
            ey.add(q.y, p.y.scale);
        }
    const frame f;
    axis xa = p.x;
    // Time begins and ends with the data; rounding it up would leave an empty strip.
    if (std::isfinite(ex.least) && xa.scale == scale::linear) {
        if (!xa.low) xa.low = ex.least;
        if (!xa.high) xa.high = ex.most;
    }
    const ruler x{xa, ex.least, ex.most, 8}, y{p.y, ey.least, ey.most, 6};
    return draw(p, f, x, y, x_axis(f, x.ticks(), places_of(x), p.x.title));
}

std::string to_html(const percentile_plot& p) {
    // x is log(1 / what is left above): p0 at 1, p90 at 10, p99 at 100. The last decade ends the axis.
    const auto rest = [](double part) { return 1 / std::max(1e-9, 1 - part); };
    double most = 100;
    line_plot q{p.title, p.note, {.title = "percentile", .scale = scale::log}, p.value, {}};
    for (const distribution& d : p.curves) {
        line l{d.name, {}, false};
        for (const quantile& v : d.quantiles) {
            if (!(v.part >= 0 && v.part <= 1)) continue;
            l.points.push_back({v.part == 1 ? most : rest(v.part), v.value});
            if (v.part < 1) most = std::max(most, rest(v.part));
        }
        q.lines.push_back(std::move(l));
    }
    extent ey;
    for (const line& l : q.lines)
        for (const point& v : l.points) ey.add(v.y, p.value.scale);
    q.x.low = 1;
    q.x.high = most;
    const frame f;
    const ruler x{q.x, 1, most, 10}, y{p.value, ey.least, ey.most, 6};
    std::vector<ruler::tick> ticks{{1, "0"}, {2, "50"}};
    std::string label = "90";
    for (double at = 10; at <= most * 1.000001; at *= 10) {
        ticks.push_back({at, label});
        label = at == 10 ? "99" : at == 100 ? "99.9" : label + "9";
    }
    std::vector<double> places;
    for (const ruler::tick& t : ticks) places.push_back(x.place(t.value));
    return draw(q, f, x, y, x_axis(f, ticks, places, q.x.title));
}

distribution distribution_of(std::string name, std::vector<double> values) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    std::ranges::sort(values);
    distribution d{std::move(name), {}};
    if (values.empty()) return d;
    const auto at = [&](double part) {
        const double rank = std::ceil(part * static_cast<double>(values.size()));
        return values[std::min(values.size() - 1, static_cast<std::size_t>(std::max(1.0, rank)) - 1)];
    };
    // Twenty points a decade, as far as single values can be told apart.
    const double end = std::log10(static_cast<double>(values.size()));
    for (int i = 0; i / 20.0 <= end; ++i) {
        const double part = 1 - std::pow(10.0, -i / 20.0);
        d.quantiles.push_back({part, at(part)});
    }
    d.quantiles.push_back({1, values.back()});
    return d;
}

}  // namespace trainyard::report
