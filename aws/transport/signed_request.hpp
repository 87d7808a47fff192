// One attempt of a call as it goes on the wire.
#pragma once

#include "aws/transport/call.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::aws {

// `when`: the service's time. `signer`: the thread's. Errors: what it refuses.
result<http::request> make_signed_request(sigv4::signer& signer, const call& what,
                                          const sigv4::credentials& keys, wall_time when);

}  // namespace trainyard::aws
