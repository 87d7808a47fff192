// Operations on users and their access keys.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/identity/iam_service.hpp"
#include "aws/local/identity/unique_id.hpp"

namespace trainyard::aws::local {
namespace {

std::vector<iam_access_key>::iterator find_key(iam_user& user, std::string_view id) {
    return std::find_if(user.keys.begin(), user.keys.end(),
                        [id](const iam_access_key& k) { return k.id == id; });
}

service_error no_key(std::string_view id) {
    return iam_error::no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
}

void write_key(json::writer& out, const iam_user& user, const iam_access_key& key, bool with_secret) {
    out.begin_object().member("UserName", user.name).member("AccessKeyId", key.id);
    out.member("Status", key.active ? "Active" : "Inactive");
    if (with_secret) out.member("SecretAccessKey", key.secret_access_key.reveal());
    out.member("CreateDate", to_unix_seconds(key.created)).end_object();
}

}  // namespace

service_reply iam_service::create_user(const operation_call& call) {
    iam_account& account = store_.account(call.who.account);
    auto tags = read_tags(call.input);
    if (!tags) return tags.error();
    iam_user user;
    user.name = text_of(call.input, "UserName");
    if (account.users.contains(user.name))
        return iam_error::already_exists(fmt::format("User with name {} already exists.", user.name));
    if (account.users.size() >= iam_users_max) return iam_error::over_quota("UsersPerAccount", iam_users_max);
    user.boundary = text_of(call.input, "PermissionsBoundary");
    if (!user.boundary.empty() && store_.find_policy(user.boundary) == nullptr)
        return iam_error::no_such_entity(
            fmt::format("Scope ARN: {} does not exist or is not attachable.", user.boundary));
    user.path = text_of(call.input, "Path");
    if (user.path.empty()) user.path = "/";
    user.arn = fmt::format("arn:aws:iam::{}:user{}{}", account.id.str(), user.path, user.name);
    user.id = make_entity_id("AIDA", store_.random());
    user.created = call.now;
    user.tags = std::move(*tags);
    json::writer out;
    out.begin_object().key("User");
    write_user(out, user, true);
    out.end_object();
    touched(call, iam_store::entity::user, user.name);
    account.users.emplace(user.name, std::move(user));
    return out.take();
}

service_reply iam_service::get_user(const operation_call& call) {
    const auto user = user_of(call);
    json::writer out;
    out.begin_object().key("User");
    if (user) {
        write_user(out, **user, true);
    } else {
        // The keys that every account has from the start sign as a user that nobody created.
        if (call.input.find("UserName").exists() || call.who.arn.find(":user/") == std::string::npos)
            return user.error();
        iam_user self;
        self.path = "/";
        self.name = call.who.arn.substr(call.who.arn.rfind('/') + 1);
        self.id = call.who.user_id;
        self.arn = call.who.arn;
        write_user(out, self, true);
    }
    out.end_object();
    return out.take();
}

service_reply iam_service::delete_user(const operation_call& call) {
    const auto user = user_of(call);
    if (!user) return user.error();
    if (!(*user)->keys.empty())
        return iam_error::delete_conflict("Cannot delete entity, must delete access keys first.");
    if (auto used = still_used(**user)) return *std::move(used);
    const std::string name = (*user)->name;
    store_.account(call.who.account).users.erase(name);
    return std::string{};
}

service_reply iam_service::list_users(const operation_call& call) {
    const std::string prefix = text_of(call.input, "PathPrefix");
    std::vector<const iam_user*> users;
    std::vector<std::string> keys;
    for (const auto& [name, user] : store_.account(call.who.account).users) {
        if (!user.path.starts_with(prefix)) continue;
        users.push_back(&user);
        keys.push_back(name);
    }
    return list_answer(call.input, "Users", keys,
                       [&](json::writer& out, std::size_t i) { write_user(out, *users[i], false); });
}

service_reply iam_service::create_access_key(const operation_call& call) {
    const auto user = user_of(call);
    if (!user) return user.error();
    if ((*user)->keys.size() >= iam_access_keys_max)
        return iam_error::over_quota("AccessKeysPerUser", iam_access_keys_max);
    iam_access_key key;
    do {
        key.id = make_access_key_id("AKIA", call.who.account, store_.random());
    } while (store_.find_key(key.id));
    key.secret_access_key = make_secret_access_key(store_.random());
    key.created = call.now;
    json::writer out;
    out.begin_object().key("AccessKey");
    write_key(out, **user, key, true);
    out.end_object();
    store_.key_added(key.id, call.who.account, (*user)->name);
    (*user)->keys.push_back(std::move(key));
    return out.take();
}

service_reply iam_service::delete_access_key(const operation_call& call) {
    const auto user = user_of(call);
    if (!user) return user.error();
    const std::string id = text_of(call.input, "AccessKeyId");
    const auto key = find_key(**user, id);
    if (key == (*user)->keys.end()) return no_key(id);
    (*user)->keys.erase(key);
    store_.key_removed(id);
    return std::string{};
}

service_reply iam_service::list_access_keys(const operation_call& call) {
    const auto user = user_of(call);
    if (!user) return user.error();
    std::vector<const iam_access_key*> all;
    for (const iam_access_key& k : (*user)->keys) all.push_back(&k);
    std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    std::vector<std::string> keys;
    for (const iam_access_key* k : all) keys.push_back(k->id);
    return list_answer(call.input, "AccessKeyMetadata", keys,
                       [&](json::writer& out, std::size_t i) { write_key(out, **user, *all[i], false); });
}

service_reply iam_service::update_access_key(const operation_call& call) {
    const auto user = user_of(call);
    if (!user) return user.error();
    const std::string id = text_of(call.input, "AccessKeyId");
    const auto key = find_key(**user, id);
    if (key == (*user)->keys.end()) return no_key(id);
    key->active = text_of(call.input, "Status") == "Active";
    return std::string{};
}

}  // namespace trainyard::aws::local
