#include "aws/credentials/addresses.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace trainyard::aws {

namespace {

constexpr std::string_view ecs_host = "169.254.170.2";
constexpr std::array container_hosts{ecs_host, std::string_view{"169.254.170.23"},
                                     std::string_view{"fd00:ec2::23"}, std::string_view{"localhost"}};

bool is_loopback_literal(const std::string& host) {
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return bytes[0] == 127;
    if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) != 1) return false;
    return bytes.back() == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; });
}

std::string without_slash(std::string path) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    return path;
}

bool is_region(std::string_view region) {
    return !region.empty() && region.size() <= 32 && region.front() != '-' && region.back() != '-' &&
           std::all_of(region.begin(), region.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

result<http_place> container_relative(std::string_view path) {
    if (path.empty() || path.front() != '/') return error{errc::invalid_argument, "it must begin with '/'"};
    return container_full("http://" + std::string{ecs_host} + std::string{path});
}

result<http_place> container_full(std::string_view uri) {
    const auto parsed = http::parse_url(uri);
    if (!parsed) return parsed.error();
    const auto& host = parsed->origin.host;
    const bool known =
        std::find(container_hosts.begin(), container_hosts.end(), host) != container_hosts.end();
    if (!parsed->origin.tls && !known && !is_loopback_literal(host))
        return error{
            errc::permission,
            "http:// is only allowed to a loopback address or the addresses of ECS and EKS; use https://"};
    const auto question = uri.find('?');
    std::string target = parsed->path;
    if (question != std::string_view::npos) target += uri.substr(question);
    return http_place{parsed->origin, std::move(target)};
}

result<void> check_header_secret(const secret& token) {
    for (const char c : token.reveal()) {
        if (c == '\r' || c == '\n')
            return error{errc::corrupt,
                         "it holds a line break, which a header cannot carry; remove it (often the last byte "
                         "of a file)"};
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            return error{errc::corrupt, "it holds a control character, which a header cannot carry"};
    }
    return {};
}

result<http_place> instance_metadata(std::string_view endpoint, std::string_view mode) {
    std::string lower{mode};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (!lower.empty() && lower != "ipv4" && lower != "ipv6")
        return error{errc::invalid_argument, "the endpoint mode must be ipv4 or ipv6"};
    if (endpoint.empty()) endpoint = lower == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    auto parsed = http::parse_url(endpoint);
    if (!parsed) return parsed.error();
    return http_place{parsed->origin, without_slash(parsed->path)};
}

result<http_place> sso_portal(std::string_view region, const environment& env) {
    if (!is_region(region)) return error{errc::invalid_argument, "sso_region is not an AWS region"};
    if (env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true") {
        for (const char* variable : {"AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL"}) {
            const auto text = env.get(variable);
            if (text.empty()) continue;
            const auto parsed = http::parse_url(text);
            if (!parsed) return with_context(parsed.error(), variable);
            if (!parsed->origin.tls && parsed->origin.host != "localhost" &&
                !is_loopback_literal(parsed->origin.host))
                return error{errc::invalid_argument,
                             std::string{variable} + ": http:// is only allowed for a loopback address"};
            return http_place{parsed->origin, without_slash(parsed->path)};
        }
    }
    http_place out;
    out.origin.host = "portal.sso." + std::string{region} +
                      (region.substr(0, 3) == "cn-" ? ".amazonaws.com.cn" : ".amazonaws.com");
    return out;
}

}  // namespace trainyard::aws
