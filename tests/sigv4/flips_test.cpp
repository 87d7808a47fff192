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
          expected_{.service = c.service, .region = c.region, .now = c.when, .allow_presigned = true},
          record_{c.who.secret_access_key, c.who.session_token, {}} {}

    bool accepted() { return testing::verify(by_, request_, expected_, record_).has_value(); }

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
    verifier by_;  // the same for all: what it keeps must not help
    message request_;
    expectation expected_;
    key_record record_;
};

bool never(const std::string&, const std::string&) {
    return false;
}

std::string path_of(std::string_view path) {
    text_buffer out, scratch;
    put_path(out, scratch, path, {});
    return std::string{out.view()};
}
bool same_path(const std::string& a, const std::string& b) {
    return b.starts_with('/') && path_of(a) == path_of(b);
}

bool same_query(const std::string& a, const std::string& b) {
    query_parameters one, other;
    if (!one.read(a) || !other.read(b)) return false;
    text_buffer one_text, other_text;
    one.sort();
    other.sort();
    one.put(one_text);
    other.put(other_text);
    return one_text.view() == other_text.view();
}

// The verifier refuses repeated headers whatever their signature.
bool repeats_headers(const vector_case& c) {
    return c.name == "get-header-key-duplicate" || c.name == "get-header-value-order";
}

struct tallies {
    tally path, dropped_path, query, rest;
    std::size_t requests = 0;
};

void flip_everything(flipper& f, tallies& t) {
    ++t.requests;
    f.flip_all(f.request().method, "method", never, t.rest);
    // Where ".." takes a segment with it, the bits of that segment mean nothing.
    const bool drops = f.request().path.find("..") != std::string::npos;
    f.flip_all(f.request().path, "path", same_path, drops ? t.dropped_path : t.path);
    f.flip_all(f.request().query, "query", same_query, t.query);
    f.flip_all(f.request().body, "body", never, t.rest);
    for (auto& [name, value] : f.request().headers) f.flip_all(value, name, never, t.rest);
}

void expect_path_tallies(const tallies& t) {
    EXPECT_EQ(t.requests, 36U);
    EXPECT_EQ(t.rest.same_meaning, 0U);
    // "." to "/" or back where both vanish: in "/./" and "//", "/./example" and "//example//".
    EXPECT_EQ(t.path.same_meaning, 8U);
    // Twice each: "example", and "example1/example2" in "/example1/example2/../..".
    EXPECT_EQ(t.dropped_path.same_meaning, 2U * 8U * (7U + 17U));
}

TEST(signed_request, no_bit_can_change) {
    tallies t;
    for (const vector_case& c : vectors()) {
        message m = c.request;
        if (repeats_headers(c)) continue;
        if (m.body.empty() && m.method == "POST") m.body = "{\"QueueUrl\":\"q\"}";
        const auto s = testing::sign(m, c.who, {c.region, c.service}, c.when, {.sign_body = c.how.sign_body});
        ASSERT_TRUE(s.has_value()) << c.name;
        m.add(s->headers);
        flipper f{m, c};
        ASSERT_TRUE(f.accepted()) << c.name;
        // All headers are signed or are the Authorization header itself, scope and signature included.
        flip_everything(f, t);
        ASSERT_TRUE(f.accepted()) << c.name;
    }
    expect_path_tallies(t);
    EXPECT_GT(t.rest.flips, 50'000U);
    // The case of the hex digits in "%E1%88%B4": E and B.
    EXPECT_EQ(t.query.same_meaning, 2U);
}

TEST(presigned_request, no_bit_can_change) {
    tallies t;
    std::size_t escapes = 0;
    for (const vector_case& c : vectors()) {
        message m = c.request;
        if (repeats_headers(c)) continue;
        if (m.body.empty() && m.method == "POST") m.body = "{\"QueueUrl\":\"q\"}";
        const auto p = testing::presign(m, c.who, {c.region, c.service}, c.when, c.lifetime);
        ASSERT_TRUE(p.has_value()) << c.name;
        for (std::size_t at = 0; (at = p->query.find('%', at)) != std::string::npos; ++at)
            for (const char digit : p->query.substr(at + 1, 2)) escapes += digit > '9' ? 1 : 0;
        flipper f{*p, c};
        ASSERT_TRUE(f.accepted()) << c.name;
        flip_everything(f, t);
        ASSERT_TRUE(f.accepted()) << c.name;
    }
    expect_path_tallies(t);
    EXPECT_GT(t.query.flips, 80'000U);
    // The case of every hex digit that is a letter, as in "%2F".
    EXPECT_GT(escapes, 100U);
    EXPECT_EQ(t.query.same_meaning, escapes);
}

}  // namespace
}  // namespace trainyard::sigv4
