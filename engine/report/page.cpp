#include "engine/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::report {
namespace {

// Colours: Okabe and Ito's, which the colour-blind can tell apart, darkened or lightened for contrast.
constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --grid: #d8dee4; --paper: #ffffff; --stripe: #f6f8fa;
 --c0: #0062a3; --c1: #c2500a; --c2: #00795a; --c3: #a8437f; --c4: #7a6000; --c5: #2f8fc4; --c6: #454c54;
 --c7: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4ae; --grid: #30363d; --paper: #0d1117;
 --stripe: #161b22; --c0: #58a6ff; --c1: #ff9a52; --c2: #3ddc97; --c3: #f29bd4; --c4: #e3c53a; --c5: #a5d6ff;
 --c6: #c9d1d9; --c7: #ff7b72; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
 margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
.subtitle, .note { color: var(--soft); } .note { font-size: 0.85rem; margin: 0.2rem 0; }
figure { margin: 1.4rem 0; } figcaption, caption { font-weight: 600; text-align: left; padding-bottom: 0.3rem; }
figure > svg { display: block; width: 100%; height: auto; }
text { font: 11px system-ui, sans-serif; fill: var(--soft); } text.mid { text-anchor: middle; }
text.end { text-anchor: end; } text.title { fill: var(--ink); }
.grid { stroke: var(--grid); stroke-width: 1; fill: none; }
.whisker { stroke: var(--ink); stroke-width: 1; fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .line.dashed { stroke-dasharray: 5 3; }
.bar.dashed { fill-opacity: 0.55; }
.line.s0 { stroke: var(--c0); } .line.s1 { stroke: var(--c1); } .line.s2 { stroke: var(--c2); }
.line.s3 { stroke: var(--c3); } .line.s4 { stroke: var(--c4); } .line.s5 { stroke: var(--c5); }
.line.s6 { stroke: var(--c6); } .line.s7 { stroke: var(--c7); }
.bar.s0 { fill: var(--c0); } .bar.s1 { fill: var(--c1); } .bar.s2 { fill: var(--c2); } .bar.s3 { fill: var(--c3); }
.bar.s4 { fill: var(--c4); } .bar.s5 { fill: var(--c5); } .bar.s6 { fill: var(--c6); } .bar.s7 { fill: var(--c7); }
.legend { list-style: none; padding: 0; margin: 0 0 0.3rem; display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem;
 font-size: 0.85rem; } .key { width: 24px; height: 8px; margin-right: 0.4rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; }
th, td { padding: 0.25rem 0.7rem; text-align: left; border-bottom: 1px solid var(--grid); vertical-align: top; }
tbody tr:nth-child(even) { background: var(--stripe); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { body { max-width: none; } figure, tr { break-inside: avoid; } }
)";

std::string cell(std::string_view tag, std::string_view text, bool number) {
    return fmt::format("<{0}{1}>{2}</{0}>", tag, number ? " class=\"number\"" : "", escape(text));
}

}  // namespace

page::page(std::string_view title, std::string_view subtitle)
    : title_(escape(title)), body_(fmt::format("<h1>{}</h1>\n", title_)) {
    if (!subtitle.empty()) body_ += fmt::format("<p class=\"subtitle\">{}</p>\n", escape(subtitle));
}

page& page::heading(std::string_view text) {
    body_ += fmt::format("<h2>{}</h2>\n", escape(text));
    return *this;
}

page& page::paragraph(std::string_view text) {
    body_ += fmt::format("<p>{}</p>\n", escape(text, 10 * text_max));
    return *this;
}

page& page::manifest(const std::vector<std::pair<std::string, std::string>>& lines) {
    table t{.title = {}, .columns = {{"", false}, {"", false}}, .rows = {}, .note = {}};
    for (const auto& [key, value] : lines) t.rows.push_back({key, value});
    return add(t);
}

page& page::add(const table& t) {
    body_ += "<div class=\"wide\"><table>\n";
    if (!t.title.empty()) body_ += fmt::format("<caption>{}</caption>\n", escape(t.title));
    const std::size_t columns = std::min(t.columns.size(), table_columns_max);
    const std::size_t rows = std::min(t.rows.size(), table_rows_max);
    if (std::ranges::any_of(t.columns, [](const column& c) { return !c.title.empty(); })) {
        body_ += "<thead><tr>";
        for (std::size_t c = 0; c < columns; ++c)
            body_ += cell("th", t.columns[c].title, t.columns[c].number);
        body_ += "</tr></thead>\n";
    }
    body_ += "<tbody>\n";
    for (std::size_t r = 0; r < rows; ++r) {
        body_ += "<tr>";
        for (std::size_t c = 0; c < columns; ++c)
            body_ += cell("td", c < t.rows[r].size() ? std::string_view{t.rows[r][c]} : std::string_view{},
                          t.columns[c].number);
        body_ += "</tr>\n";
    }
    body_ += "</tbody></table></div>\n";
    std::string note = t.note;
    if (rows < t.rows.size() || columns < t.columns.size())
        note += fmt::format("{}The first {} of {} rows and {} of {} columns.", note.empty() ? "" : " ", rows,
                            t.rows.size(), columns, t.columns.size());
    if (!note.empty()) body_ += fmt::format("<p class=\"note\">{}</p>\n", escape(note, 4 * text_max));
    return *this;
}

page& page::add(const line_plot& p) {
    body_ += to_html(p);
    return *this;
}
page& page::add(const bar_plot& p) {
    body_ += to_html(p);
    return *this;
}
page& page::add(const percentile_plot& p) {
    body_ += to_html(p);
    return *this;
}

std::string page::html() const {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        title_, style, body_);
}

}  // namespace trainyard::report
