// Keys that are there: from configuration, tests, or the environment.
#include <cstdlib>

#include "aws/credentials/files.hpp"
#include "aws/credentials/provider.hpp"

namespace trainyard::aws {

namespace {

class real_environment final : public environment {
public:
    std::string get(const std::string& variable) const override {
        const char* value = std::getenv(variable.c_str());
        return value == nullptr ? std::string{} : std::string{value};
    }
};

class static_provider final : public credentials_provider {
public:
    static_provider(sigv4::credentials keys, std::string description)
        : keys_(std::make_shared<const sigv4::credentials>(std::move(keys))),
          description_(std::move(description)) {}

    task<result<credentials_snapshot>> get(mono_time) override {
        result<credentials_snapshot> out{keys_};
        co_return out;
    }
    void invalidate(const sigv4::credentials&) override {}  // there is nowhere to get others from
    std::string describe() const override { return description_; }

private:
    credentials_snapshot keys_;
    std::string description_;
};

}  // namespace

const environment& process_environment() {
    static const real_environment instance;
    return instance;
}

std::shared_ptr<credentials_provider> make_static_provider(sigv4::credentials keys, std::string description) {
    return std::make_shared<static_provider>(std::move(keys), std::move(description));
}

result<sigv4::credentials> read_environment_keys(const environment& env) {
    sigv4::credentials out;
    out.access_key_id = env.get("AWS_ACCESS_KEY_ID");
    out.secret_access_key = secret{env.get("AWS_SECRET_ACCESS_KEY")};
    if (out.access_key_id.empty() || out.secret_access_key.empty())
        return error{errc::permission, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set"};
    auto token = env.get("AWS_SECURITY_TOKEN");  // the older name, read first as botocore does
    if (token.empty()) token = env.get("AWS_SESSION_TOKEN");
    out.session_token = secret{std::move(token)};
    const auto expiration = env.get("AWS_CREDENTIAL_EXPIRATION");
    if (expiration.empty()) return out;
    const auto when = parse_iso8601(expiration);
    if (!when) return with_context(when.error(), "AWS_CREDENTIAL_EXPIRATION");
    out.expires_at = *when;
    return out;
}

std::string default_region(const environment& env) {
    return decide(read_chain_input(env)).region.value;
}

}  // namespace trainyard::aws
