#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::json {
namespace {

using namespace std::string_literals;

TEST(json_writer, writes_every_kind) {
    writer w;
    w.begin_object()
        .member("s", "a\"\\\n\x01/\xc3\xa9")
        .member("i", std::int64_t{-5})
        .member("z", std::size_t{7})
        .member("t", true)
        .key("n")
        .null()
        .key("a")
        .begin_array()
        .integer(1)
        .number(0.5)
        .number_text("1e400")
        .begin_object()
        .end_object()
        .end_array()
        .end_object();
    EXPECT_EQ(w.text(),
              "{\"s\":\"a\\\"\\\\\\n\\u0001/"
              "\xc3\xa9\",\"i\":-5,\"z\":7,\"t\":true,\"n\":null,\"a\":[1,0.5,1e400,{}]}");
}

TEST(json_writer, text_can_be_asked_twice_and_taken_once) {
    writer w;
    w.string("x");
    EXPECT_EQ(w.text(), "\"x\"");
    EXPECT_EQ(w.text(), "\"x\"");
    EXPECT_EQ(w.take(), "\"x\"");
}

TEST(json_writer, doubles_read_back_the_same) {
    const auto written = [](double v) {
        writer w;
        w.number(v);
        return w.take();
    };
    EXPECT_EQ(written(1735689600), "1735689600");
    EXPECT_EQ(written(1735689600.123), "1735689600.123");
    EXPECT_EQ(written(0.1), "0.1");
    rng r{11};
    for (int i = 0; i < 2000; ++i) {
        const double v = std::ldexp(r.unit() - 0.5, static_cast<int>(r.between(-300, 300)));
        ASSERT_EQ(document::parse(written(v)).value().root().number(), v) << written(v);
    }
}

TEST(json_writer, invalid_utf8_becomes_replacement_characters) {
    const std::string fffd = "\xef\xbf\xbd";
    writer w;
    w.begin_object()
        .member("k\xff",
                "a\xc3(\xe1\x88"
                "b\xe1\x88\xb4\x80"s)
        .end_object();
    EXPECT_EQ(w.text(), "{\"k" + fffd + "\":\"a" + fffd + "(" + fffd + fffd + "b\xe1\x88\xb4" + fffd + "\"}");
    EXPECT_TRUE(document::parse(w.text()).has_value());
}

TEST(json_writer, escapes_every_byte_wherever_it_stands) {
    for (int c = 1; c < 0x80; ++c)
        for (std::size_t at = 0; at < 18; ++at) {
            std::string text(18, '\x7f');
            text[at] = static_cast<char>(c);
            writer w;
            w.string(text);
            for (const char written : w.text()) ASSERT_GE(written, 0x20) << c;
            ASSERT_EQ(document::parse(w.text()).value().root().string(), text) << c << " at " << at;
        }
}

TEST(json_writer, takes_empty_views) {
    writer w;
    w.begin_object().key(std::string_view{}).string(std::string_view{}).end_object();
    EXPECT_EQ(w.text(), R"({"":""})");
}

TEST(json_writer, copies_subtrees_as_they_stand) {
    const std::string text = R"({"a":[1.50,-0,{"b":null,"c":"\u0000x"}],"d":{},"e":[],"f":false})";
    const auto d = document::parse(text).value();
    EXPECT_EQ(to_text(d.root()), text);
    writer w;
    w.begin_array().copy(d.root().find("a").at(2)).copy(d.root().find("none")).end_array();
    EXPECT_EQ(w.text(), R"([{"b":null,"c":"\u0000x"},null])");
}

TEST(json_writer_death, a_wrong_order_of_calls_aborts) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(writer{}.begin_object().string("no key").null().end_object(), "out of order");
    EXPECT_DEATH(writer{}.begin_array().end_object(), "out of order");
    EXPECT_DEATH(writer{}.begin_object().key("k").end_object(), "out of order");
    EXPECT_DEATH(writer{}.null().null(), "out of order");
    EXPECT_DEATH(writer{}.begin_array().text(), "not complete");
    EXPECT_DEATH(writer{}.number(std::nan("")), "no NaN");
}

}  // namespace
}  // namespace trainyard::json
