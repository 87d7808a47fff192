// Environment variables and profile files.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "aws/credentials/ini.hpp"
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

struct profile_files {
    std::string profile, credentials_path, config_path;
};

profile_files locate(const environment& env) {
    const auto expand = [&env](std::string path) {
        return path.rfind("~/", 0) == 0 ? env.get("HOME") + path.substr(1) : path;
    };
    const auto either = [&](const char* variable, const char* otherwise) {
        const auto set = env.get(variable);
        return expand(set.empty() ? otherwise : set);
    };
    profile_files out;
    out.profile = env.get("AWS_PROFILE");
    if (out.profile.empty()) out.profile = env.get("AWS_DEFAULT_PROFILE");
    if (out.profile.empty()) out.profile = "default";
    out.credentials_path = either("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    out.config_path = either("AWS_CONFIG_FILE", "~/.aws/config");
    return out;
}

// A file that is not there is an empty one.
result<ini_file> read_ini(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return ini_file{};
    std::string text;
    char block[4096];
    // One byte more than the bound is enough for the parser to refuse the file.
    while (text.size() <= ini_bytes_max && (in.read(block, sizeof block), in.gcount() > 0))
        text.append(block, static_cast<std::size_t>(in.gcount()));
    auto parsed = parse_ini(text);
    if (!parsed) return with_context(parsed.error(), path);
    return parsed;
}

result<ini_section> read_profile(const profile_files& where) {
    auto credentials = read_ini(where.credentials_path);
    if (!credentials) return credentials.error();
    auto config = read_ini(where.config_path);
    if (!config) return config.error();
    return merge_profile(*credentials, *config, where.profile);
}

result<std::shared_ptr<credentials_provider>> from_environment(const environment& env,
                                                               const std::string& key) {
    const auto hidden = env.get("AWS_SECRET_ACCESS_KEY");
    if (hidden.empty())
        return error{errc::permission,
                     "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; set both or neither"};
    sigv4::credentials keys{key, secret{hidden}, secret{env.get("AWS_SESSION_TOKEN")}, {}};
    const auto expiration = env.get("AWS_CREDENTIAL_EXPIRATION");
    if (!expiration.empty()) {
        const auto when = parse_iso8601(expiration);
        if (!when) return with_context(when.error(), "AWS_CREDENTIAL_EXPIRATION");
        keys.expires_at = *when;
    }
    return make_static_provider(std::move(keys), "environment");
}

}  // namespace

const environment& process_environment() {
    static const real_environment instance;
    return instance;
}

std::shared_ptr<credentials_provider> make_static_provider(sigv4::credentials keys, std::string description) {
    return std::make_shared<static_provider>(std::move(keys), std::move(description));
}

result<std::shared_ptr<credentials_provider>> make_default_provider(const environment& env) {
    const auto key = env.get("AWS_ACCESS_KEY_ID");
    if (!key.empty()) return from_environment(env, key);
    const auto where = locate(env);
    auto profile = read_profile(where);
    if (!profile) return profile.error();
    const auto value = [&profile](const char* name) {
        const auto found = profile->find(name);
        return found == profile->end() ? std::string{} : found->second;
    };
    const auto id = value("aws_access_key_id");
    if (id.empty())
        return error{errc::permission, "no AWS credentials: AWS_ACCESS_KEY_ID is not set, and profile " +
                                           where.profile + " has no aws_access_key_id in " +
                                           where.credentials_path + " or " + where.config_path};
    const auto hidden = value("aws_secret_access_key");
    if (hidden.empty())
        return error{errc::permission,
                     "profile " + where.profile + " has aws_access_key_id but no aws_secret_access_key"};
    sigv4::credentials keys{id, secret{hidden}, secret{value("aws_session_token")}, {}};
    return make_static_provider(std::move(keys), "profile " + where.profile);
}

std::string default_region(const environment& env) {
    for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (auto set = env.get(variable); !set.empty()) return set;
    const auto profile = read_profile(locate(env));
    if (!profile) return {};
    const auto found = profile->find("region");
    return found == profile->end() ? std::string{} : found->second;
}

}  // namespace trainyard::aws
