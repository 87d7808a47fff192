#include "certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>

namespace trainyard::http {
namespace {

void add(X509* to, int which, const char* value) {
    X509_EXTENSION* const e = X509V3_EXT_conf_nid(nullptr, nullptr, which, value);
    ASSERT_NE(e, nullptr) << value;
    X509_add_ext(to, e, -1);
    X509_EXTENSION_free(e);
}

template <class F>
void write(const std::string& path, F content) {
    std::FILE* const f = std::fopen(path.c_str(), "w");
    EXPECT_TRUE(f && content(f) == 1) << path;
    if (f) std::fclose(f);
}

}  // namespace

certificate::certificate(const certificate_options& what) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trainyard-tls-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), what.expires_in);
    X509_set_pubkey(x, key);
    X509_NAME* const subject = X509_get_subject_name(x);
    const auto* const name = reinterpret_cast<const unsigned char*>(what.common_name.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    if (!what.alternative_names.empty()) add(x, NID_subject_alt_name, what.alternative_names.c_str());
    add(x, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(x, key, EVP_sha256());
    write(certificate_file(), [x](std::FILE* f) { return PEM_write_X509(f, x); });
    write(key_file(), [key](std::FILE* f) {
        return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    X509_free(x);
    EVP_PKEY_free(key);
}

certificate::~certificate() {
    std::filesystem::remove_all(directory_);
}

server_options with(const certificate& c) {
    server_options out;
    out.tls_certificate_file = c.certificate_file();
    out.tls_key_file = c.key_file();
    return out;
}

client_options trusting(const certificate& c) {
    client_options out;
    out.ca_bundle = c.certificate_file();
    return out;
}

}  // namespace trainyard::http
