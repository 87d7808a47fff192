// A tenant's weighted share of the fleet as an exact fraction, so that every compiler and CPU orders tenants
// alike: a comparison is two integer products, never a floating-point quotient.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

#include "engine/base/check.hpp"
#include "scheduler/policy/amount.hpp"

namespace trainyard::policy {

// The three factors of a product stay below 2^40 each, so that it fits 128 bits. Larger counts compare as
// this one.
inline constexpr std::int64_t share_count_max = std::int64_t{1} << 40U;
// Weights are kept in millionths, between 0.000001 and 1,000,000.
inline constexpr std::int64_t weight_unit = 1'000'000;
inline constexpr double weight_max = 1e6;

constexpr std::int64_t scaled_weight(double weight) {
    if (weight >= weight_max) return weight_unit * weight_unit;
    return std::max<std::int64_t>(1,
                                  static_cast<std::int64_t>(weight * static_cast<double>(weight_unit) + 0.5));
}

// used / capacity / weight.
class share {
public:
    constexpr share() = default;
    constexpr share(amount used, amount capacity, std::int64_t weight)
        : used_(std::min(used.count(), share_count_max)),
          capacity_(std::clamp<std::int64_t>(capacity.count(), 1, share_count_max)),
          weight_(weight) {}

    constexpr double value() const {
        return static_cast<double>(used_) * static_cast<double>(weight_unit) /
               (static_cast<double>(capacity_) * static_cast<double>(weight_));
    }
    friend constexpr std::strong_ordering operator<=>(share a, share b) {
        const wide left = static_cast<wide>(a.used_) * b.capacity_ * b.weight_;
        const wide right = static_cast<wide>(b.used_) * a.capacity_ * a.weight_;
        if (left < right) return std::strong_ordering::less;
        return left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
    }
    friend constexpr bool operator==(share a, share b) { return (a <=> b) == std::strong_ordering::equal; }

private:
    __extension__ typedef __int128 wide;
    std::int64_t used_ = 0;
    std::int64_t capacity_ = 1;
    std::int64_t weight_ = weight_unit;
};

}  // namespace trainyard::policy
