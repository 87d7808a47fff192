#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::HasSubstr;

// A key and a self-signed certificate for one name, in a directory that goes with the test.
class certificate {
public:
    explicit certificate(const char* alternative_name) {
        std::string pattern = (std::filesystem::temp_directory_path() / "trainyard-tls-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        EVP_PKEY* const key = EVP_EC_gen("P-256");
        X509* const x = X509_new();
        X509_set_version(x, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
        X509_gmtime_adj(X509_getm_notBefore(x), -60);
        X509_gmtime_adj(X509_getm_notAfter(x), 3600);
        X509_set_pubkey(x, key);
        X509_NAME* const subject = X509_get_subject_name(x);
        const unsigned char common_name[] = "trainyard test";
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
        X509_set_issuer_name(x, subject);
        add(x, NID_subject_alt_name, alternative_name);
        add(x, NID_basic_constraints, "critical,CA:TRUE");
        X509_sign(x, key, EVP_sha256());
        write(certificate_file(), [x](std::FILE* f) { return PEM_write_X509(f, x); });
        write(key_file(), [key](std::FILE* f) {
            return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
        });
        X509_free(x);
        EVP_PKEY_free(key);
    }
    ~certificate() { std::filesystem::remove_all(directory_); }
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    std::string certificate_file() const { return directory_ / "certificate.pem"; }
    std::string key_file() const { return directory_ / "key.pem"; }

private:
    static void add(X509* to, int which, const char* value) {
        X509_EXTENSION* const e = X509V3_EXT_conf_nid(nullptr, nullptr, which, value);
        X509_add_ext(to, e, -1);
        X509_EXTENSION_free(e);
    }
    template <class F>
    static void write(const std::string& path, F content) {
        std::FILE* const f = std::fopen(path.c_str(), "w");
        EXPECT_TRUE(f && content(f) == 1) << path;
        if (f) std::fclose(f);
    }

    std::filesystem::path directory_;
};

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
