#include "aws/local/identity/identity_store.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view upper_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string random_text(rng& random, std::string_view alphabet, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += alphabet[random.below(alphabet.size())];
    return out;
}

std::string random_bytes(rng& random, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(random.below(256));
    return out;
}

// The same entity has the same unique id each time, as in IAM.
std::string unique_id(std::string_view kind, std::string_view arn) {
    const auto digest = sha256(arn);
    std::string out{kind};
    for (std::size_t i = 0; i < 17; ++i) out += upper_and_digits[digest[i] % upper_and_digits.size()];
    return out;
}

}  // namespace

identity_store::identity_store(std::string secret_access_key)
    : secret_access_key_(std::move(secret_access_key)) {}

std::optional<identity_store::identity> identity_store::find(std::string_view access_key_id) const {
    if (const auto found = sessions_.find(access_key_id); found != sessions_.end()) return found->second;
    std::string_view account = access_key_id;
    if (access_key_id == "test") account = "000000000000";
    const bool digits =
        std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (account.size() != 12 || !digits) return std::nullopt;
    identity out;
    out.who.account = account_id{account};
    out.who.arn = "arn:aws:iam::" + std::string{account} + ":user/local";
    out.who.user_id = unique_id("AIDA", out.who.arn);
    out.key.secret_access_key = secret_access_key_;
    return out;
}

std::optional<identity_store::session> identity_store::assume(const assumed_role& role, wall_time now,
                                                              rng& random) {
    while (!expiry_.empty() && expiry_.begin()->first + expired_session_kept <= now) {
        sessions_.erase(expiry_.begin()->second);
        expiry_.erase(expiry_.begin());
    }
    if (sessions_.size() >= sessions_max) return std::nullopt;
    session out;
    out.who.account = role.account;
    out.who.arn =
        "arn:aws:sts::" + role.account.str() + ":assumed-role/" + role.role_name + "/" + role.session_name;
    out.who.user_id = unique_id("AROA", "arn:aws:iam::" + role.account.str() + ":role/" + role.role_name) +
                      ":" + role.session_name;
    out.credentials.access_key_id = "ASIA" + random_text(random, upper_and_digits, 16);
    out.credentials.secret_access_key = secret{to_base64(random_bytes(random, 30))};
    out.credentials.session_token = secret{to_base64(random_bytes(random, 96))};
    // Whole seconds, as the answer tells them.
    out.credentials.expires_at =
        wall_time{std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())} + role.lifetime;
    identity kept;
    kept.who = out.who;
    kept.key.secret_access_key = out.credentials.secret_access_key;
    kept.key.session_token = out.credentials.session_token;
    kept.key.expires_at = out.credentials.expires_at;
    if (!sessions_.emplace(out.credentials.access_key_id, std::move(kept)).second) return std::nullopt;
    expiry_.emplace(*out.credentials.expires_at, out.credentials.access_key_id);
    return out;
}

}  // namespace trainyard::aws::local
