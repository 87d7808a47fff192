#include "aws/local/identity/iam_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::aws::local {
namespace {

unsigned char small(char c) {
    return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

template <class T>
T* exactly(by_name<T>& all, std::string_view name, std::string_view arn) {
    const auto found = all.find(name);
    return found != all.end() && found->second.arn == arn ? &found->second : nullptr;
}
template <class T>
const T* exactly(const by_name<T>& all, std::string_view name, std::string_view arn) {
    const auto found = all.find(name);
    return found != all.end() && found->second.arn == arn ? &found->second : nullptr;
}

}  // namespace

bool less_ignoring_case::operator()(std::string_view a, std::string_view b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return small(x) < small(y); });
}

const iam_policy_version& iam_policy::current() const {
    const auto found = std::find_if(versions.begin(), versions.end(), [this](const iam_policy_version& v) {
        return v.number == default_version;
    });
    TY_CHECK(found != versions.end(), "the default version of a policy cannot be deleted");
    return *found;
}

const iam_policy_version* iam_policy::version(std::string_view version_id) const {
    const auto found = std::find_if(
        versions.begin(), versions.end(),
        [version_id](const iam_policy_version& v) { return fmt::format("v{}", v.number) == version_id; });
    return found == versions.end() ? nullptr : &*found;
}

std::optional<iam_arn> parse_iam_arn(std::string_view arn) {
    constexpr std::string_view head = "arn:aws:iam::";
    if (!arn.starts_with(head)) return std::nullopt;
    arn.remove_prefix(head.size());
    const auto colon = arn.find(':');
    if (colon != 12) return std::nullopt;
    iam_arn out{account_id{arn.substr(0, colon)}, {}, {}, {}};
    arn.remove_prefix(colon + 1);
    const auto first = arn.find('/'), last = arn.rfind('/');
    if (first == std::string_view::npos || last + 1 == arn.size()) return std::nullopt;
    out.kind = arn.substr(0, first);
    out.path = arn.substr(first, last - first + 1);
    out.name = arn.substr(last + 1);
    return out;
}

iam_account& iam_store::account(const account_id& id) {
    iam_account& a = accounts_[id];
    a.id = id;
    return a;
}

const iam_account* iam_store::find_account(const account_id& id) const {
    const auto found = accounts_.find(id);
    return found == accounts_.end() ? nullptr : &found->second;
}

const iam_role* iam_store::find_role(std::string_view arn) const {
    const auto parts = parse_iam_arn(arn);
    const iam_account* in = parts && parts->kind == "role" ? find_account(parts->account) : nullptr;
    return in ? exactly(in->roles, parts->name, arn) : nullptr;
}

const iam_user* iam_store::find_user(std::string_view arn) const {
    const auto parts = parse_iam_arn(arn);
    const iam_account* in = parts && parts->kind == "user" ? find_account(parts->account) : nullptr;
    return in ? exactly(in->users, parts->name, arn) : nullptr;
}

const iam_policy* iam_store::find_policy(std::string_view arn) const {
    if (const auto found = aws_managed_policies().find(arn); found != aws_managed_policies().end())
        return &found->second;
    const auto parts = parse_iam_arn(arn);
    const iam_account* in = parts && parts->kind == "policy" ? find_account(parts->account) : nullptr;
    return in ? exactly(in->policies, parts->name, arn) : nullptr;
}

iam_policy* iam_store::find_own_policy(std::string_view arn) {
    const auto parts = parse_iam_arn(arn);
    if (!parts || parts->kind != "policy") return nullptr;
    const auto in = accounts_.find(parts->account);
    return in == accounts_.end() ? nullptr : exactly(in->second.policies, parts->name, arn);
}

const iam_provider* iam_store::find_provider(std::string_view arn) const {
    constexpr std::string_view mark = ":oidc-provider/";
    const auto parts = parse_iam_arn(arn);
    const auto at = arn.find(mark);
    const iam_account* in = parts && at != std::string_view::npos ? find_account(parts->account) : nullptr;
    if (!in) return nullptr;
    const auto found = in->providers.find(arn.substr(at + mark.size()));
    return found == in->providers.end() ? nullptr : &found->second;
}

bool iam_store::was_deleted(std::string_view role_arn) const {
    const auto parts = parse_iam_arn(role_arn);
    const iam_account* in = parts ? find_account(parts->account) : nullptr;
    return in && in->deleted_roles.contains(parts->name);
}

std::optional<iam_store::key_owner> iam_store::find_key(std::string_view access_key_id) const {
    const auto found = keys_.find(access_key_id);
    if (found == keys_.end()) return std::nullopt;
    const auto& [account, name] = found->second;
    const iam_user& user = find_account(account)->users.find(name)->second;
    for (const iam_access_key& k : user.keys)
        if (k.id == access_key_id) return key_owner{account, &user, &k};
    return std::nullopt;
}

void iam_store::key_added(const std::string& access_key_id, const account_id& account,
                          const std::string& user) {
    keys_.emplace(access_key_id, std::pair(account, user));
}

iam_policies iam_store::policies_of(const iam_identity& who) const {
    iam_policies out;
    for (const auto& [name, policy] : who.inline_policies) out.identity.push_back(&policy.document);
    for (const std::string& arn : who.attached)
        if (const iam_policy* p = find_policy(arn)) out.identity.push_back(&p->current().policy.document);
    if (const iam_policy* p = find_policy(who.boundary)) out.boundary = &p->current().policy.document;
    return out;
}

std::pair<std::size_t, std::size_t> iam_store::uses_of(const account_id& id,
                                                       std::string_view policy_arn) const {
    std::pair<std::size_t, std::size_t> out{0, 0};
    const iam_account* in = find_account(id);
    const auto count = [&](const iam_identity& who) {
        out.first += who.attached.contains(policy_arn) ? 1 : 0;
        out.second += who.boundary == policy_arn ? 1 : 0;
    };
    if (!in) return out;
    for (const auto& [name, role] : in->roles) count(role);
    for (const auto& [name, user] : in->users) count(user);
    return out;
}

}  // namespace trainyard::aws::local
