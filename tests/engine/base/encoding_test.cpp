#include "engine/base/encoding.hpp"

#include <gtest/gtest.h>

#include "engine/base/rng.hpp"

namespace trainyard {
namespace {

using namespace std::string_literals;

std::string random_bytes(rng& r, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<char>(r.below(256)));
    return out;
}

TEST(encoding, every_form_reads_back) {
    rng r{1};
    for (std::size_t n = 0; n < 200; ++n) {
        const std::string bytes = random_bytes(r, n);
        const std::span<const unsigned char> view{reinterpret_cast<const unsigned char*>(bytes.data()),
                                                  bytes.size()};
        EXPECT_EQ(from_hex(to_hex(view)), bytes);
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
        EXPECT_EQ(percent_decode(percent_encode(bytes)), bytes);
        EXPECT_EQ(percent_decode(percent_encode(bytes), true), bytes);
    }
}

TEST(hex, known_answers) {
    const std::array<unsigned char, 3> bytes{0x00, 0x9f, 0xff};
    EXPECT_EQ(to_hex(bytes), "009fff");
    EXPECT_EQ(from_hex("009FfF"), "\x00\x9f\xff"s);
    for (const char* bad : {"0", "0g", "g0", " 0", "0x", "00 "})
        EXPECT_EQ(from_hex(bad), std::nullopt) << bad;
}

TEST(base64, rfc4648_vectors) {
    const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : cases) {
        EXPECT_EQ(to_base64(plain), encoded);
        EXPECT_EQ(from_base64(encoded), plain);
    }
    EXPECT_EQ(to_base64("\xfb\xff\xfe"), "+//+");
}

TEST(base64, is_strict) {
    for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Z=g=", "Zm9v\n", "Zm 9",
                            "Zm9-", "Zm9_", "Zm9v="})
        EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
}

// Two texts for one value would let a checksum or signature over the text be evaded.
TEST(base64, unused_bits_must_be_zero) {
    EXPECT_EQ(from_base64("Zh=="), std::nullopt);
    EXPECT_EQ(from_base64("Zm9="), std::nullopt);
}

TEST(percent, encodes_all_but_unreserved) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode(" /?&=+%\x00\xff"s), "%20%2F%3F%26%3D%2B%25%00%FF");
    EXPECT_EQ(percent_decode("a+b%20%e1%88%B4"), "a+b \xe1\x88\xb4");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
    for (const char* bad : {"%", "%2", "a%", "%g0", "%0g", "%%20", "% 20"})
        EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(utf8, follows_the_table_of_rfc3629) {
    for (const std::string& good :
         {""s, "ascii"s, "\x00"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\x9f\xbf"s, "\xee\x80\x80"s,
          "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "a\xe1\x88\xb4z"s})
        EXPECT_TRUE(is_utf8(good)) << printable(good);
    for (const std::string& bad :
         {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "\xc2 "s, "\xe0\x9f\xbf"s, "\xed\xa0\x80"s,
          "\xed\xbf\xbf"s, "\xe1\x88"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s,
          "\xff"s, "\xfe"s, "ok\xf0\x9f\x98"s, "\xe1\x88\xb4\x80"s})
        EXPECT_FALSE(is_utf8(bad)) << printable(bad);
}

TEST(utf8, finds_the_first_malformed_byte_wherever_it_stands) {
    for (std::size_t at = 0; at < 20; ++at) {
        std::string text(20, 'a');
        text[at] = '\xff';
        EXPECT_EQ(utf8_prefix(text), at);
        text.replace(at, 1, "\xe1\x88\xb4");
        EXPECT_EQ(utf8_prefix(text), text.size());
    }
}

TEST(printable, escapes_and_cuts) {
    EXPECT_EQ(printable("plain ~"), "plain ~");
    EXPECT_EQ(printable("a\n\x1b[0m\x7f\xe1\x00"s), "a\\x0a\\x1b[0m\\x7f\\xe1\\x00");
    EXPECT_EQ(printable("12345", 5), "12345");
    EXPECT_EQ(printable("123456", 5), "12345...");
    EXPECT_EQ(printable(std::string(1000, 'x')).size(), 203U);
}

}  // namespace
}  // namespace trainyard
