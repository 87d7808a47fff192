// What an account has in IAM, as values.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/policy/document.hpp"
#include "engine/base/secret.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

// Names are unique whatever their case.
struct less_ignoring_case {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;
};
template <class T>
using by_name = std::map<std::string, T, less_ignoring_case>;
using tag_map = by_name<std::string>;

struct stored_policy {
    std::string text;  // as it was handed over
    policy_document document;
};

// What roles and users share.
struct iam_identity {
    std::string name, path, id, arn;
    wall_time created{};
    tag_map tags{};
    std::map<std::string, stored_policy, std::less<>> inline_policies{};
    std::set<std::string, std::less<>> attached{};  // ARNs of managed policies
    std::string boundary{};                         // ARN of a managed policy; empty: none
};

struct iam_role : iam_identity {
    stored_policy trust;
    std::string description;
    std::chrono::seconds max_session{3600};
};

struct iam_access_key {
    std::string id;
    secret secret_access_key;
    bool active = true;
    wall_time created{};
};

struct iam_user : iam_identity {
    std::vector<iam_access_key> keys;
};

struct iam_policy_version {
    int number = 1;
    stored_policy policy;
    wall_time created{};
};

struct iam_policy {
    std::string name, path, id, arn, description;
    wall_time created{}, updated{};
    tag_map tags{};
    std::vector<iam_policy_version> versions{};
    int default_version = 1, last_version = 1;
    bool of_aws = false;

    const iam_policy_version& current() const;
    const iam_policy_version* version(std::string_view id) const;  // "v1"
};

// An OpenID Connect provider.
struct iam_provider {
    std::string arn, url;  // "token.actions.githubusercontent.com/path", without https://
    std::vector<std::string> client_ids, thumbprints;
    wall_time created{};
    tag_map tags{};
};

// Quotas of IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
inline constexpr std::size_t iam_roles_max = 1000, iam_users_max = 5000, iam_policies_max = 1500,
                             iam_providers_max = 100, iam_client_ids_max = 100, iam_thumbprints_max = 5,
                             iam_tags_max = 50, iam_attached_max = 10, iam_policy_versions_max = 5,
                             iam_access_keys_max = 2;
// In characters, white space not counted.
inline constexpr std::size_t iam_trust_policy_max = 2048, iam_managed_policy_max = 6144,
                             iam_role_inline_max = 10240, iam_user_inline_max = 2048;

}  // namespace trainyard::aws::local
