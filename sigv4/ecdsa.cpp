#include "sigv4/ecdsa.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/secret.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/sha256.hpp"

namespace trainyard::sigv4 {
namespace {

template <auto Free>
struct freed_by {
    void operator()(auto* p) const { Free(p); }
};
using bignum = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using curve = std::unique_ptr<EC_GROUP, freed_by<EC_GROUP_free>>;
using curve_point = std::unique_ptr<EC_POINT, freed_by<EC_POINT_free>>;
using builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using parameters = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

// 0x04, x, y: SEC 1, 2.3.3.
using point_bytes = std::array<unsigned char, 65>;

// Private key of the candidate, or nothing when it is out of range.
bignum private_of(const hmac_sha256& hmac, std::string_view access_key_id, unsigned char counter,
                  const EC_GROUP* group) {
    using namespace std::string_view_literals;
    std::string input{"\0\0\0\1"sv};
    input.append(ecdsa_algorithm).push_back('\0');
    input.append(access_key_id).push_back(static_cast<char>(counter));
    input.append("\0\0\1\0"sv);  // 256 bits are asked for
    mac candidate = hmac(input);
    bignum key{BN_bin2bn(candidate.data(), static_cast<int>(candidate.size()), nullptr)};
    OPENSSL_cleanse(candidate.data(), candidate.size());
    const bignum highest{BN_dup(EC_GROUP_get0_order(group))};
    TY_CHECK(key != nullptr && highest != nullptr && BN_sub_word(highest.get(), 2) == 1, "big numbers");
    if (BN_cmp(key.get(), highest.get()) > 0) return nullptr;
    TY_CHECK(BN_add_word(key.get(), 1) == 1, "big numbers");
    BN_set_flags(key.get(), BN_FLG_CONSTTIME);
    return key;
}

point_bytes public_of(const BIGNUM* key, const EC_GROUP* group) {
    const curve_point point{EC_POINT_new(group)};
    point_bytes out{};
    TY_CHECK(point != nullptr && EC_POINT_mul(group, point.get(), key, nullptr, nullptr, nullptr) == 1 &&
                 EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(),
                                    nullptr) == out.size(),
             "P-256");
    return out;
}

// Null when the point is not on the curve. `key` may be null: a public key.
EVP_PKEY* make_key(const point_bytes& point, const BIGNUM* key) {
    const builder b{OSSL_PARAM_BLD_new()};
    TY_CHECK(b != nullptr &&
                 OSSL_PARAM_BLD_push_utf8_string(b.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
                 OSSL_PARAM_BLD_push_octet_string(b.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                                  point.size()) == 1,
             "key parameters");
    if (key != nullptr)
        TY_CHECK(OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_PRIV_KEY, key) == 1, "key parameters");
    const parameters p{OSSL_PARAM_BLD_to_param(b.get())};
    const key_context c{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
    TY_CHECK(p != nullptr && c != nullptr && EVP_PKEY_fromdata_init(c.get()) == 1,
             "libcrypto offers EC keys");
    EVP_PKEY* out = nullptr;
    const int selection = key != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    return EVP_PKEY_fromdata(c.get(), &out, selection, p.get()) == 1 ? out : nullptr;
}

}  // namespace

void ecdsa_key::free_key::operator()(evp_pkey_st* key) const {
    EVP_PKEY_free(key);
}

ecdsa_key::ecdsa_key(std::string_view access_key_id, std::string_view secret_access_key) {
    std::string start;
    start.reserve(5 + secret_access_key.size());
    start.append("AWS4A").append(secret_access_key);
    const hmac_sha256 hmac{start};
    OPENSSL_cleanse(start.data(), start.size());
    const curve group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
    TY_CHECK(group != nullptr, "libcrypto offers P-256");
    bignum key;
    for (unsigned counter = 1; key == nullptr && counter <= 254; ++counter)
        key = private_of(hmac, access_key_id, static_cast<unsigned char>(counter), group.get());
    // One candidate in 2^32 is out of range.
    TY_CHECK(key != nullptr, "254 candidates for a private key, none in range");
    key_.reset(make_key(public_of(key.get(), group.get()), key.get()));
    TY_CHECK(key_ != nullptr, "a derived key is a P-256 key");
}

std::string ecdsa_key::sign(std::string_view text) const {
    const digest_context c{EVP_MD_CTX_new()};
    std::array<unsigned char, 80> der{};  // two integers of at most 33 bytes, and 6 bytes around them
    std::size_t size = der.size();
    TY_CHECK(
        c != nullptr &&
            EVP_DigestSignInit_ex(c.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1 &&
            EVP_DigestSign(c.get(), der.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                           text.size()) == 1,
        "ECDSA");
    return to_hex({der.data(), size});
}

public_key ecdsa_key::point() const {
    point_bytes bytes{};
    std::size_t size = 0;
    TY_CHECK(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size(),
                                             &size) == 1 &&
                 size == bytes.size() && bytes[0] == 4,
             "an uncompressed point");
    public_key out{};
    std::copy_n(bytes.begin() + 1, out.x.size(), out.x.begin());
    std::copy_n(bytes.begin() + 33, out.y.size(), out.y.begin());
    return out;
}

bool ecdsa_verifies(const public_key& key, std::string_view text, std::string_view signature_hex) {
    const auto der = from_hex(signature_hex);
    if (!der) return false;
    point_bytes point{4};
    std::copy(key.x.begin(), key.x.end(), point.begin() + 1);
    std::copy(key.y.begin(), key.y.end(), point.begin() + 33);
    const key_handle handle{make_key(point, nullptr)};
    const digest_context c{EVP_MD_CTX_new()};
    return handle != nullptr && c != nullptr &&
           EVP_DigestVerifyInit_ex(c.get(), nullptr, "SHA256", nullptr, nullptr, handle.get(), nullptr) ==
               1 &&
           EVP_DigestVerify(c.get(), reinterpret_cast<const unsigned char*>(der->data()), der->size(),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

struct ecdsa_key_cache::entry {
    std::string access_key_id;
    secret secret_access_key;
    ecdsa_key key;
};

void ecdsa_key_cache::free_entry::operator()(entry* e) const {
    delete e;
}

const ecdsa_key& ecdsa_key_cache::get(std::string_view access_key_id, std::string_view secret_access_key) {
    const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) {
        return e->access_key_id == access_key_id && e->secret_access_key.equals(secret_access_key);
    });
    if (known != entries_.end()) return (*known)->key;
    if (entries_.size() == capacity) entries_.erase(entries_.begin());
    entries_.emplace_back(new entry{std::string{access_key_id}, secret{std::string{secret_access_key}},
                                    ecdsa_key{access_key_id, secret_access_key}});
    return entries_.back()->key;
}

}  // namespace trainyard::sigv4
