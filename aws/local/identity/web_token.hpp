// JSON Web Tokens (RFC 7519) as OpenID Connect providers sign them. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

struct web_token {
    std::string algorithm, key_id;  // of the header
    std::string issuer, subject;
    std::vector<std::string> audience;
    std::string authorized_party;  // azp; may be empty
    wall_time expires{}, not_before{};
    std::map<std::string, std::string> claims;  // those that are one string
    std::string signed_part, signature;         // as they stood, and decoded
};

// errc::invalid_argument for what is no token of three parts, or lacks iss, sub, aud or exp.
result<web_token> parse_web_token(std::string_view text);

// Whether one of the RS256 or ES256 keys of a JSON Web Key Set (RFC 7517, 7518) signed the token.
// errc::not_found when the set has no key of the token's id and algorithm, errc::permission when the
// signature is another's.
result<void> verify_web_token(const web_token& token, std::string_view key_set);

}  // namespace trainyard::aws::local
