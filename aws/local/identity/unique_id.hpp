// The ids that IAM gives: of entities (AROA..., AIDA..., ANPA...) and of access keys (AKIA..., ASIA...).
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/rng.hpp"
#include "engine/base/secret.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

std::string make_entity_id(std::string_view prefix, rng& random);  // 21 characters
// The same entity always has the same id; for those that nobody created.
std::string derived_entity_id(std::string_view prefix, std::string_view arn);

// 20 characters, in which AWS hides the account: 40 of the first 48 bits after the prefix, in base 32.
std::string make_access_key_id(std::string_view prefix, const account_id& account, rng& random);
// Nothing when it is no such id.
std::optional<account_id> account_of_access_key_id(std::string_view id);

secret make_secret_access_key(rng& random);  // 40 characters
secret make_session_token(rng& random);

}  // namespace trainyard::aws::local
