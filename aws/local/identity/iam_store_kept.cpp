// The documents of iam_store.hpp: one for each entity, and one for each name of a deleted role.
#include "aws/local/identity/iam_store.hpp"
#include "aws/local/identity/policy_kept.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view kept_role = "role", kept_user = "user", kept_policy = "policy",
                           kept_provider = "provider", kept_deleted = "deleted";
// IAM is one for all regions.
const region_name nowhere{"-"};

template <class T>
std::optional<std::string> document_of(const by_name<T>& all, std::string_view name) {
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional{kept::text_of(found->second)};
}

template <class T>
bool read_into(by_name<T>& all, json::value v, std::string_view name) {
    T read{};
    return kept::read(v, read) && read.name == name && all.emplace(std::string{name}, std::move(read)).second;
}

}  // namespace

template <class Fields>
void fields_of_identity(Fields& f, iam_identity& i) {
    f("name", i.name), f("path", i.path), f("id", i.id), f("arn", i.arn), f("created", i.created);
    f("tags", i.tags), f("inline_policies", i.inline_policies), f("attached", i.attached);
    f("boundary", i.boundary);
}

template <class Fields>
void fields(Fields& f, iam_role& r) {
    fields_of_identity(f, r);
    f("trust", r.trust), f("description", r.description), f("max_session", r.max_session);
}

template <class Fields>
void fields(Fields& f, iam_access_key& k) {
    f("id", k.id), f("secret", k.secret_access_key), f("active", k.active), f("created", k.created);
}

template <class Fields>
void fields(Fields& f, iam_user& u) {
    fields_of_identity(f, u);
    f("keys", u.keys);
}

template <class Fields>
void fields(Fields& f, iam_policy_version& v) {
    f("number", v.number), f("policy", v.policy), f("created", v.created);
}

template <class Fields>
void fields(Fields& f, iam_policy& p) {
    f("name", p.name), f("path", p.path), f("id", p.id), f("arn", p.arn), f("description", p.description);
    f("created", p.created), f("updated", p.updated), f("tags", p.tags), f("versions", p.versions);
    f("default_version", p.default_version), f("last_version", p.last_version);
}

template <class Fields>
void fields(Fields& f, iam_provider& p) {
    f("arn", p.arn), f("url", p.url), f("client_ids", p.client_ids), f("thumbprints", p.thumbprints);
    f("created", p.created), f("tags", p.tags);
}

void iam_store::changed(entity what, const account_id& account, std::string_view name) {
    if (!keeps()) return;
    switch (what) {
        case entity::role:
            touch(kept_role, account, nowhere, name);
            touch(kept_deleted, account, nowhere, name);
            break;
        case entity::user: touch(kept_user, account, nowhere, name); break;
        case entity::policy: touch(kept_policy, account, nowhere, name); break;
        case entity::provider: touch(kept_provider, account, nowhere, name); break;
    }
}

std::optional<std::string> iam_store::document(std::string_view key) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const iam_account& in = account(account_id{parts.next()});
    parts.next();
    const std::string_view name = parts.rest();
    if (kind == kept_role) return document_of(in.roles, name);
    if (kind == kept_user) return document_of(in.users, name);
    if (kind == kept_policy) return document_of(in.policies, name);
    if (kind == kept_deleted) return in.deleted_roles.contains(name) ? std::optional{"true"} : std::nullopt;
    const auto found = in.providers.find(name);
    return found == in.providers.end() ? std::nullopt : std::optional{kept::text_of(found->second)};
}

bool iam_store::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id id{parts.next()};
    iam_account& in = account(id);
    parts.next();
    const std::string name{parts.rest()};
    if (kind == kept_role) return read_into(in.roles, v, name);
    if (kind == kept_user) {
        if (!read_into(in.users, v, name)) return false;
        for (const iam_access_key& k : in.users.find(name)->second.keys) key_added(k.id, id, name);
        return true;
    }
    if (kind == kept_policy) {
        if (!read_into(in.policies, v, name)) return false;
        const iam_policy& p = in.policies.find(name)->second;
        return p.version("v" + std::to_string(p.default_version)) != nullptr;
    }
    if (kind == kept_deleted) return in.deleted_roles.insert(name).second;
    iam_provider read;
    return kind == kept_provider && kept::read(v, read) && read.url == name &&
           in.providers.emplace(name, std::move(read)).second;
}

}  // namespace trainyard::aws::local
