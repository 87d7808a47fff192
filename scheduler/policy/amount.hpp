// Counts of instances and jobs: never negative, saturating, with one "unlimited". Raw arithmetic on quota is
// impossible.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace trainyard::policy {

class amount {
public:
    constexpr amount() = default;
    // Negative counts become 0.
    constexpr explicit amount(std::int64_t count) : count_(count < 0 ? 0 : count) {}
    static constexpr amount unlimited() {
        amount a;
        a.count_ = top;
        return a;
    }
    constexpr bool is_unlimited() const { return count_ == top; }
    constexpr std::int64_t count() const { return count_; }

    friend constexpr amount operator+(amount a, amount b) {
        if (a.is_unlimited() || b.is_unlimited() || a.count_ > top - b.count_) return unlimited();
        return amount{a.count_ + b.count_};
    }
    // What is left of `a` after `b`: unlimited stays unlimited, and nothing goes below 0.
    friend constexpr amount operator-(amount a, amount b) {
        if (a.is_unlimited()) return a;
        return amount{b.count_ >= a.count_ ? 0 : a.count_ - b.count_};
    }
    constexpr amount& operator+=(amount b) { return *this = *this + b; }
    constexpr amount& operator-=(amount b) { return *this = *this - b; }
    friend constexpr auto operator<=>(amount, amount) = default;

private:
    static constexpr std::int64_t top = std::numeric_limits<std::int64_t>::max();
    std::int64_t count_ = 0;
};

}  // namespace trainyard::policy
