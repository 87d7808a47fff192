#include "aws/transport/endpoint.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

namespace {

struct partition {
    std::string_view prefix, suffix;
};

// The first match wins; other regions belong to "aws".
constexpr std::array partitions{
    partition{"cn-", "amazonaws.com.cn"},    partition{"us-gov-", "amazonaws.com"},
    partition{"eusc-", "amazonaws.eu"},      partition{"us-iso-", "c2s.ic.gov"},
    partition{"us-isob-", "sc2s.sgov.gov"},  partition{"eu-isoe-", "cloud.adc-e.uk"},
    partition{"us-isof-", "csp.hci.ic.gov"},
};

std::string_view dns_suffix(std::string_view region) {
    for (const auto& p : partitions)
        if (region.substr(0, p.prefix.size()) == p.prefix) return p.suffix;
    return "amazonaws.com";
}

// A region becomes part of a host name, so only host name characters may stand in it.
bool is_region(std::string_view region) {
    return !region.empty() && region.size() <= 32 && region.front() != '-' && region.back() != '-' &&
           std::all_of(region.begin(), region.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_ipv4_loopback(std::string_view host) {
    return host.substr(0, 4) == "127." && host.size() <= 15 &&
           std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || is_ipv4_loopback(host);
}

bool is_metadata(std::string_view host) {
    return host.substr(0, 8) == "169.254." || host == "fd00:ec2::254";
}

result<endpoint> custom_endpoint(const std::string& variable, const std::string& text,
                                 std::string_view region) {
    auto parsed = http::parse_url(text);
    if (!parsed) return with_context(parsed.error(), variable);
    if (!parsed->origin.tls && !is_loopback(parsed->origin.host))
        return error{errc::invalid_argument,
                     variable + ": http:// is only allowed for a loopback address, use https://"};
    if (is_metadata(parsed->origin.host))
        return error{errc::invalid_argument,
                     variable + ": a link-local metadata address is no service endpoint"};
    endpoint out;
    out.origin = parsed->origin;
    out.path = parsed->path;
    out.signing_region = region;
    out.custom = true;
    return out;
}

}  // namespace

result<endpoint> resolve_endpoint(std::string_view service, std::string_view region, const environment& env) {
    if (service != "sqs" && service != "sagemaker" && service != "sts")
        return error{errc::invalid_argument,
                     "no endpoint rule for service \"" + printable(service, 40) + "\""};
    if (!is_region(region))
        return error{errc::invalid_argument,
                     "\"" + printable(region, 40) +
                         "\" is not an AWS region; set AWS_REGION, for example to us-east-1"};
    if (env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true") {
        std::string own = "AWS_ENDPOINT_URL_";
        for (const char c : service) own += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        for (const std::string& variable : {own, std::string{"AWS_ENDPOINT_URL"}})
            if (const auto text = env.get(variable); !text.empty())
                return custom_endpoint(variable, text, region);
    }
    endpoint out;
    out.origin.host = service == "sagemaker" ? "api.sagemaker." : std::string{service} + ".";
    out.origin.host += std::string{region} + "." + std::string{dns_suffix(region)};
    out.signing_region = region;
    return out;
}

}  // namespace trainyard::aws
