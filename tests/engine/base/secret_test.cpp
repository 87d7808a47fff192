#include "engine/base/secret.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <gtest/gtest.h>

#include <sstream>

namespace trainyard {
namespace {

const std::string canary = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

TEST(secret, no_way_of_printing_shows_it) {
    const secret s{canary};
    std::ostringstream out;
    out << s << fmt::format("{}", s) << fmt::format("{:>60}", s) << ::testing::PrintToString(s)
        << fmt::format("{}", fmt::streamed(s));
    EXPECT_EQ(out.str().find(canary), std::string::npos);
    EXPECT_EQ(out.str().find(canary.substr(0, 8)), std::string::npos);
    EXPECT_EQ(fmt::format("{}", s), "<redacted>");
    // Whether there is one is not shown either.
    EXPECT_EQ(fmt::format("{}", secret{}), "<redacted>");
    EXPECT_EQ(s.reveal(), canary);
}

TEST(secret, equals_compares_all) {
    const secret s{canary};
    EXPECT_TRUE(s.equals(canary));
    EXPECT_FALSE(s.equals(canary.substr(1)));
    EXPECT_FALSE(s.equals(canary + "x"));
    for (std::size_t i = 0; i < canary.size(); ++i) {
        std::string other = canary;
        other[i] ^= 1;
        EXPECT_FALSE(s.equals(other)) << i;
    }
    EXPECT_TRUE(secret{}.equals({}));
    EXPECT_TRUE(secret{}.empty());
}

TEST(secret, copies_and_moves) {
    for (const std::string& text : {std::string{"short"}, canary}) {
        secret a{text};
        secret b = a;
        EXPECT_EQ(b.reveal(), a.reveal());
        secret c = std::move(a);
        EXPECT_EQ(c.reveal(), text);
        EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): a moved-from secret holds nothing
        a = std::move(c);
        EXPECT_EQ(a.reveal(), text);
        EXPECT_TRUE(c.empty());  // NOLINT(bugprone-use-after-move)
        secret& self = a;
        a = self;
        EXPECT_EQ(a.reveal(), text);
        a = secret{"other"};
        EXPECT_EQ(a.reveal(), "other");
        EXPECT_EQ(b.reveal(), text);
    }
}

// A short string lives inside the object, where moving it would leave the bytes behind.
TEST(secret, a_moved_from_object_holds_no_bytes) {
    alignas(secret) std::array<unsigned char, sizeof(secret)> room{};
    auto* from = new (room.data()) secret{"hunter2hunter2"};
    const secret to = std::move(*from);
    const std::string_view raw{reinterpret_cast<const char*>(room.data()), room.size()};
    EXPECT_EQ(raw.find("unter2"), std::string_view::npos);
    EXPECT_EQ(to.reveal(), "hunter2hunter2");
    from->~secret();
}

}  // namespace
}  // namespace trainyard
