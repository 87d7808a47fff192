// What a run did, folded into one number: two runs with the same hash did the same. A reader may see it all.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::simulation {

class trace {
public:
    using reader = std::function<void(duration, std::string_view line)>;

    explicit trace(reader r = {}) : reader_(std::move(r)) {}

    template <class... T>
    void add(duration now, fmt::format_string<T...> format, T&&... values) {
        line_.clear();
        fmt::format_to(std::back_inserter(line_), format, std::forward<T>(values)...);
        const std::string_view text{line_.data(), line_.size()};
        mix(static_cast<std::uint64_t>(now.count()));
        for (const char c : text) mix(static_cast<unsigned char>(c));
        ++lines_;
        if (reader_) reader_(now, text);
    }
    std::uint64_t hash() const { return hash_; }
    std::uint64_t lines() const { return lines_; }

private:
    void mix(std::uint64_t v) { hash_ = (hash_ ^ v) * 1099511628211ULL; }  // FNV-1a

    reader reader_;
    fmt::memory_buffer line_;
    std::uint64_t hash_ = 14695981039346656037ULL, lines_ = 0;
};

}  // namespace trainyard::simulation
