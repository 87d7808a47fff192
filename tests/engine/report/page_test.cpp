#include "engine/report/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include <cmath>

namespace trainyard::report {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string evil = "<script>alert('x')</script>\"&\x01\xFF";

page full_page() {
    page p{evil, evil};
    p.manifest({{"version", "1"}, {evil, evil}}).heading(evil).paragraph(evil);
    p.add(table{evil, {{"name", false}, {evil}}, {{evil, "1"}, {"short"}}, evil});
    line l{evil, {}};
    for (int i = 0; i < 5000; ++i) l.points.push_back({i * 1.0, i % 7 == 0 ? std::nan("") : i * 0.5});
    p.add(line_plot{evil, evil, {.title = evil}, {.title = evil}, {l, l}});
    p.add(bar_plot{evil, evil, {.title = evil}, {evil, evil}, {{evil, {{1, 0.5}, {2}}}}});
    p.add(percentile_plot{evil, evil, {.title = evil}, {distribution_of(evil, {1, 2, 3})}});
    return p;
}

TEST(report_page, is_well_formed_whatever_the_text) {
    const std::string html = full_page().html();
    pugi::xml_document doc;
    const auto parsed = doc.load_buffer(html.data(), html.size(), pugi::parse_default | pugi::parse_doctype);
    ASSERT_TRUE(parsed) << parsed.description() << " at "
                        << html.substr(static_cast<std::size_t>(parsed.offset), 80);
    EXPECT_EQ(doc.select_nodes("//figure").size(), 3U);
    EXPECT_EQ(doc.select_nodes("//table").size(), 2U);
    EXPECT_EQ(doc.select_nodes("//script").size(), 0U);
    EXPECT_EQ(doc.select_nodes("//tbody/tr").size(), 4U);
    EXPECT_STREQ(doc.select_node("//head/title").node().child_value(),
                 "<script>alert('x')</script>\"&\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(report_page, asks_for_nothing_from_elsewhere) {
    const std::string html = full_page().html();
    EXPECT_THAT(html, HasSubstr("default-src 'none'"));
    for (const char* outside : {"http://", "https://", "src=", "href=", "@import", "url("})
        EXPECT_THAT(html, Not(HasSubstr(outside)));
}

TEST(report_page, reads_in_the_dark_and_repeats_byte_for_byte) {
    EXPECT_THAT(full_page().html(), HasSubstr("prefers-color-scheme: dark"));
    EXPECT_EQ(full_page().html(), full_page().html());
}

TEST(report_page, long_tables_say_what_is_missing) {
    table t{"", {{"n"}}, {}, ""};
    for (std::size_t i = 0; i < table_rows_max; ++i) t.rows.push_back({std::to_string(i)});
    EXPECT_THAT(page{"a"}.add(t).html(), Not(HasSubstr("rows and")));
    t.rows.push_back({"one more"});
    const std::string html = page{"a"}.add(t).html();
    EXPECT_THAT(html, HasSubstr("The first 2000 of 2001 rows and 1 of 1 columns."));
    EXPECT_THAT(html, Not(HasSubstr("one more")));
}

}  // namespace
}  // namespace trainyard::report
