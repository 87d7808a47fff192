#include "aws/local/identity/unique_id.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // RFC 4648
constexpr unsigned account_shift = 7;
constexpr std::uint64_t account_mask = (1ULL << 40U) - 1;  // 12 digits need 40 bits

std::string random_bytes(rng& random, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(random.below(256));
    return out;
}

}  // namespace

std::string make_entity_id(std::string_view prefix, rng& random) {
    std::string out{prefix};
    while (out.size() < 21) out += base32[random.below(base32.size())];
    return out;
}

std::string derived_entity_id(std::string_view prefix, std::string_view arn) {
    const auto digest = sha256(arn);
    std::string out{prefix};
    for (std::size_t i = 0; out.size() < 21; ++i) out += base32[digest[i] % base32.size()];
    return out;
}

std::string make_access_key_id(std::string_view prefix, const account_id& account, rng& random) {
    std::uint64_t number = 0;
    std::from_chars(account.str().data(), account.str().data() + account.str().size(), number);
    // 48 bits: one, the account, seven; then 32 more.
    const std::uint64_t head = (random.next_u64() & ~(account_mask << account_shift) & ((1ULL << 48U) - 1)) |
                               (number & account_mask) << account_shift;
    const std::uint64_t tail = random.next_u32();
    std::string out{prefix};
    for (int i = 0; i < 16; ++i) {
        std::uint64_t digit = 0;
        for (int bit = i * 5; bit < i * 5 + 5; ++bit) {
            const std::uint64_t source =
                bit < 48 ? head >> static_cast<unsigned>(47 - bit) : tail >> static_cast<unsigned>(79 - bit);
            digit = digit << 1U | (source & 1U);
        }
        out += base32[digit];
    }
    return out;
}

std::optional<account_id> account_of_access_key_id(std::string_view id) {
    if (id.size() != 20 || (!id.starts_with("AKIA") && !id.starts_with("ASIA"))) return std::nullopt;
    if (id.find_first_not_of(base32, 4) != std::string_view::npos) return std::nullopt;
    std::uint64_t head = 0;  // 50 bits
    for (const char c : id.substr(4, 10)) head = head << 5U | base32.find(c);
    const std::uint64_t number = head >> (2 + account_shift) & account_mask;
    return account_id{fmt::format("{:012}", number)};
}

secret make_secret_access_key(rng& random) {
    return secret{to_base64(random_bytes(random, 30))};
}

secret make_session_token(rng& random) {
    return secret{to_base64(random_bytes(random, 96))};
}

}  // namespace trainyard::aws::local
