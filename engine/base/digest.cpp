#include "engine/base/digest.hpp"

#include <openssl/evp.h>

#include <memory>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard {
namespace {

// One context per thread and one fetched digest per process: an implicit fetch costs more than hashing 400
// bytes.
template <std::size_t N>
std::array<unsigned char, N> digest(EVP_MD* algorithm, std::string_view bytes) {
    struct context_free {
        void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
    };
    thread_local const std::unique_ptr<EVP_MD_CTX, context_free> context{EVP_MD_CTX_new()};
    std::array<unsigned char, N> out{};
    unsigned int size = 0;
    TY_CHECK(algorithm != nullptr && context != nullptr, "libcrypto offers no such digest");
    TY_CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1, "digest init");
    TY_CHECK(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1, "digest update");
    TY_CHECK(EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1 && size == N, "digest final");
    return out;
}

}  // namespace

sha256_digest sha256(std::string_view bytes) {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return digest<32>(algorithm, bytes);
}

md5_digest md5(std::string_view bytes) {
    static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
    return digest<16>(algorithm, bytes);
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}
std::string md5_hex(std::string_view bytes) {
    return to_hex(md5(bytes));
}

}  // namespace trainyard
