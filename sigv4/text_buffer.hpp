// Text that is built again and again in the same memory. Room grows to the largest text and stays, so a
// steady stream of requests allocates nothing. Overwritten when it goes: it held session tokens.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "sigv4/sha256.hpp"

namespace trainyard::sigv4 {

class text_buffer {
public:
    text_buffer() = default;
    text_buffer(const text_buffer&) = delete;
    text_buffer& operator=(const text_buffer&) = delete;
    ~text_buffer();

    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    void shrink_to(std::size_t size) { size_ = size < size_ ? size : size_; }
    // Views stay right until the buffer grows past what was reserved.
    std::string_view view() const { return {bytes_.data(), size_}; }
    std::string_view view_from(std::size_t start) const { return view().substr(start); }
    void reserve(std::size_t room) {
        if (bytes_.size() < room) grow(room - size_);
    }

    void put(char c) { *extend(1) = c; }
    [[gnu::always_inline]] void put(std::string_view text) {
        copy(extend(text.size()), text.data(), text.size());
    }
    // The text with the padding of SHA-256 (FIPS 180-4, 5.1.1) behind it, as if `before` bytes stood in
    // front; the text itself stays as it is. Valid until the next change.
    std::string_view padded(std::size_t before = 0);

    void put_hex(const mac& m);                 // lower case
    void put_percent_encoded(unsigned char c);  // as RFC 3986 has it: unreserved characters stay

private:
    // Most texts are shorter than a call of memcpy is worth.
    static void copy(char* to, const char* from, std::size_t n) {
        if (n > 16) {
            std::memcpy(to, from, n);
        } else if (n >= 8) {
            copy_ends<8>(to, from, n);
        } else if (n >= 4) {
            copy_ends<4>(to, from, n);
        } else {
            for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
        }
    }
    // The first and the last N bytes, which may overlap.
    template <std::size_t N>
    static void copy_ends(char* to, const char* from, std::size_t n) {
        std::array<char, N> first, last;
        std::memcpy(first.data(), from, N);
        std::memcpy(last.data(), from + n - N, N);
        std::memcpy(to, first.data(), N);
        std::memcpy(to + n - N, last.data(), N);
    }
    char* extend(std::size_t n) {
        if (bytes_.size() - size_ < n) grow(n);
        char* const at = bytes_.data() + size_;
        size_ += n;
        return at;
    }
    void grow(std::size_t n);

    std::string bytes_;  // its size is the room
    std::size_t size_ = 0;
};

// 64 lower-case digits, or nothing.
std::optional<mac> read_hex(std::string_view digits);

// A-Z a-z 0-9 - . _ ~
bool is_unreserved(unsigned char c);

}  // namespace trainyard::sigv4
