// Seeded random numbers (PCG-XSH-RR 64/32, O'Neill 2014): the same seed gives the same sequence on every
// compiler and platform, which std:: distributions do not promise. Each component gets its own generator
// split from the run's seed.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace trainyard {

class rng {
public:
    explicit rng(std::uint64_t seed, std::uint64_t stream = 0) : increment_((stream << 1U) | 1U) {
        next_u32();
        state_ += seed;
        next_u32();
    }
    // An independent generator for the component of that name.
    rng split(std::string_view name) const {
        std::uint64_t h = 14695981039346656037ULL;  // FNV-1a
        for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        return rng{state_ ^ h, h};
    }
    std::uint32_t next_u32() {
        const std::uint64_t old = state_;
        state_ = old * 6364136223846793005ULL + increment_;
        const auto shifted = static_cast<std::uint32_t>(((old >> 18U) ^ old) >> 27U);
        const auto rotate = static_cast<std::uint32_t>(old >> 59U);
        return (shifted >> rotate) | (shifted << ((32U - rotate) & 31U));
    }
    std::uint64_t next_u64() {
        const std::uint64_t high = next_u32();
        return high << 32U | next_u32();
    }
    // Uniform in [0, bound); bound must be above 0.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t threshold = (0 - bound) % bound;
        for (;;)
            if (const std::uint64_t r = next_u64(); r >= threshold) return r % bound;
    }
    // Uniform in [low, high].
    std::int64_t between(std::int64_t low, std::int64_t high) {
        // In unsigned numbers: the width of a range may not fit a signed one.
        const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) +
                                         (width == 0 ? next_u64() : below(width)));
    }
    double unit() { return static_cast<double>(next_u64() >> 11U) * 0x1.0p-53; }  // uniform in [0, 1)
    bool chance(double probability) { return unit() < probability; }

    // Where the sequence stands; of_state() goes on from there.
    using state_type = std::pair<std::uint64_t, std::uint64_t>;
    state_type state() const { return {state_, increment_}; }
    static rng of_state(const state_type& s) {
        rng out{0};
        out.state_ = s.first;
        out.increment_ = s.second | 1U;
        return out;
    }

private:
    std::uint64_t state_ = 0;
    std::uint64_t increment_;
};

// A seed from the operating system, for drivers; pure code never calls it.
std::uint64_t entropy_seed();

}  // namespace trainyard
