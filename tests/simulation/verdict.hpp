// What a run is accused of. The names are those of the invariants in README.md.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::simulation {

class verdict {
public:
    struct violation {
        duration when;
        std::string invariant, what;
    };

    template <class... T>
    void accuse(duration now, std::string invariant, fmt::format_string<T...> format, T&&... values) {
        if (found_.size() < kept_max)
            found_.push_back({now, std::move(invariant), fmt::format(format, std::forward<T>(values)...)});
    }
    bool clean() const { return found_.empty(); }
    const std::vector<violation>& violations() const { return found_; }

private:
    static constexpr std::size_t kept_max = 20;  // the first tells most
    std::vector<violation> found_;
};

}  // namespace trainyard::simulation
