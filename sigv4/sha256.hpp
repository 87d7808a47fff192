// SHA-256 whose states can be saved and resumed, and HMAC on top. For this folder: signing hashes four short
// texts a request, where EVP's cost per digest (about 50 ns, and an allocation for each copied state) is half
// of the whole; see bench/README.md for the figures. Everything else uses engine/base/digest.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trainyard::sigv4 {

using mac = std::array<unsigned char, 32>;

inline constexpr std::size_t sha256_block_size = 64;

mac sha256_of(std::string_view bytes);

// Of bytes that carry their own padding (text_buffer::padded): spares the copy of the last block.
mac sha256_of_padded(std::string_view blocks);

// HMAC-SHA256 (RFC 2104) under one key, held as the two states after its padded block: 64 bytes, and half the
// compressions of starting from the key. Overwritten when it goes.
class hmac_sha256 {
public:
    hmac_sha256() = default;
    explicit hmac_sha256(std::string_view key) { set_key(key); }
    hmac_sha256(const hmac_sha256&) = delete;
    hmac_sha256& operator=(const hmac_sha256&) = delete;
    ~hmac_sha256() { wipe(); }

    void set_key(std::string_view key);
    void wipe();
    mac operator()(std::string_view text) const;
    // Of bytes padded as if sha256_block_size bytes stood before them.
    mac of_padded(std::string_view blocks) const;

private:
    using state = std::array<std::uint32_t, 8>;
    mac outer(const mac& inner) const;

    state inner_{}, outer_{};
};

std::string_view as_text(const mac& m);

}  // namespace trainyard::sigv4
