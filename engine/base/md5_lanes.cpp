#include "engine/base/md5_lanes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.hpp"

namespace trainyard {
namespace {

static_assert(std::endian::native == std::endian::little, "MD5 reads its words from the low end");

constexpr std::size_t block_bytes = 64, block_words = 16;
// GCC's and Clang's vectors, for any CPU.
typedef std::uint32_t words4 __attribute__((vector_size(16)));
constexpr std::size_t words4_lanes = 4;

// The integer part of 2^32 times |sin(i + 1)|.
constexpr std::array<std::uint32_t, 64> sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::uint32_t, 4> initial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

// N vectors of four lanes; operations on one fill the gaps that those on another leave.
template <std::size_t N>
struct lanes {
    static constexpr std::size_t count = N * words4_lanes;
    std::array<words4, N> part;
};

template <std::size_t N>
struct state {
    lanes<N> a, b, c, d;
};

// RFC 1321, 3.4: one step of round R; what is `a` here is another word in the next step.
template <int R, int Shift, std::size_t N>
[[gnu::always_inline]] inline void step(lanes<N>& a, const lanes<N>& b, const lanes<N>& c, const lanes<N>& d,
                                        const lanes<N>& word, std::uint32_t sine) {
    for (std::size_t i = 0; i < N; ++i) {
        const words4 x = b.part[i], y = c.part[i], z = d.part[i];
        words4 mixed;
        if constexpr (R == 0)
            mixed = z ^ (x & (y ^ z));
        else if constexpr (R == 1)
            mixed = y ^ (z & (x ^ y));
        else if constexpr (R == 2)
            mixed = x ^ y ^ z;
        else
            mixed = y ^ (x | ~z);
        const words4 sum = a.part[i] + mixed + (word.part[i] + sine);
        a.part[i] = x + ((sum << Shift) | (sum >> (32 - Shift)));
    }
}

template <int R, int S0, int S1, int S2, int S3, std::size_t N>
[[gnu::always_inline]] inline void round(state<N>& s, const std::array<lanes<N>, block_words>& words) {
    constexpr std::size_t first = std::array{0, 1, 5, 0}[R], stride = std::array{1, 5, 3, 7}[R];
    const auto word = [&words](std::size_t i) -> const lanes<N>& {
        return words[(first + stride * i) % block_words];
    };
    for (std::size_t i = 0; i < block_words; i += 4) {
        const std::uint32_t* const sine = sines.data() + block_words * R + i;
        step<R, S0>(s.a, s.b, s.c, s.d, word(i), sine[0]);
        step<R, S1>(s.d, s.a, s.b, s.c, word(i + 1), sine[1]);
        step<R, S2>(s.c, s.d, s.a, s.b, word(i + 2), sine[2]);
        step<R, S3>(s.b, s.c, s.d, s.a, word(i + 3), sine[3]);
    }
}

// Four words of each of four blocks, as four lanes of each word.
void transpose(const char* const* blocks, std::size_t at, words4* out) {
    std::array<words4, words4_lanes> row;
    for (std::size_t l = 0; l < words4_lanes; ++l) std::memcpy(&row[l], blocks[l] + at, sizeof row[l]);
    const words4 low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
    const words4 low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
    const words4 high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
    const words4 high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
    out[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    out[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    out[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    out[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

template <std::size_t N>
void compress(state<N>& s, const std::array<const char*, lanes<N>::count>& blocks) {
    std::array<lanes<N>, block_words> words;
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t w = 0; w < block_words; w += words4_lanes) {
            std::array<words4, words4_lanes> four;
            transpose(blocks.data() + i * words4_lanes, w * sizeof(std::uint32_t), four.data());
            for (std::size_t k = 0; k < words4_lanes; ++k) words[w + k].part[i] = four[k];
        }
    round<0, 7, 12, 17, 22>(s, words);
    round<1, 5, 9, 14, 20>(s, words);
    round<2, 4, 11, 16, 23>(s, words);
    round<3, 6, 10, 15, 21>(s, words);
}

// A text and the padding behind it, block by block.
class padded_text {
public:
    void set(std::string_view text) {
        text_ = text;
        whole_ = text.size() / block_bytes;
        const std::string_view rest = text.substr(whole_ * block_bytes);
        const std::size_t behind = rest.size() + 1 + sizeof(std::uint64_t) > block_bytes ? 2 : 1;
        tail_.fill(0);
        std::copy(rest.begin(), rest.end(), tail_.begin());
        tail_[rest.size()] = '\x80';
        const std::uint64_t bits = std::uint64_t{text.size()} * 8;
        std::memcpy(tail_.data() + behind * block_bytes - sizeof bits, &bits, sizeof bits);
        blocks_ = whole_ + behind;
    }
    std::size_t blocks() const { return blocks_; }
    // Behind the end any block, which does not count.
    const char* block(std::size_t i) const {
        if (i < whole_) return text_.data() + i * block_bytes;
        return tail_.data() + (i < blocks_ ? (i - whole_) * block_bytes : 0);
    }

private:
    std::string_view text_;
    std::size_t whole_ = 0, blocks_ = 0;
    std::array<char, 2 * block_bytes> tail_{};
};

template <std::size_t N>
void add_where(lanes<N>& to, const lanes<N>& from, const lanes<N>& mask) {
    for (std::size_t i = 0; i < N; ++i) to.part[i] += from.part[i] & mask.part[i];
}

// At most lanes<N>::count texts.
template <std::size_t N>
void hash(std::span<const std::string_view> texts, std::span<md5_digest> out) {
    constexpr std::size_t count = lanes<N>::count;
    std::array<padded_text, count> padded;
    std::size_t longest = 0;
    for (std::size_t l = 0; l < texts.size(); ++l) {
        padded[l].set(texts[l]);
        longest = std::max(longest, padded[l].blocks());
    }
    state<N> s;
    for (std::size_t i = 0; i < N; ++i) {
        s.a.part[i] = words4{} + initial[0];
        s.b.part[i] = words4{} + initial[1];
        s.c.part[i] = words4{} + initial[2];
        s.d.part[i] = words4{} + initial[3];
    }
    for (std::size_t k = 0; k < longest; ++k) {
        std::array<const char*, count> blocks;
        lanes<N> counts;  // all bits of a lane whose text has this block
        for (std::size_t l = 0; l < count; ++l) {
            blocks[l] = padded[l].block(k);
            counts.part[l / words4_lanes][l % words4_lanes] = k < padded[l].blocks() ? ~0U : 0U;
        }
        state<N> next = s;
        compress(next, blocks);
        add_where(s.a, next.a, counts);
        add_where(s.b, next.b, counts);
        add_where(s.c, next.c, counts);
        add_where(s.d, next.d, counts);
    }
    for (std::size_t l = 0; l < texts.size(); ++l) {
        const std::size_t i = l / words4_lanes, j = l % words4_lanes;
        const std::array<std::uint32_t, 4> words{s.a.part[i][j], s.b.part[i][j], s.c.part[i][j],
                                                 s.d.part[i][j]};
        std::memcpy(out[l].data(), words.data(), sizeof words);
    }
}

}  // namespace

void md5_of_each(std::span<const std::string_view> texts, std::span<md5_digest> out) {
    TY_CHECK(texts.size() == out.size(), "a digest for each text");
    while (!texts.empty()) {
        std::size_t n = 1;
        if (texts.size() == 1) {
            out[0] = md5(texts[0]);
        } else if (texts.size() <= lanes<1>::count) {
            n = texts.size();
            hash<1>(texts, out);
        } else {
            n = std::min(texts.size(), lanes<2>::count);
            hash<2>(texts.first(n), out.first(n));
        }
        texts = texts.subspan(n);
        out = out.subspan(n);
    }
}

}  // namespace trainyard
