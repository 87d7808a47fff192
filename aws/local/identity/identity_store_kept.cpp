// The documents of identity_store.hpp: sessions by access key id.
#include "aws/local/identity/identity_store.hpp"
#include "aws/local/identity/policy_kept.hpp"

namespace trainyard::sigv4 {

template <class Fields>
void fields(Fields& f, key_record& k) {
    f("secret", k.secret_access_key), f("token", k.session_token), f("expires_at", k.expires_at);
}

}  // namespace trainyard::sigv4

namespace trainyard::aws::local {

template <class Fields>
void fields(Fields& f, principal& p) {
    f("account", p.account), f("arn", p.arn), f("user_id", p.user_id), f("role_arn", p.role_arn);
    f("access_key_id", p.access_key_id);
}

template <class Fields>
void fields(Fields& f, session_facts& s) {
    f("owner_arn", s.owner_arn), f("of_role", s.of_role), f("limited", s.limited);
    f("policies", s.policies), f("tags", s.tags), f("transitive_tags", s.transitive_tags);
    f("source_identity", s.source_identity);
}

std::optional<std::string> identity_store::document(std::string_view key) {
    const auto found = sessions_.find(key);
    return found == sessions_.end() ? std::nullopt : std::optional{kept::text_of(found->second)};
}

bool identity_store::take_back(std::string_view key, json::value v) {
    open_session read;
    if (!kept::read(v, read) || read.who->who.access_key_id != key || !read.who->key.expires_at) return false;
    expiry_.emplace(*read.who->key.expires_at, key);
    return sessions_.emplace(key, std::move(read)).second;
}

}  // namespace trainyard::aws::local
