// FNV-1a: tells apart results that ought to be the same; guards nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace trainyard::sim {

class hasher {
public:
    hasher& number(std::int64_t v) {
        for (int i = 0; i < 8; ++i)
            byte(static_cast<unsigned char>(static_cast<std::uint64_t>(v) >> (8 * i)));
        return *this;
    }
    hasher& text(std::string_view s) {
        for (const char c : s) byte(static_cast<unsigned char>(c));
        return number(static_cast<std::int64_t>(s.size()));
    }
    std::uint64_t value() const { return value_; }

private:
    void byte(unsigned char b) { value_ = (value_ ^ b) * 1099511628211ULL; }
    std::uint64_t value_ = 14695981039346656037ULL;
};

}  // namespace trainyard::sim
