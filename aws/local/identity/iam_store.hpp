// The roles, users, policies and identity providers of every account. Pure: it keeps and finds; what may be
// done with them is the operations' to say.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/identity/iam_entities.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local {

// IAM is one for all regions.
struct iam_account {
    account_id id;
    by_name<iam_role> roles;
    by_name<iam_user> users;
    by_name<iam_policy> policies;
    std::map<std::string, iam_provider, std::less<>> providers;  // by URL
    std::set<std::string, less_ignoring_case> deleted_roles;     // names; a role again: no longer here
};

struct iam_policies {
    std::vector<const policy_document*> identity;
    const policy_document* boundary = nullptr;
};

class iam_store final : public kept_part {
public:
    explicit iam_store(rng random) : kept_part("iam"), random_(random) {}

    iam_account& account(const account_id& id);
    const iam_account* find_account(const account_id& id) const;

    // By exact name or whole ARN. Pointers hold until the entity is deleted.
    const iam_role* find_role(std::string_view arn) const;
    const iam_user* find_user(std::string_view arn) const;
    // Also policies of AWS.
    const iam_policy* find_policy(std::string_view arn) const;
    iam_policy* find_own_policy(std::string_view arn);
    const iam_provider* find_provider(std::string_view arn) const;

    // Whether a role of that ARN once existed here and does no more.
    bool was_deleted(std::string_view role_arn) const;

    struct key_owner {
        account_id account;
        const iam_user* user;
        const iam_access_key* key;
    };
    std::optional<key_owner> find_key(std::string_view access_key_id) const;
    void key_added(const std::string& access_key_id, const account_id& account, const std::string& user);
    void key_removed(const std::string& access_key_id) { keys_.erase(access_key_id); }

    iam_policies policies_of(const iam_identity& who) const;
    // How many roles and users have the policy attached, and as boundary.
    std::pair<std::size_t, std::size_t> uses_of(const account_id& account, std::string_view policy_arn) const;

    rng& random() { return random_; }

    // Whoever changes an entity, or makes or deletes one, says so: by name, a provider by URL.
    enum class entity : unsigned char { role, user, policy, provider };
    void changed(entity what, const account_id& account, std::string_view name);
    using kept_part::changed;

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;

    rng random_;
    std::map<account_id, iam_account> accounts_;
    std::map<std::string, std::pair<account_id, std::string>, std::less<>> keys_;  // to account and user
};

// "arn:aws:iam::123456789012:role/path/name" in its parts; path with both slashes.
struct iam_arn {
    account_id account;
    std::string_view kind, path, name;
};
std::optional<iam_arn> parse_iam_arn(std::string_view arn);

// The policies that AWS keeps for every account, by ARN: those that work with what this server serves.
const std::map<std::string, iam_policy, std::less<>>& aws_managed_policies();

}  // namespace trainyard::aws::local
