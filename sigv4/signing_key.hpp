// Stages 3 and 4: the signing key and what is made with it (AWS: "Create a signed AWS API request", steps 3
// and 4).
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/secret.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::sigv4 {

using mac = std::array<unsigned char, 32>;

// HMAC-SHA256, from libcrypto.
mac hmac_sha256(std::string_view key, std::string_view text);

// HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request"). Overwritten when it goes.
class signing_key {
public:
    signing_key(std::string_view secret_access_key, std::string_view date, const scope& where);
    signing_key(const signing_key&) = delete;
    signing_key& operator=(const signing_key&) = delete;
    ~signing_key();

    mac sign(std::string_view string_to_sign) const;

private:
    mac bytes_;
};

// Derived keys of the recent (access key, secret, date, region, service): four HMACs of five saved for each
// request. Bounded, not thread-safe. A new key takes the slot of an older one with the same hash.
class key_cache {
public:
    // 1,000 accounts in one service and region, the largest fleet foreseen; about 300 KiB when full.
    static constexpr std::size_t slots = 1024;

    // Valid until the next call.
    const signing_key& get(std::string_view access_key_id, const secret& secret_access_key,
                           std::string_view date, const scope& where);

    std::size_t derivations() const { return derivations_; }

private:
    struct entry;
    struct entry_free {
        void operator()(entry* e) const;
    };
    std::vector<std::unique_ptr<entry, entry_free>> entries_;  // by hash; empty until the first use
    std::size_t derivations_ = 0;
};

}  // namespace trainyard::sigv4
