// The low-level functions are deprecated in favour of EVP, not removed. A digest through EVP allocates each
// time and costs as much again as hashing 300 bytes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "engine/base/digest.hpp"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard {

sha256_digest sha256(std::string_view bytes) {
    sha256_digest out{};
    SHA256_CTX state;
    TY_CHECK(SHA256_Init(&state) == 1 && SHA256_Update(&state, bytes.data(), bytes.size()) == 1 &&
                 SHA256_Final(out.data(), &state) == 1,
             "SHA-256");
    return out;
}

md5_digest md5(std::string_view bytes) {
    md5_digest out{};
    MD5_CTX state;
    TY_CHECK(MD5_Init(&state) == 1 && MD5_Update(&state, bytes.data(), bytes.size()) == 1 &&
                 MD5_Final(out.data(), &state) == 1,
             "MD5");
    return out;
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}
std::string md5_hex(std::string_view bytes) {
    return to_hex(md5(bytes));
}

}  // namespace trainyard
