// The functions below are deprecated in favour of EVP, not removed; EVP cannot resume a state without
// allocating.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sigv4/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <bit>
#include <cstring>

#include "engine/base/check.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::size_t block_size = sha256_block_size;
static_assert(block_size == SHA256_CBLOCK);

using state = std::array<std::uint32_t, 8>;

mac finish(SHA256_CTX& c, std::string_view text) {
    mac out;
    TY_CHECK(SHA256_Update(&c, text.data(), text.size()) == 1 && SHA256_Final(out.data(), &c) == 1,
             "SHA-256");
    return out;
}

mac digest_of(const SHA256_CTX& c) {
    mac out;
    for (std::size_t i = 0; i < 8; ++i) {
        const std::uint32_t word =
            std::endian::native == std::endian::little ? __builtin_bswap32(c.h[i]) : c.h[i];
        std::memcpy(out.data() + 4 * i, &word, sizeof word);
    }
    return out;
}

mac finish_padded(SHA256_CTX& c, std::string_view blocks) {
    TY_CHECK(blocks.size() % block_size == 0 && SHA256_Update(&c, blocks.data(), blocks.size()) == 1,
             "SHA-256");
    return digest_of(c);
}

// A context that has taken exactly one block, which left `words`.
SHA256_CTX after_one_block(const state& words) {
    SHA256_CTX c;
    std::memcpy(c.h, words.data(), sizeof c.h);
    c.Nl = block_size * 8;
    c.Nh = 0;
    c.num = 0;
    c.md_len = SHA256_DIGEST_LENGTH;
    return c;
}

state state_after(const std::array<unsigned char, block_size>& block) {
    SHA256_CTX c;
    TY_CHECK(SHA256_Init(&c) == 1, "SHA-256");
    SHA256_Transform(&c, block.data());
    state out;
    std::memcpy(out.data(), c.h, sizeof c.h);
    OPENSSL_cleanse(&c, sizeof c);
    return out;
}

}  // namespace

mac sha256_of(std::string_view bytes) {
    SHA256_CTX c;
    TY_CHECK(SHA256_Init(&c) == 1, "SHA-256");
    return finish(c, bytes);
}

mac sha256_of_padded(std::string_view blocks) {
    SHA256_CTX c;
    TY_CHECK(SHA256_Init(&c) == 1, "SHA-256");
    return finish_padded(c, blocks);
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

mac hmac_sha256::outer(const mac& inner) const {
    // The inner digest with its padding is one block.
    std::array<unsigned char, block_size> block{};
    std::memcpy(block.data(), inner.data(), inner.size());
    block[inner.size()] = 0x80;
    constexpr std::size_t bits = (block_size + sizeof(mac)) * 8;
    block[block_size - 2] = bits >> 8;
    block[block_size - 1] = bits & 0xff;
    SHA256_CTX c = after_one_block(outer_);
    SHA256_Transform(&c, block.data());
    return digest_of(c);
}

mac hmac_sha256::operator()(std::string_view text) const {
    SHA256_CTX c = after_one_block(inner_);
    return outer(finish(c, text));
}

mac hmac_sha256::of_padded(std::string_view blocks) const {
    SHA256_CTX c = after_one_block(inner_);
    return outer(finish_padded(c, blocks));
}

std::string_view as_text(const mac& m) {
    return {reinterpret_cast<const char*>(m.data()), m.size()};
}

}  // namespace trainyard::sigv4
