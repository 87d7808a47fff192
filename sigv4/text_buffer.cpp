#include "sigv4/text_buffer.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>

namespace trainyard::sigv4 {
namespace {

// Sixteen at a time; GCC's and Clang's vectors, for any CPU.
typedef unsigned char bytes16 __attribute__((vector_size(16)));
typedef unsigned char bytes8 __attribute__((vector_size(8)));
typedef std::uint16_t words8 __attribute__((vector_size(16)));

bytes16 hex_digits(bytes16 nibbles) {
    const auto above_nine = reinterpret_cast<bytes16>(nibbles > 9);
    return nibbles + '0' + (above_nine & ('a' - '0' - 10));
}

constexpr std::string_view upper_digits = "0123456789ABCDEF";

constexpr auto make_unreserved() {
    std::array<bool, 256> out{};
    for (const char c :
         std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"})
        out[static_cast<unsigned char>(c)] = true;
    return out;
}
constexpr auto unreserved = make_unreserved();

}  // namespace

bool is_unreserved(unsigned char c) {
    return unreserved[c];
}

text_buffer::~text_buffer() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

void text_buffer::put_hex(const mac& m) {
    char* at = extend(2 * m.size());
    for (std::size_t i = 0; i < m.size(); i += sizeof(bytes16)) {
        bytes16 bytes;
        std::memcpy(&bytes, m.data() + i, sizeof bytes);
        const bytes16 high = hex_digits(bytes >> 4), low = hex_digits(bytes & 15);
        const bytes16 first =
            __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const bytes16 second =
            __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        std::memcpy(at, &first, sizeof first);
        std::memcpy(at + sizeof first, &second, sizeof second);
        at += 2 * sizeof bytes;
    }
}

std::optional<mac> read_hex(std::string_view digits) {
    mac out;
    if (digits.size() != 2 * out.size()) return std::nullopt;
    bytes16 wrong{};
    for (std::size_t i = 0; i < out.size(); i += sizeof(bytes16) / 2) {
        bytes16 c;
        std::memcpy(&c, digits.data() + 2 * i, sizeof c);
        const auto is_digit = reinterpret_cast<bytes16>((c >= '0') & (c <= '9'));
        const auto is_letter = reinterpret_cast<bytes16>((c >= 'a') & (c <= 'f'));
        wrong |= ~(is_digit | is_letter);
        const bytes16 nibbles = (c & 15) + (is_letter & 9);
        // Two digits are one lane, the first at its lower address; their byte is left in the lane's low half.
        const auto lanes = reinterpret_cast<words8>(nibbles);
        const words8 bytes =
            std::endian::native == std::endian::little ? (lanes << 4) | (lanes >> 8) : (lanes >> 4) | lanes;
        const auto packed = __builtin_convertvector(bytes & 0xff, bytes8);
        std::memcpy(out.data() + i, &packed, sizeof packed);
    }
    std::array<std::uint64_t, 2> any{};
    std::memcpy(any.data(), &wrong, sizeof wrong);
    if ((any[0] | any[1]) != 0) return std::nullopt;
    return out;
}

std::string_view text_buffer::padded(std::size_t before) {
    const std::size_t size = size_;
    const std::size_t padded_size =
        (size + 1 + 8 + sha256_block_size - 1) / sha256_block_size * sha256_block_size;
    char* const end = extend(padded_size - size);
    size_ = size;
    end[0] = '\x80';
    std::memset(end + 1, 0, padded_size - size - 1 - 8);
    std::uint64_t bits = std::uint64_t{before + size} * 8;
    if constexpr (std::endian::native == std::endian::little) bits = __builtin_bswap64(bits);
    std::memcpy(end + padded_size - size - 8, &bits, sizeof bits);
    return {bytes_.data(), padded_size};
}

void text_buffer::put_percent_encoded(unsigned char c) {
    if (unreserved[c]) {
        put(static_cast<char>(c));
    } else {
        char* const at = extend(3);
        at[0] = '%';
        at[1] = upper_digits[c >> 4];
        at[2] = upper_digits[c & 15];
    }
}

void text_buffer::grow(std::size_t n) {
    // A fresh string, so that the old bytes can be overwritten before they are freed.
    std::string wider(std::max<std::size_t>({512, bytes_.size() * 2, size_ + n}), '\0');
    std::copy_n(bytes_.data(), size_, wider.data());
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_.swap(wider);
}

}  // namespace trainyard::sigv4
