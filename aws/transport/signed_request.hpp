// One attempt of a call as it goes on the wire.
#pragma once

#include "aws/transport/call.hpp"
#include "sigv4/credentials.hpp"

namespace trainyard::aws {

// `when`: the service's time. Errors: what the signer refuses.
result<http::request> make_signed_request(const call& what, const sigv4::credentials& keys, wall_time when);

}  // namespace trainyard::aws
