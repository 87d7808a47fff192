// What a request is signed with.
#pragma once

#include <optional>
#include <string>

#include "engine/base/secret.hpp"
#include "engine/base/time.hpp"

namespace trainyard::sigv4 {

// Key, secret and token belong together: always pass the three as one snapshot.
struct credentials {
    std::string access_key_id;
    secret secret_access_key;
    secret session_token;                 // empty for long-term keys
    std::optional<wall_time> expires_at;  // absent: never
};

}  // namespace trainyard::sigv4
