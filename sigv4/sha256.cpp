// The functions below are deprecated in favour of EVP, not removed; EVP cannot resume a state without
// allocating.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sigv4/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

#include "engine/base/check.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::size_t block_size = SHA256_CBLOCK;

// A context that has taken exactly one block, which left `words`.
SHA256_CTX after_one_block(const std::array<std::uint32_t, 8>& words) {
    SHA256_CTX c;
    std::memcpy(c.h, words.data(), sizeof c.h);
    c.Nl = block_size * 8;
    c.Nh = 0;
    c.num = 0;
    c.md_len = SHA256_DIGEST_LENGTH;
    return c;
}

mac finish(SHA256_CTX& c) {
    mac out;
    TY_CHECK(SHA256_Final(out.data(), &c) == 1, "SHA-256");
    return out;
}

std::array<std::uint32_t, 8> state_after(const std::array<unsigned char, block_size>& block) {
    SHA256_CTX c;
    TY_CHECK(SHA256_Init(&c) == 1, "SHA-256");
    SHA256_Transform(&c, block.data());
    std::array<std::uint32_t, 8> out;
    std::memcpy(out.data(), c.h, sizeof c.h);
    OPENSSL_cleanse(&c, sizeof c);
    return out;
}

}  // namespace

mac sha256_of(std::string_view bytes) {
    SHA256_CTX c;
    TY_CHECK(SHA256_Init(&c) == 1 && SHA256_Update(&c, bytes.data(), bytes.size()) == 1, "SHA-256");
    return finish(c);
}

void hmac_sha256::set_key(std::string_view key) {
    static_assert(sizeof(SHA256_CTX::h) == sizeof(state));
    std::array<unsigned char, block_size> block{};
    if (key.size() > block.size()) {
        const mac shorter = sha256_of(key);
        std::memcpy(block.data(), shorter.data(), shorter.size());
    } else if (!key.empty()) {
        std::memcpy(block.data(), key.data(), key.size());
    }
    for (unsigned char& b : block) b ^= 0x36;
    inner_ = state_after(block);
    for (unsigned char& b : block) b ^= 0x36 ^ 0x5c;
    outer_ = state_after(block);
    OPENSSL_cleanse(block.data(), block.size());
}

void hmac_sha256::wipe() {
    OPENSSL_cleanse(inner_.data(), sizeof inner_);
    OPENSSL_cleanse(outer_.data(), sizeof outer_);
}

mac hmac_sha256::operator()(std::string_view text) const {
    SHA256_CTX c = after_one_block(inner_);
    TY_CHECK(SHA256_Update(&c, text.data(), text.size()) == 1, "SHA-256");
    const mac inner = finish(c);
    c = after_one_block(outer_);
    TY_CHECK(SHA256_Update(&c, inner.data(), inner.size()) == 1, "SHA-256");
    return finish(c);
}

std::string_view as_text(const mac& m) {
    return {reinterpret_cast<const char*>(m.data()), m.size()};
}

}  // namespace trainyard::sigv4
