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

// Explicit settings beat the environment; nullptr reads the process environment (pass a lookup in tests).
struct environment {
    // The variable's value, or an empty string.
    virtual ~environment() = default;
    virtual std::string get(const std::string& variable) const = 0;
};
const environment& process_environment();

// The chain: environment variables, then the profile (AWS_PROFILE, shared credentials and config files).
// Fails with errc::permission naming every place that was looked at when none has keys.
result<std::shared_ptr<credentials_provider>> make_default_provider(const environment& env);

// AWS_REGION, AWS_DEFAULT_REGION, then the profile's region; empty when none says.
std::string default_region(const environment& env);

}  // namespace trainyard::aws
