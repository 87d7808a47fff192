#include "engine/http/proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

proxy_settings reads(std::map<std::string, std::string> variables) {
    return read_proxy_settings([&](const std::string& name) { return variables[name]; });
}

TEST(proxy, the_lower_case_variable_wins) {
    const auto s =
        reads({{"https_proxy", "a"}, {"HTTPS_PROXY", "b"}, {"HTTP_PROXY", "c"}, {"NO_PROXY", "d"}});
    EXPECT_EQ(s.https.reveal(), "a");
    EXPECT_EQ(s.http.reveal(), "c");
    EXPECT_EQ(s.bypass, "d");
    EXPECT_EQ(reads({{"no_proxy", "e"}, {"NO_PROXY", "d"}}).bypass, "e");
    EXPECT_TRUE(reads({{"ALL_PROXY", "a"}}).https.empty()) << "botocore does not read it";
}

TEST(proxy, a_cgi_program_does_not_take_its_proxy_from_a_request_header) {
    EXPECT_TRUE(reads({{"HTTP_PROXY", "a"}, {"REQUEST_METHOD", "GET"}}).http.empty());
    EXPECT_EQ(reads({{"http_proxy", "a"}, {"REQUEST_METHOD", "GET"}}).http.reveal(), "a");
    EXPECT_EQ(reads({{"HTTPS_PROXY", "a"}, {"REQUEST_METHOD", "GET"}}).https.reveal(), "a");
}

origin https(std::string host, std::uint16_t port = 443) {
    return {true, std::move(host), port};
}

// What is chosen, as text; "-" for a direct connection.
std::string chosen(const origin& to, std::string url, std::string bypass = "") {
    const proxy_settings s{secret(url), secret("http://plain.example:1"), std::move(bypass)};
    const auto got = choose_proxy(to, s);
    if (!got) return got.error().message;
    return *got ? (**got).to_string() + " " + std::string((**got).authorization.reveal()) : "-";
}

TEST(proxy, url_forms) {
    const origin to = https("sqs.example");
    EXPECT_EQ(chosen(to, ""), "-");
    EXPECT_EQ(chosen(to, "http://p.example:3128"), "p.example:3128 ");
    EXPECT_EQ(chosen(to, "http://P.example:3128/"), "p.example:3128 ");
    EXPECT_EQ(chosen(to, "p.example:3128"), "p.example:3128 ");
    EXPECT_EQ(chosen(to, "//p.example"), "p.example:80 ") << "as urllib3 has it";
    EXPECT_EQ(chosen(to, "http://[fd00::1]:3128"), "[fd00::1]:3128 ");
    EXPECT_EQ(chosen(to, "http://me:pass@p:1"), "p:1 Basic bWU6cGFzcw==");
    EXPECT_EQ(chosen(to, "http://me:p%40ss%3A@p:1"), "p:1 Basic bWU6cEBzczo=");
    EXPECT_EQ(chosen(to, "me:p@ss:@p:1"), "p:1 Basic bWU6cEBzczo=");
    EXPECT_EQ(chosen(to, "http://token@p:1"), "p:1 Basic dG9rZW46");
    EXPECT_EQ(chosen({false, "sqs.example", 80}, "http://p.example:3128"), "plain.example:1 ");
}

TEST(proxy, a_malformed_url_names_its_variable_and_shows_no_secret) {
    for (const std::string url :
         {"https://me:hunter2@p:1", "socks5://me:hunter2@p:1", "http://me:hunter2@",
          "http://me:hunter2@p:99999", "http://me:hunter2/x@p:1/path", "http://hunter2%zz@p:1",
          "http://me:hunter2@p q:1", "http://x%3Ahunter2@p"}) {
        const auto got = choose_proxy(https("sqs.example"), {secret(url), {}, ""});
        ASSERT_FALSE(got.has_value()) << url;
        EXPECT_EQ(got.error().code, errc::invalid_argument);
        EXPECT_THAT(got.error().message, HasSubstr("HTTPS_PROXY"));
        EXPECT_THAT(got.error().message, Not(HasSubstr("hunter2")));
    }
    EXPECT_THAT(choose_proxy({false, "a", 80}, {{}, secret("x y"), ""}).error().message,
                HasSubstr("HTTP_PROXY"));
}

