// AWS Signature Version 4, the verifying side: what a server does with the Authorization header of a request,
// or with a presigned URL.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/secret.hpp"
#include "engine/base/time.hpp"
#include "sigv4/request.hpp"

namespace trainyard::sigv4 {

// What a request claims, before anything is checked but its form. Views: see who gives them.
struct claims {
    std::string_view access_key_id;
    std::string_view date;  // YYYYMMDD
    std::string_view region;
    std::string_view service;
    std::string_view signed_headers;  // lower case, sorted, unique, joined with ';'
    std::string_view signature;       // 64 lower-case hex digits
    bool presigned = false;
};

enum class refusal {
    missing_token,         // no Authorization header, and no presigned URL where one is allowed
    incomplete_signature,  // not of the form AWS documents, a duplicated header, or a required header not
                           // signed
    unknown_key,           // only with expectation::tell_unknown_keys
    invalid_token,         // session token missing, wrong, or not of this key
    expired_token,
    signature_expired,  // too old
    signature_not_yet_current,
    wrong_scope,  // region or service of the scope is not the endpoint's, or its date is not the request's
    does_not_match,
};

struct refused {
    refusal why;
    std::string message;  // AWS's wording
};

// Strict parse of the one Authorization header. The claims are views of the request.
boost::system::result<claims, refused> parse_authorization(const request_view& request);

struct key_record {
    secret secret_access_key;
    secret session_token;  // empty for long-term keys
    std::optional<wall_time> expires_at;
};

struct expectation {
    std::string_view service;  // the scope must name it
    std::string_view region;   // empty: any
    wall_time now;
    duration skew_max = std::chrono::minutes{15};
    // Beside host, x-amz-date and, when present, the token. Lower case.
    std::span<const std::string_view> must_be_signed{};
    path_rule path{};
    // Query authentication: it leaves the URL's holder the right to repeat it, so only where it is asked for.
    bool allow_presigned = false;
    // UNSIGNED-PAYLOAD, which leaves the body open: in headers where x-amz-content-sha256 is signed and says
    // so, and in every presigned URL. S3's rule.
    bool allow_unsigned_payload = false;
    // False: an unknown key, and a wrong token or an expired session with a wrong signature, are answered as
    // a wrong signature is. True: as AWS does, which tells them apart before it looks at the signature.
    bool tell_unknown_keys = false;
};

// Verifies one request after the other; keeps the derived keys of those that were right and the memory of its
// texts. Not thread-safe: each thread has its own.
//
// No refusal tells by its time whether the access key is known or in use: a refused request always costs one
// key derivation, of the key itself, or of a stand-in when there is none. Only a request that is right takes
// its key from the cache, or adds it: strangers can neither probe nor fill it.
class verifier {
public:
    verifier();
    verifier(verifier&&) noexcept;
    verifier& operator=(verifier&&) noexcept;
    ~verifier();

    // The record of an access key id, valid until verify() returns, or null. Should take as long for both.
    using key_finder = std::function<const key_record*(std::string_view access_key_id)>;

    // Checks everything. The claims are views of the request and, when presigned, of the verifier until its
    // next call.
    boost::system::result<claims, refused> verify(const request_view& request, const expectation& expected,
                                                  const key_finder& find_key);

    // Keys derived so far: one for each refusal past its date, and one more where a key was added.
    std::size_t derivations() const;
    std::size_t cached_keys() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::sigv4
