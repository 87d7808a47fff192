// How often a test repeats what is random.
#pragma once

#include <cstdint>

namespace trainyard::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRAINYARD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRAINYARD_SANITIZED 1
#endif
#endif

#ifdef TRAINYARD_SANITIZED
// Each run takes ten to fifty times as long there, and what a sanitizer finds, it finds early.
inline constexpr std::uint64_t runs(std::uint64_t n) {
    return (n + 9) / 10;
}
#else
inline constexpr std::uint64_t runs(std::uint64_t n) {
    return n;
}
#endif
#undef TRAINYARD_SANITIZED

}  // namespace trainyard::test
