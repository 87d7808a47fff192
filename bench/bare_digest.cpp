#define OPENSSL_SUPPRESS_DEPRECATED  // the low-level functions are deprecated in favour of EVP
#include "bench/bare_digest.hpp"

#include <openssl/md5.h>
#include <openssl/sha.h>

namespace trainyard::bench {

sha256_digest bare_sha256(std::string_view bytes) {
    sha256_digest out;
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data());
    return out;
}

md5_digest bare_md5(std::string_view bytes) {
    md5_digest out;
    MD5(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data());
    return out;
}

}  // namespace trainyard::bench
