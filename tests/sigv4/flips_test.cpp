// No single bit of a signed request may change unseen.
#include <gtest/gtest.h>

#include "sigv4/canonical.hpp"
#include "support.hpp"

namespace trainyard::sigv4 {
namespace {

using testing::message;
using testing::vector_case;
using testing::vectors;

struct tally {
    std::size_t flips = 0;
    std::size_t same_meaning = 0;
};

class flipper {
public:
    flipper(message m, const vector_case& c)
        : request_(std::move(m)),
          expected_{.service = c.service, .region = c.region, .now = c.when},
          record_{c.who.secret_access_key, c.who.session_token, {}} {}

    bool accepted() const { return testing::verify(request_, expected_, record_).has_value(); }

    // Flips each bit of `text`, a part of request(); `same` tells whether the changed text means the same.
    template <class Same>
    void flip_all(std::string& text, std::string_view what, Same same, tally& t) {
        const std::string original = text;
        for (std::size_t i = 0; i < text.size(); ++i)
            for (unsigned bit = 0; bit < 8; ++bit) {
                text[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ (1U << bit));
                ++t.flips;
                if (same(original, text)) {
                    ++t.same_meaning;
                } else {
                    EXPECT_FALSE(accepted()) << what << " byte " << i << " bit " << bit << ": " << text;
                }
                text = original;
            }
    }
    message& request() { return request_; }

private:
    message request_;
    expectation expected_;
    key_record record_;
};

bool never(const std::string&, const std::string&) {
    return false;
}

TEST(signed_request, no_bit_can_change) {
    tally path, dropped_path, query, rest;
    std::size_t requests = 0;
    for (const vector_case& c : vectors()) {
        message m = c.request;
        // The verifier refuses repeated headers whatever their signature.
        if (c.name == "get-header-key-duplicate" || c.name == "get-header-value-order") continue;
        if (m.body.empty() && m.method == "POST") m.body = "{\"QueueUrl\":\"q\"}";
        const auto s = testing::sign(m, c.who, {c.region, c.service}, c.when, {.sign_body = c.how.sign_body});
        ASSERT_TRUE(s.has_value()) << c.name;
        m.add(s->headers);
        flipper f{m, c};
        ASSERT_TRUE(f.accepted()) << c.name;
        ++requests;
        f.flip_all(f.request().method, "method", never, rest);
        // Where ".." takes a segment with it, the bits of that segment mean nothing.
        const bool drops = f.request().path.find("..") != std::string::npos;
        f.flip_all(
            f.request().path, "path",
            [](const auto& a, const auto& b) {
                return b.starts_with('/') && canonical_path(a, true) == canonical_path(b, true);
            },
            drops ? dropped_path : path);
        f.flip_all(
            f.request().query, "query",
            [](const auto& a, const auto& b) { return canonical_query(a) == canonical_query(b); }, query);
        f.flip_all(f.request().body, "body", never, rest);
        // All of these are signed or are the Authorization header itself, scope and signature included.
        for (auto& [name, value] : f.request().headers) f.flip_all(value, name, never, rest);
    }
    EXPECT_EQ(requests, 36U);
    EXPECT_EQ(rest.same_meaning, 0U);
    EXPECT_GT(rest.flips, 50'000U);
    // "." to "/" or back where both vanish: in "/./" and "//", "/./example" and "//example//".
    EXPECT_EQ(path.same_meaning, 8U);
    // Twice each: "example", and "example1/example2" in "/example1/example2/../..".
    EXPECT_EQ(dropped_path.same_meaning, 2U * 8U * (7U + 17U));
    // The case of the hex digits in "%E1%88%B4": E and B.
    EXPECT_EQ(query.same_meaning, 2U);
}

}  // namespace
}  // namespace trainyard::sigv4
