// AWS Signature Version 4, the signing side (AWS: "Create a signed AWS API request"): headers, presigned
// URLs, and the asymmetric variant SigV4a. One time argument for the whole signature; no clock, no HTTP
// library.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "sigv4/credentials.hpp"
#include "sigv4/request.hpp"

namespace trainyard::sigv4 {

enum class payload {
    of_body,     // the SHA-256 of the body
    of_nothing,  // that of the empty string, whatever the body (test vectors)
    not_signed,  // UNSIGNED-PAYLOAD: S3 and its like only. In headers it is told by x-amz-content-sha256.
};

struct options {
    path_rule path{};
    sigv4::payload payload = payload::of_body;
    bool sign_body = false;           // add and sign x-amz-content-sha256; no part of a presigned URL
    bool omit_session_token = false;  // add the token after signing
    // Not empty: SigV4a for these regions, comma-separated, "*" for all; scope::region is not used.
    std::string_view region_set{};
};

// AWS's bounds of X-Amz-Expires.
inline constexpr std::chrono::seconds presign_min{1};
inline constexpr std::chrono::seconds presign_max{604'800};

// A signature with every stage that led to it. Views of the signer, the request and the credentials: valid
// until the signer's next call. The session token is in it, in the clear.
struct signature_view {
    std::string_view canonical_request;
    std::string_view string_to_sign;
    std::string_view hex;             // 64 digits; SigV4a: DER, about 142
    std::string_view signed_headers;  // host;x-amz-date
    // What must be added to the request: x-amz-date, x-amz-security-token, x-amz-content-sha256 and
    // x-amz-region-set where they apply, authorization. Presigned: nothing.
    std::span<const header_view> headers;
    std::string_view query;  // presigned: the whole query to send, X-Amz-Signature last; else empty
};

// Signs one request after the other. Keeps derived keys (key_cache) and the memory of its texts, so that
// signing as before allocates nothing. Not thread-safe: each thread has its own.
class signer {
public:
    signer();
    signer(signer&&) noexcept;
    signer& operator=(signer&&) noexcept;
    ~signer();

    // errc::invalid_argument when host is missing or there twice, a header that signing adds is already
    // there, the path does not start with '/', or the query has a broken escape.
    result<signature_view> sign(const request_view& request, const credentials& who, const scope& where,
                                wall_time when, const options& how = {});

    // For a URL that carries its own authorization for `lifetime`. Beside the above, errc::invalid_argument
    // when the lifetime is not whole seconds within the bounds, or the query already has what is added. Such
    // a URL dies with the session of its credentials all the same.
    result<signature_view> presign(const request_view& request, const credentials& who, const scope& where,
                                   wall_time when, duration lifetime, const options& how = {});

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

struct signed_header {
    std::string name;  // lower case
    std::string value;
};

// The same, owned.
struct signature {
    std::string canonical_request, string_to_sign, hex, signed_headers;
    std::vector<signed_header> headers;
    std::string query;
};

// With a signer of its own: for tests and diagnosis.
result<signature> sign(const request_view& request, const credentials& who, const scope& where,
                       wall_time when, const options& how = {});
result<signature> presign(const request_view& request, const credentials& who, const scope& where,
                          wall_time when, duration lifetime, const options& how = {});

}  // namespace trainyard::sigv4
