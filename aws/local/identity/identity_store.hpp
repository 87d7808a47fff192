// Who may sign: the built-in keys of every account, and the sessions that AssumeRole gave out. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "aws/local/base/service.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/secret.hpp"
#include "engine/base/time.hpp"
#include "sigv4/credentials.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::aws::local {

// A few times what a fleet of 1,000 accounts holds at once when it refreshes early.
inline constexpr std::size_t sessions_max = 100'000;
// An expired session is remembered this long, so that its user is told it expired and not that it is unknown.
inline constexpr std::chrono::hours expired_session_kept{1};

struct assumed_role {
    account_id account;     // the role's
    std::string role_name;  // without its path
    std::string session_name;
    std::chrono::seconds lifetime{3600};
};

class identity_store {
public:
    struct identity {
        principal who;
        sigv4::key_record key;
    };

    // `secret_access_key` is that of "test" (account 000000000000) and of every access key id of 12 digits,
    // which is the account itself.
    explicit identity_store(std::string secret_access_key);

    std::optional<identity> find(std::string_view access_key_id) const;
    // Nothing when sessions_max sessions live.
    struct session {
        sigv4::credentials credentials;
        principal who;
    };
    std::optional<session> assume(const assumed_role& role, wall_time now, rng& random);

    std::size_t sessions() const { return sessions_.size(); }

private:
    secret secret_access_key_;
    std::map<std::string, identity, std::less<>> sessions_;  // by access key id
    std::set<std::pair<wall_time, std::string>> expiry_;
};

}  // namespace trainyard::aws::local
