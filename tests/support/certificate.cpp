#include "certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>

#include "engine/base/check.hpp"

namespace trainyard::test {
namespace {

void add(X509* to, int which, const char* value) {
    X509_EXTENSION* const e = X509V3_EXT_conf_nid(nullptr, nullptr, which, value);
    TY_CHECK(e != nullptr, "OpenSSL does not take this extension");
    X509_add_ext(to, e, -1);
    X509_EXTENSION_free(e);
}

template <class F>
void write(const std::string& path, F content) {
    std::FILE* const f = std::fopen(path.c_str(), "w");
    TY_CHECK(f && content(f) == 1, "the test's certificate cannot be written");
    std::fclose(f);
}

}  // namespace

certificate::certificate(const char* alternative_name) {
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

certificate::~certificate() {
    std::filesystem::remove_all(directory_);
}

}  // namespace trainyard::test
