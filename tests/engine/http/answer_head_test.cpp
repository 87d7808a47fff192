// The strict parser of answers, as tables.
#include "engine/http/answer_head.hpp"

#include <gtest/gtest.h>

namespace trainyard::http {
namespace {

using namespace std::string_literals;

struct row {
    const char* what;
    std::string head;
    bool to_head = false;
};

TEST(answer_head, says_where_the_body_ends) {
    const struct {
        row given;
        int status;
        body_end end;
        std::uint64_t length;
        bool keep_alive;
    } rows[] = {
        {{"sized", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}, 200, body_end::length, 5, true},
        {{"no reason", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n"}, 200, body_end::length, 5, true},
        {{"empty reason", "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n"}, 200, body_end::length, 5, true},
        {{"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, 200, body_end::none, 0, true},
        {{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"}, 200, body_end::chunks, 0, true},
        {{"until close", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n"},
         200,
         body_end::close,
         0,
         false},
        {{"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"}, 200, body_end::length, 5, false},
        {{"1.0 kept", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\n"},
         200,
         body_end::length,
         5,
         true},
        {{"closing", "HTTP/1.1 503 Busy\r\nConnection: x, close\r\nContent-Length: 5\r\n\r\n"},
         503,
         body_end::length,
         5,
         false},
        {{"to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true}, 200, body_end::none, 5, true},
        {{"HEAD, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true},
         200,
         body_end::none,
         0,
         true},
        {{"no content", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
         204,
         body_end::none,
         5,
         true},
        {{"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
         304,
         body_end::none,
         5,
         true},
        {{"interim", "HTTP/1.1 100 Continue\r\n\r\n"}, 100, body_end::none, 0, true},
        {{"largest length", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"},
         200,
         body_end::length,
         18446744073709551615ULL,
         true},
    };
    for (const auto& r : rows) {
        const auto got = parse_answer_head(r.given.head, r.given.to_head, {});
        ASSERT_TRUE(got.has_value()) << r.given.what << ": " << got.error().reason;
        EXPECT_EQ(got->response.status, r.status) << r.given.what;
        EXPECT_EQ(got->end, r.end) << r.given.what;
        EXPECT_EQ(got->content_length, r.length) << r.given.what;
        EXPECT_EQ(got->keep_alive, r.keep_alive) << r.given.what;
        EXPECT_EQ(got->interim, r.status < 200) << r.given.what;
    }
}

TEST(answer_head, refuses_what_leaves_a_doubt) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const row rows[] = {
        {"TE with CL", ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
        {"CL with TE", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"TE with CL, to HEAD", ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", true},
        {"equal CLs", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        {"CL list", ok + "Content-Length: 5, 5\r\n\r\n"},
        {"signed CL", ok + "Content-Length: +5\r\n\r\n"},
        {"empty CL", ok + "Content-Length:\r\n\r\n"},
        {"hexadecimal CL", ok + "Content-Length: 0x5\r\n\r\n"},
        {"CL beyond 64 bits", ok + "Content-Length: 18446744073709551616\r\n\r\n"},
        {"gzip", ok + "Transfer-Encoding: gzip\r\n\r\n"},
        {"chunked twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"chunked not last", ok + "Transfer-Encoding: chunked, gzip\r\n\r\n"},
        {"HTTP/1.0 chunked", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"folded", ok + "X: a\r\n b\r\n\r\n"},
        {"space before the colon", ok + "X : a\r\n\r\n"},
        {"no colon", ok + "X\r\n\r\n"},
        {"no name", ok + ": a\r\n\r\n"},
        {"control character", ok + "X: \x01\r\n\r\n"},
        {"NUL", ok + "X: a\0b\r\n\r\n"s},
        {"HTTP/2", "HTTP/2 200 OK\r\n\r\n"},
        {"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"},
        {"lower case", "http/1.1 200 OK\r\n\r\n"},
        {"two digits", "HTTP/1.1 20 OK\r\n\r\n"},
        {"four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
        {"no status", "HTTP/1.1 OK\r\n\r\n"},
        {"status 000", "HTTP/1.1 000 OK\r\n\r\n"},
        {"status 600", "HTTP/1.1 600 OK\r\n\r\n"},
        {"two spaces", "HTTP/1.1  200 OK\r\n\r\n"},
        {"control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"},
        {"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"},
        {"empty", "\r\n"},
    };
    for (const row& r : rows) EXPECT_FALSE(parse_answer_head(r.head, r.to_head, {}).has_value()) << r.what;
}

TEST(answer_head, bounds_the_number_of_fields) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 128; ++i) head += "a: b\r\n";
    EXPECT_TRUE(parse_answer_head(head + "\r\n", false, {}).has_value());
    EXPECT_FALSE(parse_answer_head(head + "c: d\r\n\r\n", false, {}).has_value());
}

TEST(answer_head, keeps_the_fields_as_they_came) {
    const auto got = parse_answer_head("HTTP/1.1 200 OK\r\nA: 1\r\nb:\t two words \r\nA:\r\n\r\n", false, {});
    ASSERT_TRUE(got.has_value()) << got.error().reason;
    const fields& f = got->response.fields;
    ASSERT_EQ(f.size(), 3U);
    EXPECT_EQ(f.get("B"), "two words");
    EXPECT_EQ(f.count("a"), 2U);
    EXPECT_EQ(f.get("a"), "1");
}

}  // namespace
}  // namespace trainyard::http
