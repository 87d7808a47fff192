// AWS Signature Version 4, the signing side (AWS: "Create a signed AWS API request").
// Numbered stages over a view of the request; one time argument for the whole signature; no clock, no HTTP
// library.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "sigv4/credentials.hpp"

namespace trainyard::sigv4 {

struct header_view {
    std::string_view name;
    std::string_view value;
};

// The request as it goes on the wire. `headers` must hold host; every view must outlive the call.
struct request_view {
    std::string_view method;
    std::string_view path;   // percent-encoded as sent; empty means "/"
    std::string_view query;  // without '?'
    std::span<const header_view> headers;
    std::string_view body;
};

struct scope {
    std::string_view region;
    std::string_view service;
};

struct options {
    bool normalize_path = true;       // every service but S3
    bool sign_body = false;           // add and sign x-amz-content-sha256
    bool hash_body = true;            // false: the payload hash is that of the empty string (test vectors)
    bool omit_session_token = false;  // add x-amz-security-token after signing
};

struct signed_header {
    std::string name;  // lower case
    std::string value;
};

struct signature {
    std::string canonical_request;
    std::string string_to_sign;
    std::string hex;             // 64 digits
    std::string signed_headers;  // host;x-amz-date
    // What must be added to the request: x-amz-date, authorization, and x-amz-security-token and
    // x-amz-content-sha256 where they apply. The authorization value is not secret but the token is.
    std::vector<signed_header> headers;
};

// Fails (errc::invalid_argument) when host is missing or a header that signing adds is already there.
result<signature> sign(const request_view& request, const credentials& who, const scope& where,
                       wall_time when, const options& how = {});

}  // namespace trainyard::sigv4
