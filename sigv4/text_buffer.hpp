// Text that is built again and again in the same memory. Room grows to the largest text and stays, so a
// steady stream of requests allocates nothing. Overwritten when it goes: it held session tokens.
#pragma once

#include <cstddef>
#include <cstring>
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
    void put(std::string_view text) {
        if (!text.empty()) std::memcpy(extend(text.size()), text.data(), text.size());
    }
    void put_hex(const mac& m);                 // lower case
    void put_percent_encoded(unsigned char c);  // as RFC 3986 has it: unreserved characters stay

private:
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

// A-Z a-z 0-9 - . _ ~
bool is_unreserved(unsigned char c);

}  // namespace trainyard::sigv4
