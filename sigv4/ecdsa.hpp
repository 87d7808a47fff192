// The asymmetric half of SigV4a: an ECDSA P-256 key that is a function of the access key, so that one
// signature serves several regions (AWS: "AWS Signature Version 4a", aws-c-auth).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace trainyard::sigv4 {

struct public_key {
    std::array<unsigned char, 32> x, y;
};

class ecdsa_key {
public:
    // NIST SP 800-108 in counter mode over "AWS4A" + secret; the first of up to 254 candidates in range.
    ecdsa_key(std::string_view access_key_id, std::string_view secret_access_key);

    // ASN.1 DER in lower-case hex, of the SHA-256 of the text. Another one each time: the nonce is random.
    std::string sign(std::string_view text) const;
    public_key point() const;

private:
    struct free_key {
        void operator()(evp_pkey_st* key) const;
    };
    std::unique_ptr<evp_pkey_st, free_key> key_;
};

// False as well when the signature is not hex of DER or the point not on the curve.
bool ecdsa_verifies(const public_key& key, std::string_view text, std::string_view signature_hex);

// Keys of recent access keys: deriving one costs a point multiplication. SigV4a serves few identities (global
// endpoints, multi-region access points), so a short list, the oldest going first.
class ecdsa_key_cache {
public:
    static constexpr std::size_t capacity = 64;

    // Valid until the next call.
    const ecdsa_key& get(std::string_view access_key_id, std::string_view secret_access_key);
    std::size_t size() const { return entries_.size(); }

private:
    struct entry;
    struct free_entry {
        void operator()(entry* e) const;
    };
    std::vector<std::unique_ptr<entry, free_entry>> entries_;
};

}  // namespace trainyard::sigv4
