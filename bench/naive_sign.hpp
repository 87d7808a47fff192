// Signature Version 4 as one writes it at first: strings, maps, a key derived for each request. The yardstick
// of `trainyard-bench sign`, and the second opinion of tests/sigv4.
#pragma once

#include <string>

#include "sigv4/sign.hpp"

namespace trainyard::bench {

struct naive_signature {
    std::string canonical_request, string_to_sign, hex, authorization;
};

// As sigv4::sign() for a request that it would take; no SigV4a.
naive_signature naive_sign(const sigv4::request_view& request, const sigv4::credentials& who,
                           const sigv4::scope& where, wall_time when, const sigv4::options& how = {});

}  // namespace trainyard::bench
