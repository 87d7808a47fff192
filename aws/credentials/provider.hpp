// Where credentials come from. One provider per identity (the process's own, or one assumed role).
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.hpp"
#include "engine/io/task.hpp"
#include "sigv4/credentials.hpp"

namespace trainyard::aws {

using credentials_snapshot = std::shared_ptr<const sigv4::credentials>;

// Used from one io_context's thread. Having no credentials is an error, never an unsigned request.
class credentials_provider {
public:
    virtual ~credentials_provider() = default;
    // The current set; refreshes when it is about to expire. Errors name the source and what to do.
    virtual task<result<credentials_snapshot>> get(mono_time deadline) = 0;
    // The service says that this set has expired: the next get() fetches anew. Ignored when a newer set is
    // there.
    virtual void invalidate(const sigv4::credentials& stale) = 0;
    virtual std::string describe()
        const = 0;  // "environment", "profile research", "role arn:aws:iam::...", no secret
};

// Static keys, from configuration or tests.
std::shared_ptr<credentials_provider> make_static_provider(sigv4::credentials keys, std::string description);

// Variables by name; tests pass a lookup of their own.
struct environment {
    // The variable's value, or an empty string.
    virtual ~environment() = default;
    virtual std::string get(const std::string& variable) const = 0;
};
const environment& process_environment();

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SECURITY_TOKEN or AWS_SESSION_TOKEN,
// AWS_CREDENTIAL_EXPIRATION.
result<sigv4::credentials> read_environment_keys(const environment& env);

// AWS_REGION, AWS_DEFAULT_REGION, then the profile's region; empty when none says.
std::string default_region(const environment& env);

}  // namespace trainyard::aws
