// Copies text as long as it may stand in a JSON string as it is: ASCII, neither a control character nor a
// quote nor a backslash. Reading and writing such strings is what the servers of this program do most.
// Private to JSON.
#pragma once

#include <cstddef>

#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#else
#include "engine/base/swar.hpp"
#endif

namespace trainyard::json {

#ifdef __SSE2__
inline constexpr std::size_t run_bytes = 16;

// Copies `run_bytes` bytes, all of which must be there; gives how many at the front are plain.
inline std::size_t copy_run(char* to, const char* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    // Signed, so that what is not ASCII is below the space too.
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const auto rare =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash))));
    return static_cast<std::size_t>(std::countr_zero(rare | (1U << run_bytes)));
}
#else
inline constexpr std::size_t run_bytes = swar::word_bytes;

inline std::size_t copy_run(char* to, const char* from) {
    const std::uint64_t word = swar::load(from);
    std::memcpy(to, &word, run_bytes);
    const std::uint64_t rare =
        swar::below(word, ' ') | swar::equal(word, '"') | swar::equal(word, '\\') | swar::above_ascii(word);
    return rare == 0 ? run_bytes : swar::first_byte(rare);
}
#endif

}  // namespace trainyard::json
