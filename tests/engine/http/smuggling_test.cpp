// Messages that two HTTP implementations may read differently, over real sockets: each is refused, the
// connection ends, and nothing after it is taken for a request.
#include <gmock/gmock.h>

#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_literals;

struct bad_row {
    const char* what;
    std::string bytes;
    int status = 400;
};

const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n", get = "GET / HTTP/1.1\r\nHost: a\r\n";
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
const std::string tail = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<bad_row> where_the_body_ends() {
    return {
        {"TE gzip then CL", post + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"},
        {"CL then TE gzip", post + "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\nhello"},
        {"CL then TE", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"TE then CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
        {"TE, then CL 0", post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"},
        {"chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n"},
        {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {"identity", post + "Transfer-Encoding: identity\r\n\r\n"},
        {"identity, chunked", post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"},
        {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n"},
        {"chunked and a parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"},
        {"chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
        {"chunked and a comma", post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"},
        {"chunked and a vertical tab", post + "Transfer-Encoding: chunked\v\r\n\r\n0\r\n\r\n"},
        {"chunked after a NUL", post + "Transfer-Encoding: \0chunked\r\n\r\n0\r\n\r\n"s},
        {"chunked after a no-break space", post + "Transfer-Encoding: \xa0"
                                                  "chunked\r\n\r\n0\r\n\r\n"},
        {"chunked in two headers",
         post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"chunked, then identity",
         post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"},
        {"chunked, chunked", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
        {"empty TE", post + "Transfer-Encoding:\r\n\r\n"},
        {"space before TE's colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
        {"TE on a folded line", post + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"TE's value on a folded line", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
        {"TE behind a bare CR", post + "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"TE behind a bare LF", post + "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"HTTP/1.0 chunked", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"equal CLs", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
        {"different CLs", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
        {"CLs in two spellings", post + "Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello"},
        {"CL list", post + "Content-Length: 5, 5\r\n\r\nhello"},
        {"CL of two numbers", post + "Content-Length: 5 5\r\n\r\nhello"},
        {"CL and a semicolon", post + "Content-Length: 5;\r\n\r\nhello"},
        {"CL with a fraction", post + "Content-Length: 5.0\r\n\r\nhello"},
        {"CL with an exponent", post + "Content-Length: 5e0\r\n\r\nhello"},
        {"signed CL", post + "Content-Length: +5\r\n\r\nhello"},
        {"negative CL", post + "Content-Length: -5\r\n\r\nhello"},
        {"CL minus zero", post + "Content-Length: -0\r\n\r\n"},
        {"hexadecimal CL", post + "Content-Length: 0x5\r\n\r\nhello"},
        {"CL and a vertical tab", post + "Content-Length: 5\v\r\n\r\nhello"},
        {"CL beyond 64 bits", post + "Content-Length: 18446744073709551621\r\n\r\nhello"},
        {"CL at the end of 64 bits", post + "Content-Length: 18446744073709551615\r\n\r\nhello", 413},
        {"empty CL", post + "Content-Length:\r\n\r\nhello"},
        {"CL on a folded line", post + "X: a\r\n Content-Length: 5\r\n\r\nhello"},
        {"GET with both", get + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    };
}

std::vector<bad_row> whom_and_what() {
    return {
        {"no Host", "GET / HTTP/1.1\r\n\r\n"},
        {"two Hosts", get + "Host: b\r\n\r\n"},
        {"two equal Hosts", get + "Host: a\r\n\r\n"},
        {"Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        {"two names in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {"Host with user info", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
        {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"space before Host's colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
        {"absolute form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"authority form", "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"},
        {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"tabs for spaces", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"},
        {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a request line in the target", "GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"fragment of UTF-8 in the target", "GET /\xc3 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"method with a separator", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"method with a colon", "GET: / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/0.9", "GET /\r\n\r\n"},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
        {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
        {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
        {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n"},
        {"HTTP/1,1", "GET / HTTP/1,1\r\nHost: a\r\n\r\n"},
        {"no version number", "GET / HTTP/\r\nHost: a\r\n\r\n"},
        {"space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {"lower case version", "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"unknown expectation", post + "Expect: tea\r\nContent-Length: 5\r\n\r\nhello", 417},
    };
}

std::vector<bad_row> where_a_line_ends() {
    return {
        {"bare LF", "GET / HTTP/1.1\nHost: a\n\n"},
        {"one bare LF", get + "X: b\n\r\n"},
        {"bare LF before the empty line", "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        {"bare CR", get + "X: a\rY: b\r\n\r\n"},
        {"CR CR LF", get + "X: a\r\r\n\r\n"},
        {"obs-fold", get + "X: a\r\n b\r\n\r\n"},
        {"obs-fold with a tab", get + "X: a\r\n\tb\r\n\r\n"},
        {"fold before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {"fold of nothing", get + "X: a\r\n \r\n\r\n"},
        {"field without a colon", get + "X\r\n\r\n"},
        {"field without a name", get + ": x\r\n\r\n"},
        {"space in a name", get + "X Y: x\r\n\r\n"},
        {"tab before a colon", get + "X\t: x\r\n\r\n"},
        {"parenthesis in a name", get + "X(: x\r\n\r\n"},
        {"byte over 127 in a name", get + "X\xe4: x\r\n\r\n"},
        {"NUL in a value", get + "X: a\0b\r\n\r\n"s},
        {"NUL in a name", get + "X\0: a\r\n\r\n"s},
        {"control character", get + "X: \x01\r\n\r\n"},
        {"DEL in a value", get + "X: \x7f\r\n\r\n"},
        {"empty line first", "\r\n" + get + "\r\n"},
    };
}

std::vector<bad_row> where_a_chunk_ends() {
    return {
        {"size over 64 bits", chunked + "10000000000000005\r\nhello\r\n0\r\n\r\n"},
        {"size at the end of 64 bits", chunked + "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", 413},
        {"signed size", chunked + "+5\r\nhello\r\n0\r\n\r\n"},
        {"negative size", chunked + "-5\r\nhello\r\n0\r\n\r\n"},
        {"0x size", chunked + "0x5\r\nhello\r\n0\r\n\r\n"},
        {"no size", chunked + "\r\nhello\r\n0\r\n\r\n"},
        {"extension without a size", chunked + ";a\r\nhello\r\n0\r\n\r\n"},
        {"space before the size", chunked + " 5\r\nhello\r\n0\r\n\r\n"},
        {"not a digit", chunked + "g\r\nhello\r\n0\r\n\r\n"},
        {"LF after the size", chunked + "5\nhello\r\n0\r\n\r\n"},
        {"CR after the size", chunked + "5\rhello\r\n0\r\n\r\n"},
        {"LF in an extension", chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n"},
        {"CR in an extension", chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n"},
        {"chunk longer than it says", chunked + "5\r\nhello!\r\n0\r\n\r\n"},
        {"LF after a chunk", chunked + "5\r\nhello\n0\r\n\r\n"},
        {"nothing after a chunk", chunked + "5\r\nhello0\r\n\r\n"},
        {"trailer without a colon", chunked + "0\r\nX\r\n\r\n"},
        {"trailer with a bare LF", chunked + "0\r\nX: a\nY: b\r\n\r\n"},
        {"space before a trailer's colon", chunked + "0\r\nX : a\r\n\r\n"},
    };
}

struct seen {
    std::vector<request> requests;
};

task<response> record(seen& s, request r) {
    s.requests.push_back(std::move(r));
    co_return response{};
}

// `cut`: where the bytes are parted into two writes.
task<void> expect_refusal(boost::asio::io_context& io, std::uint16_t port, const bad_row& row,
                          std::size_t cut) {
    raw_peer peer(io);
    co_await peer.connect(port);
    const std::string all = row.bytes + tail, first = all.substr(0, cut), second = all.substr(cut);
    co_await peer.send(first);
    co_await peer.send(second);
    const mono_time until = in(5s);
    const std::string got = co_await peer.read_all(until);
    EXPECT_THAT(got, StartsWith("HTTP/1.1 " + std::to_string(row.status) + " "))
        << row.what << ", cut at " << cut;
    EXPECT_THAT(got, HasSubstr("\r\nConnection: close\r\n")) << row.what;
    EXPECT_EQ(got.find("\nHTTP/1.1 "), std::string::npos) << row.what << ": a second answer";
    EXPECT_TRUE(peer.closed) << row.what << ", cut at " << cut;
}

task<void> each_is_refused(boost::asio::io_context& io, std::uint16_t port,
                           const std::vector<bad_row>& rows) {
    for (const bad_row& row : rows)
        for (const std::size_t cut : {row.bytes.size() + tail.size(), row.bytes.size(), row.bytes.size() / 2})
            co_await expect_refusal(io, port, row, cut);
}

class smuggling : public loopback {
protected:
    void expect_refused(const std::vector<bad_row>& rows) {
        seen s;
        const auto port = serve([&s](request r) { return record(s, std::move(r)); });
        run([&] { return each_is_refused(io, port, rows); });
        EXPECT_TRUE(s.requests.empty()) << s.requests.front().target;
        EXPECT_EQ(servers[0]->stats().refused_messages, 3 * rows.size());
    }
};

TEST_F(smuggling, through_the_length_of_the_body) {
    expect_refused(where_the_body_ends());
}
TEST_F(smuggling, through_the_request_line_and_host) {
    expect_refused(whom_and_what());
}
TEST_F(smuggling, through_the_ends_of_lines) {
    expect_refused(where_a_line_ends());
}
TEST_F(smuggling, through_chunks) {
    expect_refused(where_a_chunk_ends());
}

// What looks odd and is not: every implementation reads these alike.
task<void> each_is_answered(boost::asio::io_context& io, std::uint16_t port) {
    const std::string messages[] = {
        post + "Content-Length: 005\r\n\r\nhello",
        post + "Content-Length:\t5 \r\n\r\nhello",
        post + "transfer-encoding:\tCHUNKED\t\r\n\r\n05;a=b;c=\"d\"\r\nhello\r\n0\r\nX: trailer\r\n\r\n",
        get + "X:\r\nY: \xc3\xa4\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
    };
    for (const std::string& message : messages) {
        raw_peer peer(io);
        co_await peer.connect(port);
        const std::string both = message + "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        co_await peer.send(both);
        const mono_time until = in(5s);
        const std::string got = co_await peer.read_all(until);
        EXPECT_THAT(got, StartsWith("HTTP/1.1 200 ")) << message;
        EXPECT_NE(got.find("HTTP/1.1 200 ", 1), std::string::npos) << message << ": the next one was lost";
    }
}

TEST_F(smuggling, what_is_unusual_and_clear_is_answered) {
    seen s;
    const auto port = serve([&s](request r) { return record(s, std::move(r)); });
    run([&] { return each_is_answered(io, port); });
    EXPECT_EQ(s.requests.size(), 10U);
    for (std::size_t i = 1; i < s.requests.size(); i += 2) EXPECT_EQ(s.requests[i].target, "/next");
}

}  // namespace
}  // namespace trainyard::http
