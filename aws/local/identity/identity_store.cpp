#include "aws/local/identity/identity_store.hpp"

#include <algorithm>

#include "aws/local/identity/unique_id.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view builtin_user = ":user/local";

}  // namespace

bool is_builtin_user(std::string_view arn) {
    return arn.ends_with(builtin_user);
}

identity_store::identity_store(std::string secret_access_key, const iam_store& iam)
    : kept_part("sts"), secret_access_key_(std::move(secret_access_key)), iam_(iam) {}

std::shared_ptr<const identity_store::identity> identity_store::find(std::string_view access_key_id) const {
    if (const auto found = sessions_.find(access_key_id); found != sessions_.end()) return found->second.who;
    if (const auto owned = iam_.find_key(access_key_id)) {
        if (!owned->key->active) return nullptr;
        auto out = std::make_shared<identity>();
        out->who.access_key_id = access_key_id;
        out->who.account = owned->account;
        out->who.arn = owned->user->arn;
        out->who.user_id = owned->user->id;
        out->key.secret_access_key = owned->key->secret_access_key;
        return out;
    }
    return find_builtin(access_key_id);
}

std::shared_ptr<const identity_store::identity> identity_store::find_builtin(
    std::string_view access_key_id) const {
    if (const auto known = builtin_.find(access_key_id); known != builtin_.end()) return known->second;
    std::string_view account = access_key_id;
    if (access_key_id == "test") account = "000000000000";
    const bool digits =
        std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (account.size() != 12 || !digits) return nullptr;
    auto out = std::make_shared<identity>();
    out->who.access_key_id = access_key_id;
    out->who.account = account_id{account};
    out->who.arn = "arn:aws:iam::" + std::string{account} + std::string{builtin_user};
    out->who.user_id = derived_entity_id("AIDA", out->who.arn);
    out->key.secret_access_key = secret_access_key_;
    if (builtin_.size() >= builtin_kept_max) builtin_.clear();
    builtin_.emplace(access_key_id, out);
    return out;
}

const session_facts* identity_store::facts_of(std::string_view access_key_id) const {
    const auto found = sessions_.find(access_key_id);
    return found == sessions_.end() ? nullptr : &found->second.facts;
}

void identity_store::forget_expired(wall_time now) {
    while (!expiry_.empty() && expiry_.begin()->first + expired_session_kept <= now) {
        touch_by([&] { return expiry_.begin()->second; });
        sessions_.erase(expiry_.begin()->second);
        expiry_.erase(expiry_.begin());
    }
}

std::optional<identity_store::session> identity_store::open(session_request request, wall_time now,
                                                            rng& random) {
    forget_expired(now);
    if (sessions_.size() >= sessions_max) return std::nullopt;
    session out{{}, std::move(request.who)};
    out.credentials.access_key_id = make_access_key_id("ASIA", out.who.account, random);
    out.credentials.secret_access_key = make_secret_access_key(random);
    out.credentials.session_token = make_session_token(random);
    // Whole seconds, as the answer tells them.
    out.credentials.expires_at =
        wall_time{std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())} + request.lifetime;
    out.who.access_key_id = out.credentials.access_key_id;
    auto who = std::make_shared<identity>();
    who->who = out.who;
    who->key.secret_access_key = out.credentials.secret_access_key;
    who->key.session_token = out.credentials.session_token;
    who->key.expires_at = out.credentials.expires_at;
    open_session kept{std::move(who), std::move(request.facts)};
    if (!sessions_.emplace(out.credentials.access_key_id, std::move(kept)).second) return std::nullopt;
    expiry_.emplace(*out.credentials.expires_at, out.credentials.access_key_id);
    touch_by([&] { return out.credentials.access_key_id; });
    return out;
}

}  // namespace trainyard::aws::local
