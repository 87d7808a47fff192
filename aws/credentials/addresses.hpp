// Which hosts credentials may be asked from over HTTP. Pure; no name is resolved here.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials/provider.hpp"
#include "engine/http/message.hpp"

namespace trainyard::aws {

struct http_place {
    http::origin origin;
    std::string target;  // path and query of the request; for instance metadata and SSO the prefix, without
                         // '/' at its end
};

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: a path on 169.254.170.2.
result<http_place> container_relative(std::string_view path);
// AWS_CONTAINER_CREDENTIALS_FULL_URI: https to anywhere; http to "localhost", a loopback address, or the
// addresses of ECS (169.254.170.2) and EKS (169.254.170.23, fd00:ec2::23). Nobody else may be handed the
// authorization token.
result<http_place> container_full(std::string_view uri);
// The authorization token goes into a header as it is. errc::corrupt when it cannot: CR and LF would end the
// field.
result<void> check_header_secret(const secret& token);

// Base of instance metadata: `endpoint` unless empty, else by `mode` (ipv4, ipv6 or empty) one of AWS's
// addresses.
result<http_place> instance_metadata(std::string_view endpoint, std::string_view mode);

// Base of the SSO portal: AWS_ENDPOINT_URL_SSO or AWS_ENDPOINT_URL (https, or http to loopback) unless
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true, else portal.sso.REGION of the partition.
result<http_place> sso_portal(std::string_view region, const environment& env);

}  // namespace trainyard::aws
