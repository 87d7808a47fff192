#include "aws/transport/settings.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

namespace {

constexpr int attempts_most = 100;

std::string lower(std::string_view s) {
    std::string out{s};
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

struct setting {
    std::string value, source;
};

setting find(const environment& env, const config_profile& profile, const std::string& variable,
             const std::string& key) {
    if (auto set = env.get(variable); !set.empty()) return {std::move(set), variable};
    return {profile.get(key), key + " of the profile"};
}

result<bool> read_switch(const setting& s) {
    const auto text = lower(s.value);
    if (text.empty() || text == "false") return false;
    if (text == "true") return true;
    return error{errc::invalid_argument,
                 s.source + " is \"" + printable(s.value, 40) + "\"; it must be true or false"};
}

// The custom URL that applies; the first that is set wins.
setting custom_url(const service_names& names, const environment& env, const config_profile& profile) {
    for (const auto& variable :
         {"AWS_ENDPOINT_URL_" + std::string{names.service_id}, std::string{"AWS_ENDPOINT_URL"}})
        if (auto set = env.get(variable); !set.empty()) return {std::move(set), variable};
    const auto id = lower(names.service_id);
    const auto own = profile.service_urls.find(id);
    if (own != profile.service_urls.end() && !own->second.empty())
        return {own->second, "endpoint_url of " + id + " in the profile's services"};
    return {profile.get("endpoint_url"), "endpoint_url of the profile"};
}

}  // namespace

result<endpoint_settings> read_endpoint_settings(std::string_view service, const environment& env,
                                                 const config_profile& profile) {
    const auto* names = find_service(service);
    if (names == nullptr)
        return error{errc::invalid_argument,
                     "no endpoint rule for service \"" + printable(service, 40) + "\""};
    const auto fips = read_switch(find(env, profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
    if (!fips) return fips.error();
    const auto dual = read_switch(find(env, profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
    if (!dual) return dual.error();
    const auto ignore = read_switch(
        find(env, profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
    if (!ignore) return ignore.error();
    endpoint_settings out{{*fips, *dual}, {}, {}};
    if (*ignore) return out;
    auto url = custom_url(*names, env, profile);
    out.custom_url = std::move(url.value);
    out.source = std::move(url.source);
    return out;
}

result<retry_settings> parse_retry_settings(const environment& env, const config_profile& profile) {
    retry_settings out;
    const auto mode = find(env, profile, "AWS_RETRY_MODE", "retry_mode");
    const auto name = lower(mode.value);
    if (name == "adaptive")
        out.mode = retry_mode::adaptive;
    else if (name == "legacy")
        out.note = mode.source + " is legacy, which Trainyard does not have: standard is used";
    else if (!name.empty() && name != "standard")
        return error{errc::invalid_argument, mode.source + " is \"" + printable(mode.value, 40) +
                                                 "\"; it must be standard or adaptive"};
    const auto attempts = find(env, profile, "AWS_MAX_ATTEMPTS", "max_attempts");
    if (attempts.value.empty()) return out;
    const char* end = attempts.value.data() + attempts.value.size();
    const auto parsed = std::from_chars(attempts.value.data(), end, out.attempts_max);
    if (parsed.ec != std::errc{} || parsed.ptr != end || out.attempts_max < 1 ||
        out.attempts_max > attempts_most)
        return error{errc::invalid_argument, attempts.source + " is \"" + printable(attempts.value, 40) +
                                                 "\"; it must be a number from 1 to " +
                                                 std::to_string(attempts_most)};
    return out;
}

result<retry_settings> read_retry_settings(const environment& env) {
    const auto profile = read_config_profile(env);
    if (!profile) return profile.error();
    return parse_retry_settings(env, *profile);
}

}  // namespace trainyard::aws