TEST(proxy, no_proxy) {
    const struct {
        const char* list;
        origin to;
        bool bypassed;
    } rows[] = {
        {"", https("sqs.example"), false},
        {"*", https("sqs.example"), true},
        {"a.example, *", https("sqs.example"), true},
        {"sqs.example", https("sqs.example"), true},
        {"SQS.Example", https("sqs.example"), true},
        {"sqs.example", https("SQS.EXAMPLE"), true},
        {"sqs.example", https("sqs.example."), true},
        {"example", https("sqs.example"), true},
        {".example", https("sqs.example"), true},
        {"*.example", https("sqs.example"), true},
        {".sqs.example", https("sqs.example"), true},
        {"ample", https("sqs.example"), false},
        {"sqs.example.org", https("sqs.example"), false},
        {"example", https("example.org"), false},
        {".", https("sqs.example"), false},
        {",, ,", https("sqs.example"), false},
        {"a,example ,b", https("sqs.example"), true},
        {"a example b", https("sqs.example"), true},
        {"sqs.example:443", https("sqs.example"), true},
        {"sqs.example:8443", https("sqs.example"), false},
        {"example:8443", https("sqs.example", 8443), true},
        {"sqs.example:x", https("sqs.example"), false},
        {"10.1.2.3", https("10.1.2.3"), true},
        {"10.1.2.3:444", https("10.1.2.3"), false},
        {"10.1.2.3", https("10.1.2.30"), false},
        {"2.3", https("10.1.2.3"), false},
        {"10.0.0.0/8", https("10.1.2.3"), true},
        {"10.0.0.0/16", https("10.1.2.3"), false},
        {"10.1.2.2/31", https("10.1.2.3"), true},
        {"0.0.0.0/0", https("10.1.2.3"), true},
        {"10.0.0.0/33", https("10.1.2.3"), false},
        {"10.0.0.0/", https("10.1.2.3"), false},
        {"0.0.0.0/0", https("sqs.example"), false},
        {"10.0.0.0/8", https("fd00::1"), false},
        {"fd00::/8", https("fd00::1"), true},
        {"fd00::/129", https("fd00::1"), false},
        {"fd00::1", https("fd00::1"), true},
        {"fd00:0:0::1", https("fd00::1"), true},
        {"[fd00::1]", https("fd00::1"), true},
        {"[fd00::1]:443", https("fd00::1"), true},
        {"[fd00::1]:444", https("fd00::1"), false},
        {"[fd00::1", https("fd00::1"), true},
        {"[", https("fd00::1"), false},
        {"127.0.0.1", https("::ffff:127.0.0.1"), true},
        {"", https("localhost"), false},  // no special place, as in urllib
        {"", https("127.0.0.1"), false},
        {"", https("169.254.169.254"), true},  // metadata of this machine, whatever the list says
        {"", https("169.254.170.2"), true},
        {"", https("fd00:ec2::254"), true},
        {"", https("fe80::1"), true},
        {"", https("169.253.0.1"), false},
    };
    for (const auto& row : rows)
        EXPECT_EQ(chosen(row.to, "p:1", row.list) == "-", row.bypassed)
            << "'" << row.list << "' " << row.to.to_string();
}

TEST(proxy, what_is_asked_of_it) {
    const proxy plain{"p", 1, {}}, known{"p", 1, secret("Basic x")};
    EXPECT_EQ(connect_request(https("a"), plain).reveal(), "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
    EXPECT_EQ(connect_request({false, "fd00::1", 80}, known).reveal(),
              "CONNECT [fd00::1]:80 HTTP/1.1\r\nHost: [fd00::1]:80\r\nProxy-Authorization: Basic x\r\n\r\n");
}

TEST(proxy, what_it_answers) {
    const proxy anonymous{"p.example", 3128, {}}, known{"p.example", 3128, secret("Basic x")};
    for (const std::string fine :
         {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 \r\nX: y\r\n\r\n",
          "HTTP/1.1 204\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n"})
        EXPECT_TRUE(check_connect_answer(fine, anonymous).has_value()) << fine;
    const struct {
        const char* head;
        const proxy& via;
        const char* says;
    } rows[] = {
        {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", anonymous, "put user:password@"},
        {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", known, "refused the credentials"},
        {"HTTP/1.1 502 Bad \x1bGateway\r\n\r\n", anonymous, "refused the tunnel: 502 Bad \\x1bGateway"},
        {"HTTP/1.1 301 Moved\r\nLocation: x\r\n\r\n", anonymous, "refused the tunnel: 301"},
        {"HTTP/1.1 100 Continue\r\n\r\n", anonymous, "refused the tunnel: 100"},
        {"HTTP/2.0 200 OK\r\n\r\n", anonymous, "does not answer in HTTP"},
        {"HTTP/1.1 2000\r\n\r\n", anonymous, "does not answer in HTTP"},
        {"HTTP/1.1 2x0 OK\r\n\r\n", anonymous, "does not answer in HTTP"},
        {"SSH-2.0-OpenSSH\r\n\r\n", anonymous, "does not answer in HTTP"},
        {"\r\n\r\n", anonymous, "does not answer in HTTP"},
    };
    for (const auto& row : rows) {
        const auto got = check_connect_answer(row.head, row.via);
        ASSERT_FALSE(got.has_value()) << row.head;
        EXPECT_EQ(got.error().code, errc::unreachable);
        EXPECT_THAT(got.error().message, HasSubstr("p.example:3128"));
        EXPECT_THAT(got.error().message, HasSubstr(row.says));
    }
}

}  // namespace
}  // namespace trainyard::http
