// The HTTP client as a process that calls AWS needs it.
#pragma once

#include "aws/credentials/provider.hpp"
#include "engine/http/client.hpp"

namespace trainyard::aws {

// Trust store (AWS_CA_BUNDLE) and proxies (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) from the environment. The
// client refuses link-local addresses: what a service's name resolves to is never the metadata endpoint of a
// machine or container (169.254.0.0/16, fe80::/10, fd00:ec2::/32). Sources of credentials that live there
// need a client of their own.
http::client_options service_client_options(const environment& env);

}  // namespace trainyard::aws
