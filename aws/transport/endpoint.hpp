// Which host serves a service in a region, and how it is signed.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials/provider.hpp"
#include "aws/transport/settings.hpp"
#include "engine/http/message.hpp"

namespace trainyard::aws {

struct endpoint {
    http::origin origin;
    std::string path = "/";  // prefix of a custom endpoint, or "/"
    std::string signing_region;
    bool custom = false;  // from AWS_ENDPOINT_URL*; such an endpoint also serves queue URLs
};

// `service` is a signing name: sqs, sagemaker, sts, iam, events, servicequotas, dynamodb. Order: a custom URL
// (see settings.hpp), then the rules of the region's partition. Refuses http:// to anything but loopback, a
// link-local or metadata address, and a custom URL together with FIPS or dual-stack.
result<endpoint> resolve_endpoint(std::string_view service, std::string_view region,
                                  const endpoint_settings& settings);
// With the settings of the environment and of its profile in the AWS config file, which is read here.
result<endpoint> resolve_endpoint(std::string_view service, std::string_view region, const environment& env);

}  // namespace trainyard::aws
