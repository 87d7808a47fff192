#include "engine/report/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace trainyard::report {
namespace {

TEST(report_text, numbers_read_as_people_write_them) {
    EXPECT_EQ(format(0), "0");
    EXPECT_EQ(format(1234), "1,234");
    EXPECT_EQ(format(-1234.4), "-1,234");
    EXPECT_EQ(format(99.95), "100");
    EXPECT_EQ(format(12.34), "12.3");
    EXPECT_EQ(format(1.5), "1.5");
    EXPECT_EQ(format(0.25), "0.25");
    EXPECT_EQ(format(0.00012345), "0.000123");
    EXPECT_EQ(format(12'345'678), "12.3 M");
    EXPECT_EQ(format(3e9), "3 G");
    EXPECT_EQ(format(1e20), "1e+20");
    EXPECT_EQ(format(-0.0), "0");
    EXPECT_EQ(format(std::numeric_limits<double>::quiet_NaN()), "-");
    EXPECT_EQ(format(std::numeric_limits<double>::infinity(), unit::seconds), "-");
}

TEST(report_text, units_pick_their_own_scale) {
    EXPECT_EQ(format(0, unit::seconds), "0 s");
    EXPECT_EQ(format(150e-6, unit::seconds), "150 us");
    EXPECT_EQ(format(2e-9, unit::seconds), "2 ns");
    EXPECT_EQ(format(2.5, unit::seconds), "2.5 s");
    EXPECT_EQ(format(90, unit::seconds), "90 s");
    EXPECT_EQ(format(600, unit::seconds), "10 min");
    EXPECT_EQ(format(10800, unit::seconds), "3 h");
    EXPECT_EQ(format(86400.0 * 12, unit::seconds), "12 d");
    EXPECT_EQ(format(1536, unit::bytes), "1.5 KiB");
    EXPECT_EQ(format(17, unit::bytes), "17 B");
    EXPECT_EQ(format(0.25, unit::percent), "25 %");
}

TEST(report_text, escapes_what_html_would_read) {
    EXPECT_EQ(escape("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
    EXPECT_EQ(escape("tab\there"), "tab here");
    EXPECT_EQ(escape("bell\x07"), "bell\xEF\xBF\xBD");
    EXPECT_EQ(escape("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(escape("bad\xFFx"), "bad\xEF\xBF\xBDx");
}

TEST(report_text, cuts_long_text_between_characters) {
    EXPECT_EQ(escape("abcdef", 3), "abc...");
    EXPECT_EQ(escape("a\xC3\xBC", 2), "a...");
    EXPECT_EQ(escape(std::string(text_max, 'x')), std::string(text_max, 'x'));
    EXPECT_EQ(escape(std::string(text_max + 1, 'x')), std::string(text_max, 'x') + "...");
}

}  // namespace
}  // namespace trainyard::report
