#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/report/figure.hpp"
#include "engine/report/plot.hpp"

namespace trainyard::report {
namespace {

constexpr double bar_height = 14, group_gap = 10;
constexpr std::size_t name_shown = 34;  // characters beside a bar; the tooltip has all of it

struct layout {
    std::size_t groups = 0, series = 0;
    double height() const {
        return static_cast<double>(groups) * (static_cast<double>(series) * bar_height + group_gap);
    }
};

layout fit(const bar_plot& p) {
    layout l{p.groups.size(), std::min(std::max<std::size_t>(1, p.series.size()), lines_max)};
    l.groups = std::min(l.groups, bars_max / l.series);
    return l;
}

std::string whisker(const frame& f, const ruler& r, const bar& b, double middle) {
    const std::string from = coordinate(f.x(r.place(b.value - b.spread))),
                      to = coordinate(f.x(r.place(b.value + b.spread)));
    return fmt::format("<path class=\"whisker\" d=\"M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}\"/>", from, to,
                       coordinate(middle), coordinate(middle - 3), coordinate(middle + 3));
}

std::string shortened(std::string_view name) {
    // Long names tell most at their ends: the common beginning is what they share.
    if (name.size() <= name_shown) return escape(name);
    return "..." + escape(name.substr(name.size() - name_shown + 3));
}

}  // namespace

std::string to_html(const bar_plot& p) {
    const layout l = fit(p);
    double least = std::numeric_limits<double>::infinity(), most = -least;
    std::size_t longest = 4;
    for (std::size_t g = 0; g < l.groups; ++g) {
        longest = std::max(longest, std::min(name_shown, p.groups[g].name.size()));
        for (const bar& b : p.groups[g].bars) {
            if (!std::isfinite(b.value) || (p.value.scale == scale::log && b.value <= 0)) continue;
            least = std::min(least, b.value);
            most = std::max(most, b.value + std::max(0.0, b.spread));
        }
    }
    axis a = p.value;
    // A bar's length is its value: it begins at 0.
    if (a.scale == scale::linear && !a.low && !(least < 0)) a.low = 0;
    const ruler r{a, least, most, 6};
    frame f;
    f.left = 16 + 6.6 * static_cast<double>(longest);
    f.right = 60;
    f.height = l.height() + f.top + f.bottom;
    std::vector<double> places;
    for (const ruler::tick& t : r.ticks()) places.push_back(r.place(t.value));
    std::vector<std::string> legend(p.series.begin(), p.series.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                             l.series, p.series.size())));
    std::string out = open_figure(p.title, legend, f);
    out += x_axis(f, r.ticks(), places, a.title);
    const double zero = f.x(r.place(0));
    double y = f.top + group_gap / 2;
    for (std::size_t g = 0; g < l.groups; ++g, y += group_gap) {
        const bar_plot::group& group = p.groups[g];
        out += fmt::format("<text class=\"end\" x=\"{}\" y=\"{}\">{}<title>{}</title></text>\n",
                           coordinate(f.left - 6),
                           coordinate(y + static_cast<double>(l.series) * bar_height / 2 + 4),
                           shortened(group.name), escape(group.name));
        for (std::size_t s = 0; s < l.series; ++s, y += bar_height) {
            if (s >= group.bars.size() || !std::isfinite(group.bars[s].value)) continue;
            const bar& b = group.bars[s];
            const double end = f.x(r.place(b.value)), from = std::min(zero, end);
            const std::string text = format(b.value, a.unit);
            out += fmt::format(
                "<rect class=\"bar {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}: "
                "{}</title></rect>",
                style_class(s), coordinate(from), coordinate(y + 1), coordinate(std::abs(end - zero)),
                coordinate(bar_height - 2), escape(s < p.series.size() ? p.series[s] : group.name),
                escape(text));
            if (b.spread > 0) out += whisker(f, r, b, y + bar_height / 2);
            const double beside = b.spread > 0 ? f.x(r.place(b.value + b.spread)) : std::max(zero, end);
            out += fmt::format("<text class=\"value\" x=\"{}\" y=\"{}\">{}</text>\n", coordinate(beside + 4),
                               coordinate(y + bar_height / 2 + 4), escape(text));
        }
    }
    std::string note = p.note;
    if (l.groups < p.groups.size())
        note +=
            fmt::format("{}{} of {} groups are drawn.", note.empty() ? "" : " ", l.groups, p.groups.size());
    return out + close_figure(note);
}

}  // namespace trainyard::report
