#include "aws/transport/endpoint.hpp"

#include "aws/transport/address.hpp"

namespace trainyard::aws {

namespace {

result<endpoint> custom_endpoint(std::string_view service, std::string_view region,
                                 const endpoint_settings& settings) {
    auto parsed = http::parse_url(settings.custom_url);
    if (!parsed) return with_context(parsed.error(), settings.source);
    if (auto ok = check_custom(service, region, parsed->origin.authority(), settings.switches); !ok)
        return with_context(ok.error(), settings.source);
    if (!parsed->origin.tls && !is_loopback_host(parsed->origin.host))
        return error{errc::invalid_argument,
                     settings.source + ": http:// is only allowed for a loopback address, use https://"};
    if (is_metadata_address(parsed->origin.host))
        return error{errc::invalid_argument,
                     settings.source + ": a link-local or metadata address is no service endpoint"};
    endpoint out;
    out.origin = parsed->origin;
    out.path = parsed->path;
    out.signing_region = signing_region_of(service, region);
    out.custom = true;
    return out;
}

}  // namespace

result<endpoint> resolve_endpoint(std::string_view service, std::string_view region,
                                  const endpoint_settings& settings) {
    if (!settings.custom_url.empty()) return custom_endpoint(service, region, settings);
    const auto rule = endpoint_by_rules(service, region, settings.switches);
    if (!rule) return rule.error();
    auto parsed = http::parse_url(rule->url);
    if (!parsed) return parsed.error();
    endpoint out;
    out.origin = parsed->origin;
    out.signing_region = rule->signing_region;
    return out;
}

result<endpoint> resolve_endpoint(std::string_view service, std::string_view region, const environment& env) {
    const auto profile = read_config_profile(env);
    if (!profile) return profile.error();
    const auto settings = read_endpoint_settings(service, env, *profile);
    if (!settings) return settings.error();
    return resolve_endpoint(service, region, *settings);
}

}  // namespace trainyard::aws
