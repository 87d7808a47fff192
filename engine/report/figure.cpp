#include "engine/report/figure.hpp"

#include <fmt/format.h>

#include <cmath>

#include "engine/report/text.hpp"

namespace trainyard::report {

std::string coordinate(double v) {
    const std::string text = fmt::format("{:.1f}", v);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string style_class(std::size_t series) {
    return fmt::format("s{}{}", series % 8, series / 8 % 2 == 1 ? " dashed" : "");
}

std::string open_figure(std::string_view title, const std::vector<std::string>& legend, const frame& f) {
    std::string out = fmt::format("<figure>\n<figcaption>{}</figcaption>\n", escape(title));
    // One series needs no key; its name is in the title or on the axis.
    if (legend.size() > 1) {
        out += "<ul class=\"legend\">";
        for (std::size_t i = 0; i < legend.size(); ++i)
            out += fmt::format(
                "<li><svg class=\"key\" viewBox=\"0 0 24 8\"><path class=\"line {}\" d=\"M0 4H24\"/></svg>{}"
                "</li>",
                style_class(i), escape(legend[i]));
        out += "</ul>\n";
    }
    out += fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", coordinate(f.width),
                       coordinate(f.height), escape(title));
    return out;
}

std::string close_figure(std::string_view note) {
    std::string out = "</svg>\n";
    if (!note.empty()) out += fmt::format("<p class=\"note\">{}</p>\n", escape(note, 4 * text_max));
    return out + "</figure>\n";
}

std::string x_axis(const frame& f, const std::vector<ruler::tick>& ticks, const std::vector<double>& places,
                   std::string_view title) {
    std::string out;
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        const std::string x = coordinate(f.x(places[i]));
        out += fmt::format(
            "<path class=\"grid\" d=\"M{} {}V{}\"/><text class=\"mid\" x=\"{}\" y=\"{}\">{}</text>\n", x,
            coordinate(f.y(1)), coordinate(f.y(0)), x, coordinate(f.y(0) + 16), escape(ticks[i].label));
    }
    if (!title.empty())
        out += fmt::format("<text class=\"mid title\" x=\"{}\" y=\"{}\">{}</text>\n", coordinate(f.x(0.5)),
                           coordinate(f.height - 6), escape(title));
    return out;
}

std::string y_axis(const frame& f, const ruler& r, std::string_view title) {
    std::string out;
    for (const ruler::tick& t : r.ticks()) {
        const std::string y = coordinate(f.y(r.place(t.value)));
        out += fmt::format(
            "<path class=\"grid\" d=\"M{} {}H{}\"/><text class=\"end\" x=\"{}\" y=\"{}\">{}</text>\n",
            coordinate(f.x(0)), y, coordinate(f.x(1)), coordinate(f.left - 6),
            coordinate(f.y(r.place(t.value)) + 4), escape(t.label));
    }
    if (!title.empty())
        out += fmt::format("<text class=\"mid title\" transform=\"translate(12 {}) rotate(-90)\">{}</text>\n",
                           coordinate(f.y(0.5)), escape(title));
    return out;
}

}  // namespace trainyard::report
