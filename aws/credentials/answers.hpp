// What credential sources answer, as credentials. Pure. No error quotes any of the text: it may hold secrets
// even where it is malformed.
#pragma once

#include <string_view>

#include "engine/base/result.hpp"
#include "sigv4/credentials.hpp"

namespace trainyard::aws {

inline constexpr std::size_t answer_bytes_max = 64U << 10U;  // of every source; keys and a token take 2 KiB

// Standard output of a credential_process: {Version: 1, AccessKeyId, SecretAccessKey, SessionToken?,
// Expiration?}.
result<sigv4::credentials> read_process_output(std::string_view text);
// {AccessKeyId, SecretAccessKey, Token, Expiration}.
result<sigv4::credentials> read_container_answer(std::string_view text);
// The same with a Code; a Code that is not Success is errc::not_found: the instance's role gives no
// credentials.
result<sigv4::credentials> read_instance_answer(std::string_view text);
// {roleCredentials: {accessKeyId, secretAccessKey, sessionToken, expiration: milliseconds since the epoch}}.
result<sigv4::credentials> read_sso_answer(std::string_view text);

struct sso_token {
    secret access_token;
    wall_time expires_at;
};
// ~/.aws/sso/cache/X.json: {accessToken, expiresAt, ...}.
result<sso_token> read_sso_token(std::string_view text);

}  // namespace trainyard::aws
