// The HTTP client as a process that calls AWS needs it.
#pragma once

#include "aws/credentials/provider.hpp"
#include "engine/http/client.hpp"

namespace trainyard::aws {

// Trust store (AWS_CA_BUNDLE) and proxies (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) from the environment. The
// client connects to no link-local address (169.254.0.0/16, fe80::/10, fd00:ec2::/32) that a name resolves
// to: a service's name never leads to the metadata endpoint of a machine or container. Sources of credentials
// that live there are asked by address, and still can be.
http::client_options service_client_options(const environment& env);

}  // namespace trainyard::aws
