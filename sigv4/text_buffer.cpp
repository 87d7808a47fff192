#include "sigv4/text_buffer.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace trainyard::sigv4 {
namespace {

constexpr std::string_view lower_digits = "0123456789abcdef";
constexpr std::string_view upper_digits = "0123456789ABCDEF";

constexpr auto make_pairs() {
    std::array<std::array<char, 2>, 256> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = {lower_digits[i >> 4], lower_digits[i & 15]};
    return out;
}
constexpr auto pairs = make_pairs();

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
    for (const unsigned char byte : m) {
        std::memcpy(at, pairs[byte].data(), 2);
        at += 2;
    }
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
