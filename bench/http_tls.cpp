// The certificate that the TLS runs of the HTTP benchmark use.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "bench/http_load.hpp"
#include "engine/base/check.hpp"

namespace trainyard::bench {
namespace {

struct freed {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
    void operator()(std::FILE* p) const { std::fclose(p); }
};
template <class T>
using owned = std::unique_ptr<T, freed>;

void add_extension(X509* to, int which, const char* value) {
    const owned<X509_EXTENSION> e(X509V3_EXT_conf_nid(nullptr, nullptr, which, value));
    TY_CHECK(e && X509_add_ext(to, e.get(), -1) == 1, "a certificate extension");
}

owned<X509> make_certificate(EVP_PKEY* key) {
    owned<X509> x(X509_new());
    X509_set_version(x.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), 24L * 3600);
    X509_set_pubkey(x.get(), key);
    X509_NAME* const subject = X509_get_subject_name(x.get());
    const unsigned char name[] = "trainyard benchmark";
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(x.get(), subject);
    add_extension(x.get(), NID_subject_alt_name, "IP:127.0.0.1");
    add_extension(x.get(), NID_basic_constraints, "critical,CA:TRUE");
    TY_CHECK(X509_sign(x.get(), key, EVP_sha256()) > 0, "a self-signed certificate");
    return x;
}

owned<std::FILE> create(const std::string& path) {
    owned<std::FILE> out(std::fopen(path.c_str(), "wx"));
    TY_CHECK(out != nullptr, "a file in the temporary folder of the benchmark");
    return out;
}

}  // namespace

tls_files::tls_files() {
    folder_ = (std::filesystem::temp_directory_path() / "trainyard-bench-XXXXXX").string();
    TY_CHECK(::mkdtemp(folder_.data()) != nullptr, "a temporary folder for the benchmark's certificate");
    certificate_ = folder_ + "/certificate.pem";
    key_ = folder_ + "/key.pem";
    const owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const owned<X509> x = make_certificate(key.get());
    TY_CHECK(PEM_write_X509(create(certificate_).get(), x.get()) == 1, "the benchmark's certificate file");
    TY_CHECK(PEM_write_PrivateKey(create(key_).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
             "the benchmark's key file");
}

tls_files::~tls_files() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace trainyard::bench
