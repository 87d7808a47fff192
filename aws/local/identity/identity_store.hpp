// Who may sign: the built-in keys of every account, the keys of IAM's users, and the sessions that STS gave
// out. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/identity/iam_store.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/secret.hpp"
#include "engine/base/time.hpp"
#include "sigv4/credentials.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::aws::local {

// Every account of a large fleet; one identity takes half a KiB.
inline constexpr std::size_t builtin_kept_max = 4096;
// A few times what a fleet of 1,000 accounts holds at once when it refreshes early.
inline constexpr std::size_t sessions_max = 100'000;
// An expired session is remembered this long, so that its user is told it expired and not that it is unknown.
inline constexpr std::chrono::hours expired_session_kept{1};

// What a session brings beside its principal.
struct session_facts {
    std::string owner_arn;  // whose permissions it has: the role, or the user who asked for it
    bool of_role = false;   // assuming a role with it is role chaining
    // With session policies it may do what `owner_arn` may and they allow as well. No policies: nothing at
    // all.
    bool limited = false;
    std::vector<policy_document> policies{};
    tag_map tags{};
    std::set<std::string, less_ignoring_case> transitive_tags{};
    std::string source_identity{};
};

struct session_request {
    principal who;  // without an access key
    std::chrono::seconds lifetime{3600};
    session_facts facts;
};

class identity_store final : public kept_part {
public:
    struct identity {
        principal who;
        sigv4::key_record key;
    };

    // `secret_access_key` is that of "test" (account 000000000000) and of every access key id of 12 digits,
    // which is the account itself. `iam` outlives the store.
    identity_store(std::string secret_access_key, const iam_store& iam);

    // Null, too, for a key that is not active.
    std::shared_ptr<const identity> find(std::string_view access_key_id) const;
    // Null for keys that are no session's.
    const session_facts* facts_of(std::string_view access_key_id) const;

    struct session {
        sigv4::credentials credentials;
        principal who;
    };
    // Nothing when sessions_max sessions live.
    std::optional<session> open(session_request request, wall_time now, rng& random);

    std::size_t sessions() const { return sessions_.size(); }

private:
    struct open_session {
        std::shared_ptr<identity> who = std::make_shared<identity>();  // never null
        session_facts facts;
        template <class Fields>
        friend void fields(Fields& f, open_session& s) {
            f("who", s.who->who), f("key", s.who->key), f("facts", s.facts);
        }
    };
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    void forget_expired(wall_time now);
    std::shared_ptr<const identity> find_builtin(std::string_view access_key_id) const;

    secret secret_access_key_;
    const iam_store& iam_;
    std::map<std::string, open_session, std::less<>> sessions_;  // by access key id
    std::set<std::pair<wall_time, std::string>> expiry_;
    // Built-in identities as they were made, by access key id; at most builtin_kept_max.
    mutable std::map<std::string, std::shared_ptr<const identity>, std::less<>> builtin_;
};

// Whether it is the user of the keys that every account has from the start.
bool is_builtin_user(std::string_view arn);

}  // namespace trainyard::aws::local
