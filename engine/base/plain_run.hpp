// Copies text as long as it may stand in a JSON string as it is: ASCII, neither a control character nor a
// quote nor a backslash. Reading and writing such strings is what the servers of this program do most.
// Private to what reads and writes JSON.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace trainyard::json {

inline constexpr std::size_t run_bytes = 16;

// Of `run_bytes` bytes, all of which must be there. Bit i of the answer: byte i is not plain.
inline std::uint32_t rare_bytes(const char* from) {
#ifdef __SSE2__
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    // Signed, so that what is not ASCII is below the space too.
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash))));
#else
    std::uint32_t rare = 0;
    for (std::size_t i = 0; i < run_bytes; ++i) {
        const auto c = static_cast<unsigned char>(from[i]);
        rare |= (c < ' ' || c >= 0x80 || c == '"' || c == '\\' ? 1U : 0U) << i;
    }
    return rare;
#endif
}

// Copies `run_bytes` bytes as well.
inline std::uint32_t copy_block(char* to, const char* from) {
    const std::uint32_t rare = rare_bytes(from);
    std::memcpy(to, from, run_bytes);
    return rare;
}

// The same; gives how many bytes at the front are plain.
inline std::size_t copy_run(char* to, const char* from) {
    return static_cast<std::size_t>(std::countr_zero(copy_block(to, from) | (1U << run_bytes)));
}

// What an escape took and wrote, in bytes.
struct escape_step {
    std::size_t taken, written;
};

// Copies text with many escapes block by block: `from` and `to` move on until fewer than two blocks are left
// before `end`, or `escape` leaves a byte that is not plain to the caller. It gets where that byte stands and
// where to write, and gives how many bytes it took and how many it wrote; it took none: it leaves it. Finding
// the next such byte in a block does not wait for the one before.
template <class Escape>
void copy_blocks(char*& to, const char*& from, const char* end, const Escape& escape) {
    char* out = to;
    const char* at = from;
    while (end - at >= static_cast<std::ptrdiff_t>(2 * run_bytes)) {
        std::uint32_t rare = copy_block(out, at);
        std::size_t done = 0;  // of the block
        while (rare != 0) {
            const auto next = static_cast<std::size_t>(std::countr_zero(rare));
            if (done != 0) std::memcpy(out, at + done, run_bytes);
            out += next - done;
            const auto [taken, written] = escape(at + next, out);
            if (taken == 0) {
                from = at + next;
                to = out;
                return;
            }
            out += written;
            done = next + taken;
            rare &= ~0U << done;
        }
        if (done != 0 && done < run_bytes) std::memcpy(out, at + done, run_bytes);
        if (done < run_bytes) out += run_bytes - done;
        at += done < run_bytes ? run_bytes : done;
    }
    from = at;
    to = out;
}

}  // namespace trainyard::json
