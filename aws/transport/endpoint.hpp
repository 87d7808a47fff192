// Which host serves a service in a region, and how it is signed.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials/provider.hpp"
#include "engine/http/message.hpp"

namespace trainyard::aws {

struct endpoint {
    http::origin origin;
    std::string path = "/";  // prefix of a custom endpoint, or "/"
    std::string signing_region;
    bool custom = false;  // from AWS_ENDPOINT_URL*; such an endpoint also serves queue URLs
};

// `service` is a signing name: sqs, sagemaker, sts. Order: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the
// partition's rules; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves only the rules. Refuses http:// to
// anything but loopback.
result<endpoint> resolve_endpoint(std::string_view service, std::string_view region, const environment& env);

}  // namespace trainyard::aws
