#include "aws/sqs/id_table.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "engine/base/digest.hpp"
#include "engine/base/swar.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr std::size_t cells_min = 1024;

// Eight lower-case digits at once; false when one is none.
bool read_digits(const char* at, std::uint32_t& out) {
    using swar::highs, swar::ones;
    const std::uint64_t word = swar::load(at);
    if ((word & highs) != 0) return false;
    // No byte reaches into the next one: all are below 128, and so is what is added.
    const auto at_least = [word](unsigned char c) { return (word + ones * (0x80U - c)) & highs; };
    const std::uint64_t letter = at_least('a') & ~at_least('f' + 1);
    const std::uint64_t digit = at_least('0') & ~at_least('9' + 1);
    if ((letter | digit) != highs) return false;
    // Their low halves, and 9 more for a letter; then joined in pairs, the first of each above the second.
    std::uint64_t v = (word & ones * 0x0F) + (letter >> 7U) * 9;
    v = (v << 4U | v >> 8U) & 0x00FF'00FF'00FF'00FFULL;
    v = (v | v >> 8U) & 0x0000'FFFF'0000'FFFFULL;
    out = __builtin_bswap32(static_cast<std::uint32_t>(v | v >> 16U));
    return true;
}

// 8-4-4-4-12 lower-case digits.
bool read_uuid(std::string_view text, std::uint64_t& high, std::uint64_t& low) {
    if (text.size() != 36) return false;
    const char* const t = text.data();
    if (t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-') return false;
    std::array<char, 16> inner;  // the twelve digits between, and the first four of the last part
    std::memcpy(inner.data(), t + 9, 4);
    std::memcpy(inner.data() + 4, t + 14, 4);
    std::memcpy(inner.data() + 8, t + 19, 4);
    std::memcpy(inner.data() + 12, t + 24, 4);
    std::uint32_t a = 0, b = 0, c = 0, d = 0;
    if (!read_digits(t, a) || !read_digits(inner.data(), b) || !read_digits(inner.data() + 8, c) ||
        !read_digits(t + 28, d))
        return false;
    high = std::uint64_t{a} << 32U | b;
    low = std::uint64_t{c} << 32U | d;
    return true;
}

}  // namespace

id_table::key id_table::make_key(std::uint32_t queue, std::string_view message_id) {
    key out;
    out.queue = queue;
    if (read_uuid(message_id, out.high, out.low)) return out;
    const sha256_digest digest = sha256(message_id);
    std::memcpy(&out.high, digest.data(), sizeof out.high);
    std::memcpy(&out.low, digest.data() + sizeof out.high, sizeof out.low);
    return out;
}

id_table::id_table(std::size_t remembered)
    : cells_(cells_min), mask_(cells_min - 1), remembered_(remembered) {}

// Steele, Lea, Flood (2014), "SplitMix": every bit of the key reaches every bit of the place.
std::size_t id_table::home(const key& k) const {
    std::uint64_t x = k.low ^ std::rotl(k.high, 32) ^ k.queue;
    x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBULL;
    return static_cast<std::size_t>(x ^ (x >> 31U)) & mask_;
}

std::size_t id_table::where(const key& k) const {
    std::size_t at = home(k);
    while (cells_[at].value != nothing && !(cells_[at].id == k)) at = (at + 1) & mask_;
    return at;
}

std::uint32_t id_table::find(const key& k) const {
    return cells_[where(k)].value;
}

void id_table::put(const key& k, std::uint32_t slot) {
    if (2 * (used_ + 1) > cells_.size()) grow();
    cell& c = cells_[where(k)];
    if (c.value == nothing) ++used_;
    c.id = k;
    c.value = slot;
}

void id_table::settle(const key& k) {
    if (remembered_ == 0) return remove(k);
    put(k, settled);
    if (ring_.size() < remembered_) {
        ring_.push_back(k);
        return;
    }
    const key oldest = std::exchange(ring_[next_], k);
    next_ = (next_ + 1) % remembered_;
    // It may have come again since, and be held or settled anew.
    if (const std::size_t at = where(oldest); cells_[at].value == settled && !(oldest == k)) erase_at(at);
}

void id_table::remove(const key& k) {
    if (const std::size_t at = where(k); cells_[at].value != nothing) erase_at(at);
}

// What stands behind it and belongs at or before its place moves up, so that every search still ends at an
// empty cell only when the key is not there (Knuth 6.4, algorithm R).
void id_table::erase_at(std::size_t hole) {
    for (std::size_t at = (hole + 1) & mask_; cells_[at].value != nothing; at = (at + 1) & mask_) {
        const std::size_t wanted = home(cells_[at].id);
        if (((at - wanted) & mask_) < ((at - hole) & mask_)) continue;
        cells_[hole] = cells_[at];
        hole = at;
    }
    cells_[hole].value = nothing;
    --used_;
}

void id_table::grow() {
    const std::vector<cell> old = std::exchange(cells_, std::vector<cell>(2 * cells_.size()));
    mask_ = cells_.size() - 1;
    for (const cell& c : old)
        if (c.value != nothing) cells_[where(c.id)] = c;
}

}  // namespace trainyard::aws::sqs
