#include <gmock/gmock.h>

#include "loopback.hpp"
#include "tests/support/certificate.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;

using test::certificate;

task<response> echo(request r) {
    response out;
    out.body = std::move(r.body);
    co_return out;
}

server_options with(const certificate& c) {
    server_options out;
    out.tls_certificate_file = c.certificate_file();
    out.tls_key_file = c.key_file();
    return out;
}

task<void> two_requests(client& c, origin to, std::vector<result<response>>& out) {
    for (int i = 0; i < 2; ++i) {
        request r;
        r.body = std::string(100'000, 'x');
        const mono_time until = in(5s);
        auto got = co_await c.send(to, r, lane::control, until);
        out.push_back(std::move(got));
    }
}

TEST_F(loopback, tls_with_a_trusted_certificate) {
    const certificate cert("IP:127.0.0.1");
    client_options trusting;
    trusting.ca_bundle = cert.certificate_file();
    const auto port = serve(echo, with(cert));
    client& c = make_client(trusting);
    std::vector<result<response>> got;
    run([&] { return two_requests(c, {true, "127.0.0.1", port}, got); });
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    ASSERT_TRUE(got[1].has_value()) << got[1].error().message;
    EXPECT_EQ(got[1]->body.size(), 100'000U);
    EXPECT_EQ(c.stats().connections_opened, 1U);
}

TEST_F(loopback, tls_refuses_a_certificate_nobody_vouches_for) {
    const certificate cert("IP:127.0.0.1");
    const auto port = serve(echo, with(cert));
    client& c = make_client();  // of the system's store
    std::vector<result<response>> got;
    run([&] { return two_requests(c, {true, "127.0.0.1", port}, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("certificate was refused: self-signed certificate"));
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

TEST_F(loopback, tls_trusts_the_bundle_only) {
    const certificate cert("IP:127.0.0.1"), another("IP:127.0.0.1");
    client_options options;
    options.ca_bundle = another.certificate_file();
    const auto port = serve(echo, with(cert));
    client& c = make_client(options);
    std::vector<result<response>> got;
    run([&] { return two_requests(c, {true, "127.0.0.1", port}, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_THAT(got[0].error().message, HasSubstr("certificate was refused"));
}

TEST_F(loopback, tls_refuses_a_certificate_for_another_name) {
    const certificate cert("DNS:other.example");
    client_options options;
    options.ca_bundle = cert.certificate_file();
    const auto port = serve(echo, with(cert));
    client& c = make_client(options);
    std::vector<result<response>> got;
    run([&] { return two_requests(c, {true, "127.0.0.1", port}, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("certificate"));
    EXPECT_EQ(servers[0]->stats().requests, 0U);
}

TEST_F(loopback, tls_to_a_plain_server_is_an_error_and_not_a_hang) {
    const auto port = serve(echo);
    client& c = make_client();
    std::vector<result<response>> got;
    run([&] { return two_requests(c, {true, "127.0.0.1", port}, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("TLS"));
}

TEST_F(loopback, tls_files_that_cannot_be_read_are_named) {
    client_options options;
    options.ca_bundle = "/nonexistent/ca.pem";
    client& c = make_client(options);
    std::vector<result<response>> got;
    run([&] { return two_requests(c, {true, "127.0.0.1", 1}, got); });
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::invalid_argument);
    EXPECT_THAT(got[0].error().message, HasSubstr("/nonexistent/ca.pem"));

    server_options broken;
    broken.tls_certificate_file = "/nonexistent/certificate.pem";
    server s(io, broken, echo);
    const auto bound = s.listen("127.0.0.1", 0);
    ASSERT_FALSE(bound.has_value());
    EXPECT_THAT(bound.error().message, HasSubstr("/nonexistent/certificate.pem"));
}

}  // namespace
}  // namespace trainyard::http
